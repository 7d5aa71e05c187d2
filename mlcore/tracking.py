"""Follows faces from frame to frame; what it must remember is a few numbers.

Now and then the whole frame is searched; in between dlib's detector looks near the last boxes
only, in a part of the frame that is scaled so that the face has the smallest size it finds. Of the
means that were compared (`python -m benchmarks.tracking --data FOLDER --faces 8`, on two cores of
an Intel Xeon; 640x480 at 15 frames a second, one face; mean overlap with where the box should be,
for a face that stays, moves at 0.4 and at 1.5 of its widths a second, and comes nearer):

                                                   stays  slow  fast  nearer  CPU ms a frame
    dlib's detector on every frame                  0.98  0.86  0.85    0.88    27.0
    dlib's correlation tracker, search every 10th   0.95  0.87  0.85    0.86     6.8
    optical flow, search every 10th                 0.98  0.87  0.84    0.85     4.5
    dlib's detector near the last box               0.82  0.83  0.82    0.84     3.7
    this module: the same, with the speed of the
    face and part of the way to the new box         0.86  0.87  0.83    0.90     6.5

It is chosen though the others lie still for a face that stays: a correlation tracker cannot be
handed from process to process, holds Python's lock while it works, and never says that the face is
gone; optical flow needs the last frame, of which nothing is to be kept. Half of this module's time
are its searches of the whole frame, twice a second.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, Detection, iou, match
from mlcore.crops import CropRule
from mlcore.detectors import Detector
from mlcore.detectors.base import to_grey
from mlcore.detectors.dlib_and_yunet import DlibAndYuNetDetector
from mlcore.detectors.dlib_hog import DlibHogDetector

SEARCH_SECONDS = 0.5
"""So often the whole picture is searched while faces are followed: who comes in is seen after
that long at the latest."""

SEARCH_FRAMES = (4, 2)
"""At most every so-manieth frame is searched whole, while faces are followed and while none is:
where frames come slowly because the machine is busy, such searches would make it busier. After
`PAUSE_SECONDS` one is due all the same."""

EMPTY_SECONDS = 0.4
"""So often it is searched while none is. Such a search takes longest: where nothing is found, the
detector enlarges the picture."""

AGAIN_SECONDS = 0.15
"""So soon after a search of the whole picture it is searched again for a face that is lost."""

KEPT_SECONDS = 0.5
"""A face that is seen again within this time keeps its number."""

PAUSE_SECONDS = 2.0
"""And so does one that was there in the last frame, if the next comes within this time."""

HELD_SECONDS = 0.25
"""A face that was not found stays where it was for so long, as one that is not to be relied on:
detectors lose a face for a frame or two when it blurs or turns."""

SURE = 0.6
"""A face of this score, in dlib's unit, is shown at its first frame; a fainter one, or one that
another detector found, once a second frame has it too."""

NEAR_THRESHOLD = -0.6
"""Near a face that was there a moment ago a fainter one is believed, too; see `dlib_hog.THRESHOLD`
for the whole picture."""

REACH = (0.35, 0.8)
"""How far around a box is looked, in its sides, at least and at most."""

SPEED = 1.5
"""That grows by so many sides a second since the face was last seen."""

NEW_SHARE = 0.5
"""How much of the way from the expected box to the one found the new box goes. Detectors look at
places some pixels apart, so the boxes of a face that moves evenly jump."""

SPEED_SHARE = 0.1
"""How much of that difference counts as speed."""

SAME = 0.3
"""Boxes that overlap by so much, as intersection over union, may be the same face's."""


@dataclass(frozen=True)
class Track:
    """A face that is followed; lengths in pixels, times in seconds.

    Attributes:
        number: which tells it from all others of the session.
        x, y, side: left, top and side of its square box, in the framing of `DlibHogDetector`.
        speed_x, speed_y: pixels a second.
        seen: when it was last found.
        hits: in how many frames it was found.
        score: of the last time, in dlib's unit, or 0 where another detector found it.
    """

    number: int
    x: float
    y: float
    side: float
    speed_x: float
    speed_y: float
    seen: float
    hits: int
    score: float

    @property
    def box(self) -> Box:
        side = max(1, round(self.side))
        return Box(round(self.x), round(self.y), side, side)

    @property
    def shown(self) -> bool:
        """Whether it is a face for sure, and no single weak detection."""
        return self.hits > 1 or self.score >= SURE

    def at(self, now: float) -> "Track":
        """Where it should be by now."""
        passed = min(now - self.seen, KEPT_SECONDS)
        return replace(self, x=self.x + self.speed_x * passed, y=self.y + self.speed_y * passed)


