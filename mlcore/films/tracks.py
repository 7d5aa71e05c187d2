"""From raw tracks to those that a person is shown.

All of it follows from the stored numbers alone, so it can be done again, and otherwise, without
recognising anything again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, iou
from mlcore.films.columns import Columns
from mlcore.labels import EXPRESSIONS

BRIDGED_SECONDS = 2.0
"""A face that is lost in a shot and found again at its place within this time is the same one."""

SAME_PLACE = 0.3
"""Boxes that overlap by so much, as intersection over union, are at one place."""

SURE = 0.6
"""A track with one sample of this score, in dlib's unit, is a face's."""

STEADY_SECONDS = 0.12
"""Time constant of the mean of the boxes: a detector looks at places some pixels apart, and at
sizes a fifth apart."""

CONFIRMED = 0.0
"""A sample has this score at least where OpenCV's cascade sees a face, too."""

FEW = 3
"""A track with fewer samples than this and none so sure is not."""

CONFIRMED_SHARE = 0.2
"""Nor is one of whose samples fewer are confirmed or scored so by the detector itself, ..."""

FAINT, FAINT_SECONDS = -0.2, 2.0
"""... unless it lasts so long and scores so much in the median. What a detector takes for a face by
mistake comes and goes, and a face in the dark stays."""


@dataclass(frozen=True)
class FilmTrack:
    """A person in a shot.

    Attributes:
        number: from 1, in the order of appearance.
        start, end: times of its first and its last sample, in seconds.
        samples: how many there are.
        probabilities: their means, in the order of `EXPRESSIONS`.
        expression: the likeliest of these.
        uncertain: the share of its samples that are not to be relied on.
    """

    number: int
    start: float
    end: float
    samples: int
    probabilities: tuple[float, ...]
    expression: str
    uncertain: float


def finish_tracks(columns: Columns, *, smoothing: float = 0.0) -> tuple[Columns, list[FilmTrack]]:
    """Bridge gaps, drop false tracks, number the others anew, steady their boxes, and smooth them.

    Args:
        columns: as `analysis.analyse` gave them, of the film so far.
        smoothing: the time constant, in seconds, of a weighted mean over the samples before and
            after each of its track; 0 leaves the probabilities as they are.

    Returns:
        The samples that are left, and their tracks.
    """
    columns = replace(columns, tracks=_bridged(columns))
    columns = of_faces(columns)
    columns = replace(columns, boxes=_steadied(columns))
    columns = replace(columns, tracks=_renumbered(columns.tracks))
    if smoothing > 0:
        columns = replace(columns, probabilities=smoothed(columns, smoothing))
    return columns, film_tracks(columns)


def of_faces(columns: Columns) -> Columns:
    """The samples without those of tracks that are mistakes, as far as these samples tell."""
    return columns.take(np.isin(columns.tracks, list(_faces(columns))))


def film_tracks(columns: Columns) -> list[FilmTrack]:
    """What the tracks of finished columns are, by their numbers."""
    tracks = []
    for number, rows in rows_of(columns.tracks):
        means = columns.probabilities[rows].mean(axis=0, dtype=np.float64)
        tracks.append(
            FilmTrack(
                number=number,
                start=float(columns.times[rows[0]]),
                end=float(columns.times[rows[-1]]),
                samples=len(rows),
                probabilities=tuple(float(mean) for mean in means),
                expression=EXPRESSIONS[int(means.argmax())],
                uncertain=float(columns.uncertain[rows].mean()),
            )
        )
    return tracks


def smoothed(columns: Columns, constant: float) -> NDArray[np.float32]:
    """(N, 7) probabilities, each the mean of its track's, see `kernel_mean`."""
    result = np.empty_like(columns.probabilities)
    for _, rows in rows_of(columns.tracks):
        result[rows] = kernel_mean(columns.probabilities[rows], columns.times[rows], constant)
    return result


def kernel_mean(
    values: NDArray[np.floating], times: NDArray[np.float64], constant: float
) -> NDArray[np.float64]:
    """Means of (N, M) values over their neighbours in time, before and after, each weighted with
    exp(-|t| / constant)."""
    decay = np.exp(-np.diff(times) / constant)
    # A column of ones beside them gathers the weights.
    own = np.hstack([values.astype(np.float64), np.ones((len(values), 1))])
    before, after = own.copy(), own.copy()
    for place in range(1, len(own)):
        before[place] += decay[place - 1] * before[place - 1]
        after[-1 - place] += decay[-place] * after[-place]
    both = before + after - own
    return np.asarray(both[:, :-1] / both[:, -1:])


def rows_of(tracks: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each track's number and the places of its samples."""
    order = np.argsort(tracks, kind="stable")
    numbers, starts = np.unique(tracks[order], return_index=True)
    for number, rows in zip(numbers, np.split(order, starts[1:]), strict=bool(len(numbers))):
        yield int(number), rows


def _bridged(columns: Columns) -> NDArray[np.int32]:
    """The tracks, where one that goes on where another ended has that one's number."""
    ends: list[tuple[int, int, int]] = []  # track, first row, last row
    for number, rows in rows_of(columns.tracks):
        ends.append((number, int(rows[0]), int(rows[-1])))
    shots = np.searchsorted(columns.cuts, columns.times, side="right")
    starts = columns.times[[first for _, first, _ in ends]]
    pairs = []
    for earlier, _, last in ends:
        gaps = starts - columns.times[last]
        for place in np.flatnonzero((gaps > 0) & (gaps <= BRIDGED_SECONDS)):
            later, first, _ = ends[place]
            if shots[first] != shots[last]:
                continue
            if iou(_box(columns, first), _box(columns, last)) >= SAME_PLACE:
                pairs.append((float(gaps[place]), earlier, later))
    follows: dict[int, int] = {}
    followed: set[int] = set()
    for _, earlier, later in sorted(pairs):
        if later not in follows and earlier not in followed:
            follows[later] = earlier
            followed.add(earlier)
    tracks = columns.tracks.copy()
    for number, *_ in ends:
        first = number
        while first in follows:
            first = follows[first]
        tracks[columns.tracks == number] = first
    return tracks


def _faces(columns: Columns) -> Iterator[int]:
    """The tracks that are no mistakes."""
    for number, rows in rows_of(columns.tracks):
        scores = columns.scores[rows]
        seconds = columns.times[rows[-1]] - columns.times[rows[0]]
        confirmed = np.mean(scores >= CONFIRMED) >= CONFIRMED_SHARE
        lasting = seconds >= FAINT_SECONDS and np.median(scores) >= FAINT
        if scores.max() >= SURE or (len(rows) >= FEW and (confirmed or lasting)):
            yield number


def _steadied(columns: Columns) -> NDArray[np.float32]:
    boxes = np.empty_like(columns.boxes)
    for _, rows in rows_of(columns.tracks):
        boxes[rows] = kernel_mean(columns.boxes[rows], columns.times[rows], STEADY_SECONDS)
    return boxes


def _renumbered(tracks: NDArray[np.int32]) -> NDArray[np.int32]:
    numbers, firsts, places = np.unique(tracks, return_index=True, return_inverse=True)
    order = np.empty(len(numbers), np.int32)
    order[np.argsort(firsts, kind="stable")] = np.arange(1, len(numbers) + 1)
    return order[places]


def _box(columns: Columns, row: int) -> Box:
    return Box(*(round(float(value)) for value in columns.boxes[row]))
