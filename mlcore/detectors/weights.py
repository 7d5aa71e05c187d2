"""Files of weights that do not come with the product, but with its operator."""

from pathlib import Path

from mlcore.errors import DetectorError


def require_weights(name: str, path: Path | None) -> Path:
    """`path`, if there is a file.

    Raises:
        DetectorError: no path was given, or nothing can be read there.
    """
    if path is None:
        raise DetectorError(f"The detector {name} needs a file with its weights; none is set.")
    if not path.is_file():
        raise DetectorError(f"The detector {name} needs the file {path}, which is not there.")
    return path


def unreadable(name: str, path: Path) -> DetectorError:
    """The error for a file that a detector's library cannot read."""
    return DetectorError(f"{path} does not hold weights that the detector {name} can read.")