@dataclass(frozen=True)
class Tracking:
    """All that must be remembered from one frame to the next.

    Attributes:
        time: of the last frame; -1 before the first.
        searched: when the whole picture was last searched; None if never.
        passed: frames since then, without that one.
        next_number: the next new face's.
    """

    time: float = -1.0
    searched: float | None = None
    passed: int = 0
    next_number: int = 1
    tracks: tuple[Track, ...] = ()

    def to_numbers(self) -> list[Any]:
        """As numbers and lists of numbers, which JSON knows."""
        rows = [list(vars(track).values()) for track in self.tracks]
        return [self.time, self.searched, self.passed, self.next_number, rows]

    @classmethod
    def from_numbers(cls, numbers: Sequence[Any]) -> "Tracking":
        time, searched, passed, next_number, rows = numbers
        return cls(time, searched, passed, next_number, tuple(Track(*row) for row in rows))


@dataclass(frozen=True)
class Followed:
    """A face of a frame.

    Attributes:
        held: it was not found in this frame, only expected where it was.
    """

    number: int
    box: Box
    score: float
    held: bool = False


class FaceSearch:
    """Looks for faces in whole pictures with any detector; near a place with dlib's, or with both
    where dlib's and YuNet together search whole pictures.

    All boxes are framed as `DlibHogDetector` frames faces.
    """

    def __init__(self, detector: Detector, *, threshold: float | None = None) -> None:
        """
        Args:
            detector: what searches whole pictures.
            threshold: for dlib's alone another than its own; see `DlibHogDetector.search`.
        """
        self.detector = detector
        self._threshold = threshold
        self._near: DlibHogDetector | DlibAndYuNetDetector = (
            detector
            if isinstance(detector, DlibHogDetector | DlibAndYuNetDetector)
            else DlibHogDetector()
        )

    @property
    def crop_rule(self) -> CropRule:
        """How the boxes become squares."""
        return self._near.crop_rule

    @property
    def takes_grey(self) -> bool:
        """Whether whole pictures may be grey, too."""
        return self.detector is self._near

    def whole(self, picture: NDArray[np.uint8]) -> list[Detection]:
        """The faces of a (height, width, 3) RGB picture, or of a (height, width) one where
        `takes_grey`; those of another detector than dlib's have a score of 0."""
        if self.detector is not self._near:
            return [self._framed(detection) for detection in self.detector.detect(picture)]
        if isinstance(self._near, DlibAndYuNetDetector):
            return self._near.detect(picture)
        grey = picture if picture.ndim == 2 else to_grey(picture)
        return self._near.search(grey, self._threshold)

    def near(
        self,
        grey: NDArray[np.uint8],
        expected: Box,
        unseen: float,
        threshold: float = NEAR_THRESHOLD,
    ) -> list[Detection]:
        """The faces of a (height, width) picture about a place.

        Args:
            expected: where a face should be.
            unseen: for how many seconds it was not.
            threshold: in dlib's unit.
        """
        reach = min(REACH[0] + SPEED * max(0.0, unseen - 0.1), REACH[1])
        return self._near.detect_near(grey, expected, reach=reach, threshold=threshold)

    def _framed(self, detection: Detection) -> Detection:
        square = self.detector.crop_rule.square(detection.box)
        return Detection(self._near.crop_rule.box(square), 0.0)


