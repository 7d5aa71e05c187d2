"""From a film to numbers, a block at a time.

The film is decoded in a process of its own, searched for faces in threads, and its faces are
classified in another; between them are queues of a few frames, so that the memory it takes does
not grow with the film.
"""

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.crops import crop
from mlcore.films.columns import Columns
from mlcore.films.following import FAINT, Follower, Look, Sight, Span
from mlcore.films.info import DEFAULT_LIMITS, FilmInfo, Limits
from mlcore.films.reading import MAX_SIDE, FilmReader, frames
from mlcore.films.sampling import bin_of
from mlcore.films.sights import SecondOpinion, in_film
from mlcore.films.spans import SpansAhead
from mlcore.labels import EXPRESSIONS
from mlcore.network import BATCH
from mlcore.quality import Quality, assess
from mlcore.recognizer import Recognizer
from mlcore.tracking import FaceSearch

BLOCK_SECONDS = 5.0
"""Of film in a block: so much is lost at most when the work is interrupted."""

FOLLOWED_RATE = 5.0
"""Faces are followed in so many frames a second at least, however few of them are samples: in a
second a head moves further than it is wide."""

STATE_VERSION = 1


@dataclass(frozen=True, eq=False)
class Block:
    """Samples of some seconds of film, and how far the work is.

    Attributes:
        columns: the samples, whose tracks and cuts are raw: see `tracks.finish_tracks`.
        time: up to here the film is done, in seconds.
        frames: so many frames of it.
        faces: so many faces were told apart so far, false ones too.
        state: plain JSON; given to `analyse`, it goes on after this block.
        last: whether the film ends here.
        truncated: whether not all of the film could be read; known with the last block.
    """

    columns: Columns
    time: float
    frames: int
    faces: int
    state: dict[str, Any]
    last: bool = False
    truncated: bool = False


def analyse(
    path: Path,
    recognizer: Recognizer,
    *,
    rate: float | None,
    start: float = 0.0,
    state: Mapping[str, Any] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    max_side: int = MAX_SIDE,
    block_seconds: float = BLOCK_SECONDS,
) -> Iterator[Block]:
    """Find, follow and recognise the faces of a film.

    The result depends on the film and these arguments alone, not on where the work was
    interrupted.

    Args:
        rate: samples a second; None takes every frame.
        start: the time from which on it is looked at, in seconds.
        state: of the block after which to go on, got with the same other arguments.
        limits, max_side: see `reading.frames`.
        block_seconds: how long a block is, about.

    Raises:
        FilmError: see there; also while blocks are taken.
        OSError: the film cannot be read.
        ValueError: the state is another version's, or of another rate.
    """
    work = _Work(recognizer, rate, state)
    reader = frames(
        path,
        rate=_followed_rate(rate),
        start=start,
        since=work.since,
        max_side=max_side,
        grey=work.search.takes_grey,
        limits=limits,
    )
    pool = recognizer.pool
    ahead = SpansAhead(reader, work.search, pool, searched=work.searched)
    try:
        began = work.done if state else start
        for span in ahead:
            work.add(span, reader.info, pool)
            if work.done - began >= block_seconds:
                yield work.block()
                began = work.done
        yield work.end(reader)
    finally:
        ahead.close()


def _followed_rate(rate: float | None) -> float | None:
    """A multiple of `rate`, so that samples stay where they are."""
    return rate if rate is None else rate * math.ceil(FOLLOWED_RATE / rate)


@dataclass(frozen=True, eq=False)
class _Face:
    """A sample whose expression is asked for."""

    time: float
    number: int
    sight: Sight
    box: tuple[float, float, float, float]
    quality: Quality


