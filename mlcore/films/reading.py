"""Films from a process of their own: what they are, and their frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mlcore.errors import FilmError
from mlcore.films.child import Child
from mlcore.films.info import DEFAULT_LIMITS, FilmInfo, Limits

DECODER = "mlcore.films.decoder"

MAX_SIDE = 1280
"""Larger frames are scaled down to it before faces are searched."""


@dataclass(frozen=True, eq=False)
class Frame:
    """
    Attributes:
        time: in seconds from the film's start, by its own clock.
        number: from 0, counting all frames.
        image: (height, width, 3) RGB or, where that was asked for, (height, width) grey; upright.
        cut: whether there was a cut since the frame that was given before.
    """

    time: float
    number: int
    image: NDArray[np.uint8]
    cut: bool = False


def probe(path: Path, limits: Limits = DEFAULT_LIMITS) -> FilmInfo:
    """What a film is; its first frame is decoded to know that it can be.

    Raises:
        FilmError: see there for the codes.
        OSError: there is no such file, or it may not be read.
    """
    with Child(DECODER, {"task": "probe", "path": _readable(path)}, limits) as child:
        return FilmInfo(**child.receive()[0]["info"])


class FilmReader(Iterator[Frame]):
    """The frames of a film; to be closed, or used in a `with`.

    Attributes:
        info: what the film is.
        time: how far it was decoded, in seconds.
        frames: once all were given, how many the film has.
        truncated: once all frames were given, whether not all of the film could be read.
    """

    def __init__(
        self,
        path: Path,
        *,
        rate: float | None,
        start: float,
        since: tuple[float, int] | None,
        max_side: int,
        grey: bool,
        shots: bool,
        limits: Limits,
    ) -> None:
        request: dict[str, Any] = {
            "task": "read",
            "path": _readable(path),
            "rate": rate,
            "start": start,
            "since": since,
            "max_side": max_side,
            "grey": grey,
            "shots": shots,
        }
        self._child = Child(DECODER, request, limits)
        self.time, self.frames, self.truncated, self._ended = 0.0, 0, False, False
        try:
            self.info = FilmInfo(**self._child.receive()[0]["info"])
        except BaseException:
            self.close()
            raise

    def __next__(self) -> Frame:
        while not self._ended:
            try:
                header, payload = self._child.receive()
            except FilmError:
                self.close()
                raise
            self.time = header["time"]
            if header.get("end"):
                self.frames, self.truncated = header["frames"], header["truncated"]
                self.close()
            elif header["size"]:
                image = np.frombuffer(payload, np.uint8).reshape(header["shape"])
                return Frame(self.time, header["number"], image, header["cut"])
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The decoder's."""
        return self._child.pid

    def kill(self) -> None:
        """Ends the decoder; another thread that waits for a frame gets a `FilmError`."""
        self._child.kill()

    def close(self) -> None:
        """Ends the decoder and lets go of what it took."""
        self._ended = True
        self._child.close()


def frames(
    path: Path,
    *,
    rate: float | None,
    start: float = 0.0,
    since: tuple[float, int] | None = None,
    max_side: int = MAX_SIDE,
    grey: bool = False,
    shots: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> FilmReader:
    """The frames of a film, one after the other.

    Args:
        rate: at most so many a second, by the film's own times; None is every frame.
        start: only frames from this time on.
        since: only frames after the one of this time and number, as an earlier call gave it;
            goes before `start`. Most films are not read from their beginning for it.
        max_side: frames with a longer side are scaled down to it.
        grey: whether they come without their colours, which takes less time.
        shots: whether the first frame of each shot comes beside those of the `rate`, so that it is
            known where the shot begins.
        limits: what is taken.

    Raises:
        FilmError: see there for the codes; also while frames are read.
        OSError: there is no such file, or it may not be read.
    """
    return FilmReader(
        path,
        rate=rate,
        start=start,
        since=since,
        max_side=max_side,
        grey=grey,
        shots=shots,
        limits=limits,
    )


def _readable(path: Path) -> str:
    with open(path, "rb"):
        return str(path.resolve())
