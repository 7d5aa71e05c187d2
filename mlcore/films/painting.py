"""A film of a film and its numbers: faces framed and named, or made unrecognisable."""

import os
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlcore.films.child import Child
from mlcore.films.columns import Columns
from mlcore.films.info import DEFAULT_LIMITS, Limits

PAINTER = "mlcore.films.painter"


@dataclass(frozen=True)
class AnnotateOptions:
    """What an annotated film shows.

    Attributes:
        smoothing: time constant of the probabilities, in seconds; see `tracks.finish_tracks`.
        tracks: numbers of those that are framed; None is all.
        labels: {number of a track: a name for it}.
        blur_faces: whether all faces that were found, framed or not, are made unrecognisable.
        words: {expression: what it is called}, for other languages than English.
    """

    smoothing: float = 0.0
    tracks: Collection[int] | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    blur_faces: bool = False
    words: Mapping[str, str] = field(default_factory=dict)


DEFAULT_OPTIONS = AnnotateOptions()


def annotate(
    path: Path,
    columns: Columns,
    output: Path,
    *,
    options: AnnotateOptions = DEFAULT_OPTIONS,
    hidden: Columns | None = None,
    progress: Callable[[float, float], None] = lambda done, of: None,
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Write an MP4 (H.264, and AAC or MP3) with what was found in a film: upright, with the same
    times and the same sound.

    It is written beside `output` under another name and renamed, so that there is never half of
    it. The numbers are enough: nothing is recognised again.

    Args:
        path: the film.
        columns: its finished numbers, see `tracks.finish_tracks`.
        hidden: where else faces are made unrecognisable if `options` say so, see
            `hiding.faces_to_hide`: without, one that is in no sample of `columns` is shown.
        progress: is given the seconds of film done and the film's duration.
        limits: as for analysing.

    Raises:
        FilmError: see there.
        OSError: the film cannot be read, or the other not be written.
    """
    with open(path, "rb"):
        pass
    draft = output.with_name(f".{output.name}.{os.getpid()}.part")
    # Where it cannot be written, it is said now and not by the child.
    draft.touch()
    try:
        with tempfile.TemporaryDirectory() as folder:
            numbers = {"columns": columns, "hidden": hidden or Columns.empty()}
            for name, part in numbers.items():
                (Path(folder) / name).write_bytes(part.to_bytes())
            request = {
                "task": "paint",
                "writes": True,
                "path": str(path.resolve()),
                "output": str(draft.resolve()),
                **{name: str(Path(folder) / name) for name in numbers},
                "smoothing": options.smoothing,
                "tracks": None if options.tracks is None else sorted(options.tracks),
                "labels": [[number, name] for number, name in options.labels.items()],
                "blur_faces": options.blur_faces,
                "words": dict(options.words),
            }
            with Child(PAINTER, request, limits) as child:
                patience = 1.0
                while True:
                    answer, _ = child.receive(patience)
                    if answer.get("end"):
                        break
                    progress(answer["time"], answer["duration"])
                    # At last the file's index is put before its content, in one go.
                    patience = 15.0 if answer.get("closing") else 1.0
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)