class _Work:
    """What is done and not yet given out."""

    def __init__(
        self, recognizer: Recognizer, rate: float | None, state: Mapping[str, Any] | None
    ) -> None:
        self.recognizer, self.rate = recognizer, rate
        self.search = FaceSearch(recognizer.detector, threshold=FAINT)
        self.follower = Follower(self.search)
        self._confirmed = SecondOpinion()
        self.since: tuple[float, int] | None = None
        self.searched: float | None = None
        self.done = 0.0
        self.frames = 0
        self._taken: int | None = None
        self._faces: list[_Face] = []
        self._crops: list[NDArray[np.uint8]] = []
        self._answers: list[Future[NDArray[np.float32]]] = []
        self._cuts: list[float] = []
        if state is not None:
            self._restore(state)

    def _restore(self, state: Mapping[str, Any]) -> None:
        if state["version"] != STATE_VERSION or state["rate"] != self.rate:
            raise ValueError("the work on this film was begun in another way")
        time, number = state["since"]
        self.since = (time, number)
        self.searched = self.done = time
        self.frames = number + 1
        self._taken = state["taken"]
        self.follower.restore(state["faces"])

    def add(self, span: Span, info: FilmInfo, pool: ThreadPoolExecutor) -> None:
        """Follow the span's faces, and have those of its samples classified."""
        if span.cut:
            self._cuts.append(span.looks[0].time)
        for look, sights in zip(span.looks, self.follower.follow(span), strict=True):
            place = None if self.rate is None else bin_of(look.time, self.rate)
            if place is None or place != self._taken:
                self._taken = place
                self._sample(look, sights, info)
        last = span.looks[-1]
        self.since, self.done, self.frames = (last.time, last.number), last.time, last.number + 1
        if len(self._crops) >= BATCH:
            self._classify(pool.submit)

    def _sample(self, look: Look, sights: list[Sight], info: FilmInfo) -> None:
        height, width = look.grey.shape
        for sight in sights:
            square = self.follower.crop_rule.square(sight.box)
            cut = crop(look.grey, square)
            quality = assess(cut, square, width, height)
            self._faces.append(
                _Face(
                    look.time,
                    look.number,
                    self._confirmed(look, sight),
                    in_film(sight.box, look, info),
                    quality,
                )
            )
            self._crops.append(self.recognizer.metadata.preprocessing.resize(cut))

    def _classify(self, submit: Any) -> None:
        crops, self._crops = self._crops, []
        self._answers.append(submit(self.recognizer.classify, crops))

    def end(self, reader: FilmReader) -> Block:
        """What is left, once all was read."""
        self.done, self.frames = reader.time, reader.frames
        return replace(self.block(), last=True, truncated=reader.truncated)

    def block(self) -> Block:
        """What was done since the last block."""
        if self._crops:
            self._classify(_at_once)
        faces, answers, cuts = self._faces, self._answers, self._cuts
        self._faces, self._answers, self._cuts = [], [], []
        columns = _columns(self.recognizer, faces, [answer.result() for answer in answers], cuts)
        state = {
            "version": STATE_VERSION,
            "rate": self.rate,
            "since": self.since,
            "taken": self._taken,
            "faces": self.follower.state(),
        }
        found = self.follower.next_number - 1
        return Block(columns, self.done, self.frames, found, state)


def _at_once(work: Any, *arguments: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(work(*arguments))
    return future


def _columns(
    recognizer: Recognizer,
    faces: list[_Face],
    answers: list[NDArray[np.float32]],
    cuts: list[float],
) -> Columns:
    probabilities = np.concatenate([np.empty((0, len(EXPRESSIONS)), np.float32), *answers])
    return Columns(
        times=np.array([face.time for face in faces], np.float64),
        frames=np.array([face.number for face in faces], np.int32),
        tracks=np.array([face.sight.track for face in faces], np.int32),
        boxes=np.array([face.box for face in faces], np.float32).reshape(-1, 4),
        probabilities=probabilities,
        quality=np.array([face.quality.score for face in faces], np.float32),
        uncertain=np.array(
            [
                recognizer.is_uncertain(row, face.quality)
                for row, face in zip(probabilities, faces, strict=True)
            ],
            np.bool_,
        ),
        scores=np.array([face.sight.score for face in faces], np.float32),
        cuts=np.array(cuts, np.float64),
    )
