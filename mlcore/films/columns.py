"""The numbers that a film comes to: a row for each face in each frame that was looked at."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlcore.labels import EXPRESSIONS


@dataclass(frozen=True, eq=False)
class Columns:
    """N samples in the order of their times, then of their tracks.

    Attributes:
        times: (N,) float64, seconds from the film's start.
        frames: (N,) int32, numbers of the frames, from 0.
        tracks: (N,) int32, which tell faces apart; from 1.
        boxes: (N, 4) float32: x, y, width and height in pixels of the upright film.
        probabilities: (N, 7) float32 in the order of `EXPRESSIONS`.
        quality: (N,) float32 from 0 to 1, see `mlcore.quality`.
        uncertain: (N,) bool: whether the expression is not to be relied on.
        scores: (N,) float32: how sure the detector was that it is a face, in dlib's unit; at least
            `tracks.CONFIRMED` where another detector thinks so, too.
        cuts: (C,) float64: the times at which shots begin, but for the first.
    """

    times: NDArray[np.float64]
    frames: NDArray[np.int32]
    tracks: NDArray[np.int32]
    boxes: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    quality: NDArray[np.float32]
    uncertain: NDArray[np.bool_]
    scores: NDArray[np.float32]
    cuts: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.times)

    @classmethod
    def empty(cls) -> Self:
        """No samples."""
        return cls(
            times=np.empty(0, np.float64),
            frames=np.empty(0, np.int32),
            tracks=np.empty(0, np.int32),
            boxes=np.empty((0, 4), np.float32),
            probabilities=np.empty((0, len(EXPRESSIONS)), np.float32),
            quality=np.empty(0, np.float32),
            uncertain=np.empty(0, np.bool_),
            scores=np.empty(0, np.float32),
            cuts=np.empty(0, np.float64),
        )

    @classmethod
    def joined(cls, parts: Sequence["Columns"]) -> "Columns":
        """Parts of a film that follow each other as one."""
        if not parts:
            return cls.empty()
        return cls(
            **{
                field.name: np.concatenate([getattr(part, field.name) for part in parts])
                for field in fields(cls)
            }
        )

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Columns":
        """Some of the samples, by a mask or by their places; all cuts stay."""
        return replace(
            self,
            **{
                field.name: getattr(self, field.name)[rows]
                for field in fields(self)
                if field.name != "cuts"
            },
        )

    def between(self, start: float, end: float) -> "Columns":
        """The samples and cuts from `start` on and before `end`, in seconds."""
        first, last = np.searchsorted(self.times, (start, end))
        cuts = self.cuts[(self.cuts >= start) & (self.cuts < end)]
        return replace(self.take(np.arange(first, last)), cuts=cuts)

    def to_bytes(self) -> bytes:
        """As a compressed `.npz` file: some 30 bytes a sample."""
        target = io.BytesIO()
        np.savez_compressed(
            target, **{field.name: getattr(self, field.name) for field in fields(self)}
        )
        return target.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """What `to_bytes` gave.

        Raises:
            ValueError: the bytes are something else.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return cls(**{field.name: arrays[field.name] for field in fields(cls)})
        except (KeyError, OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError("these are not the numbers of a film") from error