class Tracker:
    """Follows the faces that a detector finds; any number of threads may use one at once."""

    def __init__(self, detector: Detector) -> None:
        self._search_for = FaceSearch(detector)

    @property
    def crop_rule(self) -> CropRule:
        """How the boxes of `follow` become squares."""
        return self._search_for.crop_rule

    def follow(
        self,
        state: Tracking,
        picture: NDArray[np.uint8],
        grey: NDArray[np.uint8],
        now: float,
    ) -> tuple[Tracking, list[Followed], bool]:
        """
        Args:
            state: as the last call returned it.
            picture, grey: the frame, (height, width, 3) RGB and (height, width).
            now: the frame's time in seconds; more than that of the last one.

        Returns:
            The new state, the faces, largest first, and whether the whole picture was searched.
        """
        kept = [track for track in state.tracks if _is_kept(track, state, now)]
        searching = _is_due(state, kept, now)
        seen: dict[int, Detection] = {}
        if not searching:
            seen = self._look_near(kept, grey, now)
            since = now - (state.searched if state.searched is not None else -1e9)
            lost = any(track.number not in seen for track in kept if track.seen == state.time)
            searching = lost and since >= AGAIN_SECONDS
        new: list[Detection] = []
        if searching:
            seen, new = self._search(kept, seen, picture, now)
        tracks = [
            _moved(track, seen[track.number], now) if track.number in seen else track
            for track in kept
        ]
        number = state.next_number
        for detection in new:
            box = detection.box
            place = (float(box.x), float(box.y), float(box.width))
            tracks.append(Track(number, *place, 0.0, 0.0, now, 1, detection.score))
            number += 1
        tracks = _apart(tracks)
        searched, passed = (now, 0) if searching else (state.searched, state.passed + 1)
        after = Tracking(now, searched, passed, number, tuple(tracks))
        faces = [
            Followed(track.number, track.box, track.score, held=track.seen < now)
            for track in sorted(tracks, key=lambda track: -track.side)
            if track.shown and now - track.seen <= HELD_SECONDS
        ]
        return after, faces, searching

    def _look_near(
        self, tracks: Iterable[Track], grey: NDArray[np.uint8], now: float
    ) -> dict[int, Detection]:
        """What is found of the tracks near where they should be."""
        seen = {}
        for track in tracks:
            expected = track.at(now).box
            found = self._search_for.near(grey, expected, now - track.seen)
            near = [one for one in found if iou(one.box, expected) >= SAME]
            if near:
                seen[track.number] = max(near, key=lambda one: iou(one.box, expected))
        return seen

    def _search(
        self,
        tracks: Sequence[Track],
        seen: dict[int, Detection],
        picture: NDArray[np.uint8],
        now: float,
    ) -> tuple[dict[int, Detection], list[Detection]]:
        """Search the whole picture: what is found of the tracks, and what is new.

        A track that was found near its place in this very frame keeps what was found there.
        """
        found = self._search_for.whole(picture)
        expected = [track.at(now).box for track in tracks]
        matched = match(expected, [one.box for one in found], SAME)
        both = {tracks[row].number: found[place] for row, place in matched.items()} | seen
        new = [one for place, one in enumerate(found) if place not in matched.values()]
        return both, new


def _is_due(state: Tracking, tracks: Sequence[Track], now: float) -> bool:
    """Whether the whole picture is to be searched, whatever is found near the last boxes."""
    if state.searched is None:
        return True
    seconds = SEARCH_SECONDS if tracks else EMPTY_SECONDS
    frames = SEARCH_FRAMES[not tracks]
    since = now - state.searched
    return since >= seconds and (state.passed + 1 >= frames or since >= PAUSE_SECONDS)


def _is_kept(track: Track, state: Tracking, now: float) -> bool:
    passed = now - track.seen
    return passed <= KEPT_SECONDS or (track.seen == state.time and passed <= PAUSE_SECONDS)


def _moved(track: Track, found: Detection, now: float) -> Track:
    """The track after it was found again."""
    passed = max(now - track.seen, 1e-3)
    expected = track.at(now)
    box = found.box
    x = expected.x + NEW_SHARE * (box.x - expected.x)
    y = expected.y + NEW_SHARE * (box.y - expected.y)
    side = track.side + NEW_SHARE * (box.width - track.side)
    return replace(
        track,
        x=x,
        y=y,
        side=side,
        speed_x=track.speed_x + SPEED_SHARE * ((box.x - expected.x) / passed),
        speed_y=track.speed_y + SPEED_SHARE * ((box.y - expected.y) / passed),
        seen=now,
        hits=track.hits + 1,
        score=found.score,
    )


def _apart(tracks: Iterable[Track]) -> list[Track]:
    """Of tracks that have come to lie on one face the oldest."""
    kept: list[Track] = []
    for track in sorted(tracks, key=lambda track: track.number):
        if all(iou(track.box, other.box) < 0.5 for other in kept):
            kept.append(track)
    return kept
