"""What an annotated film shows at a time: which boxes are framed, and which made unrecognisable."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.annotation import face_text
from mlcore.boxes import Box
from mlcore.films.columns import Columns
from mlcore.films.tracks import BRIDGED_SECONDS, kernel_mean, rows_of
from mlcore.labels import EXPRESSIONS
from mlcore.lettering import can_be_written

BRIDGED_STEPS = 1.25
"""One step between samples is no gap, however few they are, nor where one comes a little late."""

BLUR_SECONDS = 0.5
"""Before it was first found and after it was last found a face is made unrecognisable too."""


@dataclass(frozen=True, eq=False)
class _TrackPath:
    """A track over time.

    Attributes:
        times: (N,) seconds.
        boxes: (N, 4).
        probabilities: (N, 7).
        uncertain: (N,).
        hold: for so long the last sample before a gap or the end is shown, in seconds.
        first, last: beginning and end of its shot.
    """

    number: int
    times: NDArray[np.float64]
    boxes: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    uncertain: NDArray[np.bool_]
    hold: float
    first: float
    last: float

    def blurred_at(self, time: float) -> NDArray[np.float64] | None:
        """The box that is made unrecognisable: between two samples there always is one."""
        place = self.at(time, max(BLUR_SECONDS, self.hold), math.inf)
        return None if place is None else place[0]

    def framed_at(self, time: float) -> tuple[NDArray[np.float64], int] | None:
        """The box that is framed, and the sample that is shown with it."""
        if time < self.times[0] - 1e-6:
            return None
        return self.at(time, self.hold, max(BRIDGED_SECONDS, BRIDGED_STEPS * self.hold))

    def at(
        self, time: float, hold: float, bridged: float
    ) -> tuple[NDArray[np.float64], int] | None:
        """The box, and the sample that is shown with it; None where the track is not there.

        Args:
            hold: seconds for which it is there before its first and after its last sample.
            bridged: seconds between two samples up to which it is there between them; beyond it is
                only near to each.
        """
        if not self.first - 1e-6 <= time < self.last - 1e-6:
            return None
        after = int(np.searchsorted(self.times, time, side="right"))
        before = max(after - 1, 0)
        after = min(after, len(self.times) - 1)
        if time < self.times[0] - hold or time > self.times[-1] + hold:
            return None
        gap = self.times[after] - self.times[before]
        if gap > bridged:
            if time - self.times[before] <= hold:
                after = before
            elif self.times[after] - time <= hold:
                before = after
            else:
                return None
            gap = 0.0
        share = (time - self.times[before]) / gap if gap > 0 else 0.0
        box = self.boxes[before] + share * (self.boxes[after] - self.boxes[before])
        return box, before


def _paths(columns: Columns, smoothing: float) -> list[_TrackPath]:
    """The tracks, in the order in which they begin."""
    edges = np.concatenate([[-np.inf], columns.cuts, [np.inf]])
    paths = []
    for number, rows in rows_of(columns.tracks):
        times = columns.times[rows]
        steps = np.diff(times)
        probabilities = columns.probabilities[rows]
        if smoothing > 0:
            probabilities = kernel_mean(probabilities, times, smoothing).astype(np.float32)
        shot = int(np.searchsorted(edges, times[0] + 1e-6, side="right"))
        path = _TrackPath(
            number=number,
            times=times,
            boxes=columns.boxes[rows].astype(np.float64),
            probabilities=probabilities,
            uncertain=columns.uncertain[rows],
            hold=float(np.median(steps)) if len(steps) else 0.1,
            first=float(edges[shot - 1]),
            last=float(edges[shot]),
        )
        paths.append(path)
    return sorted(paths, key=lambda path: float(path.times[0]))


class _Passing:
    """Tracks that come and go as time goes on, which never goes back."""

    def __init__(self, paths: list[_TrackPath]) -> None:
        self._waiting = paths[::-1]
        # Beyond it no path is blurred or framed.
        self._reach = max([BLUR_SECONDS, *(path.hold for path in paths)])
        self._active: list[_TrackPath] = []

    def at(self, time: float) -> list[_TrackPath]:
        """Those that may be there."""
        while self._waiting and self._waiting[-1].times[0] - self._reach <= time:
            self._active.append(self._waiting.pop())
        self._active = [path for path in self._active if path.times[-1] + self._reach >= time]
        return self._active


class Overlay:
    """What is drawn at a time."""

    def __init__(self, request: Mapping[str, Any], columns: Columns, hidden: Columns) -> None:
        """
        Args:
            request: the painter's, see `painting.AnnotateOptions`.
            columns: of the tracks that are framed and, where that is asked for, blurred.
            hidden: of tracks that are only blurred.
        """
        self._tracks = _Passing(_paths(columns, request["smoothing"]))
        self._hidden = _Passing(_paths(hidden, 0.0))
        self._shown = None if request["tracks"] is None else set(request["tracks"])
        self._labels = {number: " ".join(name.split()) for number, name in request["labels"]}
        self._words = request["words"]
        self._blur = bool(request["blur_faces"])

    def at(self, time: float) -> tuple[list[Box], list[tuple[int, Box, str, bool]]]:
        """Boxes that are made unrecognisable; and number, box, text and doubt of those framed."""
        tracks = self._tracks.at(time)
        hidden = [*tracks, *self._hidden.at(time)] if self._blur else []
        places = (path.blurred_at(time) for path in hidden)
        blurred = [_rounded(place) for place in places if place is not None]
        framed = []
        for path in tracks:
            if self._shown is not None and path.number not in self._shown:
                continue
            if place := path.framed_at(time):
                box, row = place
                framed.append(
                    (path.number, _rounded(box), self._text(path, row), bool(path.uncertain[row]))
                )
        return blurred, framed

    def _text(self, path: _TrackPath, row: int) -> str:
        index = int(path.probabilities[row].argmax())
        name = self._labels.get(path.number) or str(path.number)
        if not can_be_written(name):
            name = str(path.number)
        word = self._words.get(EXPRESSIONS[index], EXPRESSIONS[index])
        if not can_be_written(word):
            word = EXPRESSIONS[index]
        doubt = bool(path.uncertain[row])
        return f"{name}: " + face_text(word, float(path.probabilities[row, index]), doubt)


def _rounded(box: NDArray[np.float64]) -> Box:
    return Box(*(round(float(value)) for value in box))
