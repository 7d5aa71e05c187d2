"""Takes out of a film what it tells beside pictures and sound: place, camera, date, subtitles.

Pictures and sound are copied as they are, in a process of its own, see `cleaner`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcore.errors import FilmError
from mlcore.films.child import Child
from mlcore.films.info import FilmInfo, Limits
from mlcore.films.reading import probe

CLEANER = "recognition.films.cleaner"

WRITTEN_AS = {
    "mp4": ("mp4",),
    "mov": ("mp4", "mov"),
    "webm": ("webm",),
    "matroska": ("mp4", "matroska"),
    "avi": ("avi",),
}
"""How each container of `FilmInfo` is written: as what every browser plays where its pictures and
sound fit in, else as it was."""

EXTENSIONS = {
    "mp4": ("mp4", "video/mp4"),
    "mov": ("mov", "video/quicktime"),
    "webm": ("webm", "video/webm"),
    "matroska": ("mkv", "video/x-matroska"),
    "avi": ("avi", "video/x-msvideo"),
}
"""Extension and content type of each."""


@dataclass(frozen=True)
class CleanFilm:
    """A copy without metadata.

    Attributes:
        container: as in `FilmInfo`.
        truncated: whether not all of the film could be read.
    """

    path: Path
    container: str
    truncated: bool


def film_clean(path: Path, info: FilmInfo, folder: Path, *, limits: Limits) -> CleanFilm | None:
    """Copy a film without its metadata; None where that cannot be done without harm.

    Args:
        info: what the film is.
        folder: where the copy goes.

    Raises:
        OSError: the film cannot be read, or the copy not be written.
    """
    for kind in WRITTEN_AS[info.container]:
        output = folder / f"clean.{EXTENSIONS[kind][0]}"
        output.touch()
        request = {
            "task": "clean",
            "writes": True,
            "path": str(path.resolve()),
            "output": str(output.resolve()),
            "format": kind,
        }
        try:
            with Child(CLEANER, request, limits) as child:
                header: dict[str, Any] = {}
                while not header.get("end"):
                    # At the end an MP4's index is put before its content, which is silent work.
                    header, _ = child.receive(6.0)
            copied = probe(output, limits)
        except FilmError:
            output.unlink(missing_ok=True)
            continue
        truncated = bool(header["truncated"])
        if _same(info, copied) and (truncated or abs(copied.duration - info.duration) < 1):
            return CleanFilm(output, kind, truncated)
        output.unlink(missing_ok=True)
    return None


def _same(one: FilmInfo, other: FilmInfo) -> bool:
    def told(info: FilmInfo) -> tuple[object, ...]:
        return info.codec, info.width, info.height, info.rotation, info.has_sound

    return told(one) == told(other)
