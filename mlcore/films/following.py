"""Follows the faces of a film from frame to frame.

The whole picture is searched at `SEARCH_SECONDS` and wherever a shot begins or ends; between, only
the neighbourhood of known faces. A film can be looked at twice: who is first found when the whole
picture is searched, is followed back to where the picture was searched before.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, Detection, between, iou, match
from mlcore.crops import CropRule
from mlcore.tracking import SAME, FaceSearch

SEARCH_SECONDS = 1.0
"""Between two searches of the whole picture."""

MOST_BETWEEN = 32
"""Frames between two searches: they are kept to be gone through backwards."""

KEPT_SECONDS = 1.5
"""A face that is found again within this time keeps its number."""

EXPECTED_SECONDS = 0.5
"""For so long a face that is not seen is expected to move on as it did."""

SPEED_SHARE = 0.3
"""How much of a newly measured speed counts."""

FAINT = -0.6
"""So faint a face, in dlib's unit, is followed: whether it is one is told at the end from all its
samples, see `tracks.finish_tracks`."""

GAP_SECONDS, GAP_THRESHOLD = 1.0, -1.2
"""Between two sights of a face that lie no further apart, one so faint is believed, too, ..."""

GAP_SAME = 0.4
"""... where it overlaps so much with the place between theirs."""

APART = 0.5
"""Two faces' boxes do not overlap by so much."""


@dataclass(frozen=True)
class Sight:
    """A face in a frame; boxes are square, in the framing of `DlibHogDetector`."""

    track: int
    box: Box
    score: float


@dataclass(frozen=True)
class Track:
    """A face that is followed.

    Attributes:
        number: which tells it from the film's others; from 1.
        box: where it was last seen, in pixels: x, y, width, height.
        speed_x, speed_y: pixels a second.
        seen: when that was, in seconds.
    """

    number: int
    box: tuple[int, int, int, int]
    speed_x: float
    speed_y: float
    seen: float

    def at(self, time: float) -> Box:
        """Where it should be."""
        passed = max(-EXPECTED_SECONDS, min(time - self.seen, EXPECTED_SECONDS))
        x, y, width, height = self.box
        return Box(
            round(x + self.speed_x * passed), round(y + self.speed_y * passed), width, height
        )

    def moved(self, box: Box, time: float) -> "Track":
        """After it was seen again, later or, going backwards, earlier."""
        passed = time - self.seen
        right = box.x + box.width / 2 - self.box[0] - self.box[2] / 2
        down = box.y + box.height / 2 - self.box[1] - self.box[3] / 2
        return replace(
            self,
            box=(box.x, box.y, box.width, box.height),
            speed_x=self.speed_x + SPEED_SHARE * (right / passed - self.speed_x),
            speed_y=self.speed_y + SPEED_SHARE * (down / passed - self.speed_y),
            seen=time,
        )


@dataclass(frozen=True, eq=False)
class Look:
    """A frame that is looked at: its time in seconds, its number, and its (height, width) grey."""

    time: float
    number: int
    grey: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Span:
    """The frames after one search of the whole picture up to and with the next.

    Attributes:
        looks: the frames, at least one; the last is the one that was searched.
        found: gives the faces in it, see `FaceSearch.whole`.
        cut: whether a shot begins after the span before, so that no face comes from there.
    """

    looks: Sequence[Look]
    found: Callable[[], list[Detection]]
    cut: bool


