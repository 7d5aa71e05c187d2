"""Samples of what faces show over time: how they are kept in few bytes, and what they amount to.

A sample is one face at one moment. A block holds its samples by columns, in this order, each from
the first sample to the last, in little-endian numbers, compressed by zlib after one byte that says
which layout this is: times (float64, seconds), tracks (uint32), boxes (uint16: x, y, width, height
of each), probabilities (uint16, of 65535, seven of each in the order of `EXPRESSIONS`), quality
(uint16, of 65535), uncertain (uint8). That is 38 bytes a sample before it is compressed.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcore.labels import EXPRESSIONS

LAYOUT = 1
FULL = 65535
BLOCK = 4096
"""Samples in a block of a timeline that is whole."""

TIME_MAX = 86_400.0
"""No timeline is longer than a day."""

TRACK_MAX = 2**31 - 1

GAP = 1.0
"""A face that is not seen for so many seconds is away; shorter gaps count as what was seen before
them."""

BRIEF = 0.3
"""An expression that is the strongest for less than so many seconds is no change: between two
expressions, and in a face that shows a mixture, the strongest flickers."""

_COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("times", "<f8", 1),
    ("tracks", "<u4", 1),
    ("boxes", "<u2", 4),
    ("probabilities", "<u2", len(EXPRESSIONS)),
    ("quality", "<u2", 1),
    ("uncertain", "u1", 1),
)


class SamplesError(ValueError):
    """Columns that are no samples; the message says which of them and why, in English."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples by columns, N of each.

    Attributes:
        times: (N,) float64 seconds since the beginning.
        tracks: (N,) uint32, the number of the face.
        boxes: (N, 4) uint16 pixels: x, y, width, height.
        probabilities: (N, 7) float32 in the order of `EXPRESSIONS`; each row adds up to 1.
        quality: (N,) float32 from 0 to 1.
        uncertain: (N,) bool.
    """

    times: NDArray[np.float64]
    tracks: NDArray[np.uint32]
    boxes: NDArray[np.uint16]
    probabilities: NDArray[np.float32]
    quality: NDArray[np.float32]
    uncertain: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.times)

    @classmethod
    def of(
        cls,
        *,
        times: ArrayLike,
        tracks: ArrayLike,
        boxes: ArrayLike,
        probabilities: ArrayLike,
        quality: ArrayLike,
        uncertain: ArrayLike,
    ) -> Self:
        """Samples of what somebody sent, checked.

        Raises:
            SamplesError: they are of different lengths or kinds, or beyond their limits.
        """
        count = len(times) if isinstance(times, Sequence | np.ndarray) else 0
        shares = _numbers("probabilities", probabilities, (count, len(EXPRESSIONS)), 0, 1.0001)
        sums = shares.sum(axis=1, keepdims=True)
        if count and (np.abs(sums - 1) > 0.02).any():
            raise SamplesError("probabilities do not add up to 1")
        return cls(
            times=_numbers("times", times, (count,), 0, TIME_MAX),
            tracks=_numbers("tracks", tracks, (count,), 0, TRACK_MAX).astype(np.uint32),
            boxes=np.rint(_numbers("boxes", boxes, (count, 4), -FULL, FULL))
            .clip(0)
            .astype(np.uint16),
            probabilities=(shares / np.maximum(sums, 1e-9)).astype(np.float32),
            quality=_numbers("quality", quality, (count,), 0, 1).astype(np.float32),
            uncertain=_numbers("uncertain", uncertain, (count,), 0, 1).astype(bool),
        )

    @classmethod
    def joined(cls, parts: Sequence["Samples"]) -> Self:
        """Several, one after the other."""
        if not parts:
            return cls.of(times=[], tracks=[], boxes=[], probabilities=[], quality=[], uncertain=[])
        return cls(
            *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls))
        )

    def take(self, rows: Any) -> "Samples":
        """Those at these places, or where this mask is true."""
        return Samples(*(getattr(self, f.name)[rows] for f in fields(self)))

    def in_order(self) -> "Samples":
        """By time, and by track at one time."""
        return self.take(np.lexsort((self.tracks, self.times)))

    def blocks(self) -> Iterator["Samples"]:
        for start in range(0, len(self), BLOCK):
            yield self.take(slice(start, start + BLOCK))

    def thinned(self, most: int) -> "Samples":
        """At most so many, evenly taken from each track."""
        if len(self) <= most:
            return self
        places = np.empty(len(self), np.int64)
        counts = []
        for track in np.unique(self.tracks):
            own = self.tracks == track
            counts.append(int(own.sum()))
            places[own] = np.arange(counts[-1])
        step = -(-len(self) // most)
        while sum(-(-count // step) for count in counts) > most and step < len(self):
            step += 1
        return self.take(places % step == 0).take(slice(0, most))

    def columns(self) -> dict[str, list[Any]]:
        """As lists, for JSON."""
        return {
            "times": self.times.round(3).tolist(),
            "tracks": self.tracks.tolist(),
            "boxes": self.boxes.tolist(),
            "probabilities": self.probabilities.astype(float).round(4).tolist(),
            "quality": self.quality.astype(float).round(4).tolist(),
            "uncertain": self.uncertain.tolist(),
        }

    def to_bytes(self) -> bytes:
        columns = {
            **{f.name: getattr(self, f.name) for f in fields(self)},
            "probabilities": np.rint(self.probabilities * FULL),
            "quality": np.rint(self.quality * FULL),
        }
        content = b"".join(columns[name].astype(kind).tobytes() for name, kind, _ in _COLUMNS)
        return bytes([LAYOUT]) + zlib.compress(content)

    @classmethod
    def from_bytes(cls, data: bytes, count: int) -> Self:
        """
        Raises:
            ValueError: they were written by a newer version, or are damaged.
        """
        data = bytes(data)
        if data[:1] != bytes([LAYOUT]):
            raise ValueError("samples in a layout that is not known here")
        content = zlib.decompress(data[1:])
        columns: dict[str, Any] = {}
        start = 0
        for name, kind, width in _COLUMNS:
            column = np.frombuffer(content, kind, count * width, start)
            columns[name] = column.reshape(count, width) if width > 1 else column
            start += column.nbytes
        shares = columns["probabilities"].astype(np.float32)
        shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1)
        return cls(
            times=columns["times"],
            tracks=columns["tracks"],
            boxes=columns["boxes"],
            probabilities=shares,
            quality=columns["quality"].astype(np.float32) / FULL,
            uncertain=columns["uncertain"].astype(bool),
        )


def _numbers(
    name: str, values: ArrayLike, shape: tuple[int, ...], low: float, high: float
) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(values, np.float64).reshape(shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise SamplesError(f"{name} are not the numbers that they should be") from error
    if not np.isfinite(numbers).all() or (numbers < low).any() or (numbers > high).any():
        raise SamplesError(f"{name} are beyond their limits")
    return numbers


@dataclass(frozen=True)
class Stretch:
    """A while in which one face showed one expression; times in seconds."""

    expression: int
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def summarize(samples: Samples) -> dict[str, Any]:
    """What a timeline amounts to.

    A sample counts for the time until the next one of its face, if that comes within `GAP`
    seconds, else for as long as one usually does.

    Args:
        samples: in order, see `Samples.in_order`.

    Returns:
        `tracks`: for each face `{track, first, last, samples, expression}`, the expression being
        the one that it showed for longest. `summary`: `{shares: {expression: share of the faces'
        time}, changes: from one expression to another, longest: {expression, start, end, seconds}
        or None, mean: {expression: mean probability}, uncertain_share, seconds_with_face}`.
        `expression`, `probability`, `uncertain`: what the record shows; "" and None without any.
    """
    strongest = samples.probabilities.argmax(axis=1) if len(samples) else np.empty(0, np.int64)
    weights = sample_seconds(samples)
    tracks, stretches, changes = [], [], 0
    for track in np.unique(samples.tracks):
        own = np.flatnonzero(samples.tracks == track)
        times = samples.times[own]
        shown = np.bincount(strongest[own], weights[own], len(EXPRESSIONS))
        tracks.append(
            {
                "track": int(track),
                "first": round(float(times[0]), 3),
                "last": round(float(times[-1]), 3),
                "samples": len(own),
                "expression": EXPRESSIONS[int(shown.argmax())],
            }
        )
        found = _stretches(times, weights[own], strongest[own])
        changes += sum(one.expression != other.expression for one, other in pairwise(found))
        stretches += found
    total = float(weights.sum()) or 1.0
    shares = np.bincount(strongest, weights, len(EXPRESSIONS)) / total
    mean = (samples.probabilities * weights[:, None]).sum(axis=0) / total
    longest = max(stretches, key=lambda one: one.seconds, default=None)
    first = int(shares.argmax())
    showing = strongest == first
    of_first = samples.probabilities[showing, first]
    uncertain = float((weights * samples.uncertain).sum() / total)
    return {
        "tracks": tracks,
        "summary": {
            "shares": _by_name(shares),
            "changes": changes,
            "longest": longest
            and {
                "expression": EXPRESSIONS[longest.expression],
                "start": round(longest.start, 3),
                "end": round(longest.end, 3),
                "seconds": round(longest.seconds, 3),
            },
            "mean": _by_name(mean),
            "uncertain_share": round(uncertain, 4),
            "seconds_with_face": round(float(_weights(np.unique(samples.times)).sum()), 3),
        },
        "expression": EXPRESSIONS[first] if len(samples) else "",
        "probability": float(of_first.mean()) if len(samples) else None,
        "uncertain": bool(len(samples)) and bool(samples.uncertain[showing].mean() > 0.5),
    }


def sample_seconds(samples: Samples) -> NDArray[np.float64]:
    """For how many seconds each sample counts, see `summarize`.

    Args:
        samples: in order.
    """
    weights = np.zeros(len(samples))
    for track in np.unique(samples.tracks):
        own = samples.tracks == track
        weights[own] = _weights(samples.times[own])
    return weights


def _weights(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """For how many seconds each of these moments counts."""
    steps = np.diff(times)
    # Two at the same moment say nothing of how often a face was looked at.
    together = steps[(steps > 0) & (steps <= GAP)]
    usual = float(np.median(together)) if len(together) else BRIEF
    return np.where(np.append(steps, np.inf) <= GAP, np.append(steps, 0.0), usual)


def _stretches(
    times: NDArray[np.float64], weights: NDArray[np.float64], strongest: NDArray[np.int64]
) -> list[Stretch]:
    """The stretches of one face, the brief ones counted to what came before them."""
    ends = times + weights
    breaks = np.flatnonzero((np.diff(strongest) != 0) | (np.diff(times) > GAP)) + 1
    bounds = [0, *breaks.tolist(), len(times)]
    found: list[Stretch] = []
    for start, stop in pairwise(bounds):
        one = Stretch(int(strongest[start]), float(times[start]), float(ends[stop - 1]))
        last = found[-1] if found else None
        joins = last is not None and one.start - last.end <= GAP
        if last and joins and (one.seconds < BRIEF or one.expression == last.expression):
            found[-1] = Stretch(last.expression, last.start, one.end)
        elif last and joins and last.seconds < BRIEF:
            found[-1] = Stretch(one.expression, last.start, one.end)
        else:
            found.append(one)
    return found


def _by_name(values: NDArray[Any]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(EXPRESSIONS, values, strict=True)}