@dataclass
class Follower:
    """Follows faces; `state` is all it must remember from span to span."""

    search: FaceSearch
    tracks: list[Track] = field(default_factory=list)
    next_number: int = 1

    @property
    def crop_rule(self) -> CropRule:
        """How the boxes of sights become squares."""
        return self.search.crop_rule

    def state(self) -> dict[str, Any]:
        """In plain JSON."""
        return {
            "tracks": [asdict(track) for track in self.tracks],
            "next_number": self.next_number,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.next_number = state["next_number"]
        self.tracks = [Track(**{**track, "box": tuple(track["box"])}) for track in state["tracks"]]

    def follow(self, span: Span) -> list[list[Sight]]:
        """The faces of each of the span's frames."""
        if span.cut:
            self.tracks = []
        before = {track.number: (track.seen, Box(*track.box)) for track in self.tracks}
        *between, last = span.looks
        seen = [self._forward(look) for look in between]
        seen.append(self._search(last, span.found()))
        self._back(between, last, seen)
        self._fill(span.looks, seen, before)
        self.tracks = [track for track in self.tracks if last.time - track.seen <= KEPT_SECONDS]
        return [sorted(sights.values(), key=lambda sight: sight.track) for sights in seen]

    def _forward(self, look: Look) -> dict[int, Sight]:
        """Known faces in the next frame."""
        found: list[Detection] = []
        for track in self.tracks:
            found += self._look_near(look, track)
        return self._continue(look, _distinct(found))

    def _search(self, look: Look, detections: Iterable[Detection]) -> dict[int, Sight]:
        """Known faces and new ones in a frame that was searched as a whole."""
        found = list(detections)
        sights = self._continue(look, found)
        for track in self.tracks:
            if track.number not in sights:
                found += self._look_near(look, track)
        known = self._continue(
            look, _apart_from(found, [sight.box for sight in sights.values()]), set(sights)
        )
        sights |= known
        boxes = [sight.box for sight in sights.values()]
        for detection in _distinct(_apart_from(found, boxes)):
            if detection.score < FAINT:
                continue
            box = detection.box
            place = (box.x, box.y, box.width, box.height)
            self.tracks.append(Track(self.next_number, place, 0.0, 0.0, look.time))
            sights[self.next_number] = Sight(self.next_number, box, detection.score)
            self.next_number += 1
        return sights

    def _continue(
        self, look: Look, found: Sequence[Detection], but: Iterable[int] = ()
    ) -> dict[int, Sight]:
        """Of the known faces those that were found."""
        rows = [row for row, track in enumerate(self.tracks) if track.number not in but]
        expected = [self.tracks[row].at(look.time) for row in rows]
        sights = {}
        for place, one in match(expected, [each.box for each in found], SAME).items():
            row = rows[place]
            self.tracks[row] = self.tracks[row].moved(found[one].box, look.time)
            number = self.tracks[row].number
            sights[number] = Sight(number, found[one].box, found[one].score)
        return sights

    def _back(self, between: Sequence[Look], last: Look, seen: list[dict[int, Sight]]) -> None:
        """Follow the faces of the last frame back to where they were seen before."""
        for number in seen[-1]:
            (track,) = (track for track in self.tracks if track.number == number)
            # Its speed is not known backwards for one that is new.
            for place in range(len(between) - 1, -1, -1):
                if number in seen[place]:
                    break
                look = between[place]
                others = [sight.box for sight in seen[place].values()]
                found = _apart_from(self._look_near(look, track), others)
                fitting = match([track.at(look.time)], [one.box for one in found], SAME)
                if not fitting:
                    break
                one = found[fitting[0]]
                track = track.moved(one.box, look.time)
                seen[place][number] = Sight(number, one.box, one.score)

    def _fill(
        self,
        looks: Sequence[Look],
        seen: list[dict[int, Sight]],
        before: dict[int, tuple[float, Box]],
    ) -> None:
        """Look once more where a face was missed between two sights of it.

        Args:
            before: when and where each known face was last seen before the span.
        """
        for number in sorted({number for sights in seen for number in sights}):
            latest, missed = before.get(number), list[int]()
            for place, look in enumerate(looks):
                sight = seen[place].get(number)
                if sight is None:
                    missed.append(place)
                    continue
                if latest is not None and look.time - latest[0] <= GAP_SECONDS:
                    for gap in missed:
                        share = (looks[gap].time - latest[0]) / (look.time - latest[0])
                        expected = between(latest[1], sight.box, share)
                        self._look_again(looks[gap], number, expected, seen[gap])
                latest, missed = (look.time, sight.box), []

    def _look_again(self, look: Look, number: int, expected: Box, sights: dict[int, Sight]) -> None:
        found = self.search.near(look.grey, expected, 0.0, GAP_THRESHOLD)
        free = _apart_from(found, [sight.box for sight in sights.values()])
        fitting = match([expected], [one.box for one in free], GAP_SAME)
        if fitting:
            one = free[fitting[0]]
            sights[number] = Sight(number, one.box, one.score)

    def _look_near(self, look: Look, track: Track) -> list[Detection]:
        unseen = abs(look.time - track.seen)
        return self.search.near(look.grey, track.at(look.time), unseen)


def _distinct(found: Sequence[Detection]) -> list[Detection]:
    """Without the fainter ones of those that lie on one face: two tracks may have found it."""
    kept: list[Detection] = []
    for one in sorted(found, key=lambda one: -one.score):
        if all(iou(one.box, other.box) < APART for other in kept):
            kept.append(one)
    return kept


def _apart_from(found: Iterable[Detection], boxes: Sequence[Box]) -> list[Detection]:
    return [one for one in found if all(iou(one.box, box) < SAME for box in boxes)]
