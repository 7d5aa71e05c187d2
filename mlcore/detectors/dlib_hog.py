"""dlib's frontal face detector: histograms of oriented gradients in a sliding window
(King 2015, https://arxiv.org/abs/1502.00046)."""

import copy
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, Detection, suppress_overlaps
from mlcore.crops import CropRule
from mlcore.detectors.base import Found, box_at_scale, resized, search_near, to_grey

THRESHOLD = -0.3
"""Below dlib's own 0: of faces of 80 to 200 pixels in scenes of 640x480 it finds 95 % instead of
89 %, of dark ones 81 % instead of 66 %, and still nothing else. At -0.5 it finds 87 % of the dark
ones, but also something else in every twentieth scene."""

SURE = 0.1
"""Fainter boxes on the body of a face that scores more are not counted: they are mostly its
collar, or a badge. That costs two points of recall at most."""

BODY = (1.5, 4.0)
"""How far to either side of a face, and down from it, its body reaches, in sides of its box."""

LONGEST_SIDE = 1600
"""Larger pictures are searched at this size, which takes a tenth of a second. Of faces of 130 to
260 pixels in scenes of 4000x3000 it finds 95 %, and at 1280 pixels 86 %."""

SMALL_SIDE = 400
"""A picture no larger than this is searched at twice its size at once. Were those of 640x480 too,
91 % of the faces of 40 to 80 pixels in them would be found instead of 68 %, in four times the
time: too long for a webcam's frames."""

PORTRAIT_SIDE = 112
"""A small picture is first searched at this size, where a face that fills it is found in a
fourteenth of the time. Of the pictures of `wild`, which are faces, three in four need no more; 91 %
are found with and without."""

PORTRAIT_SHARE = 0.45
"""That ends the search only where a sure face's box is so large a share of the picture that hardly
any place is left for another."""

MOST_PIXELS = 2_000_000
"""No picture is enlarged beyond this, which bounds the time as `LONGEST_SIDE` does."""

WINDOW = 85
"""Side in pixels of the smallest face that is found."""


class DlibHogDetector:
    """The window is 80x80 pixels, so smaller faces are found only in an enlarged picture.

    Small pictures, where small faces are likely, are enlarged at once, unless one face fills them;
    others only when nothing was found, so that a webcam's frame with a face near by stays fast. It
    finds twice as many dark faces as OpenCV's cascade, in less time.
    """

    name = "dlib_hog"
    # Between 1.0 and 1.3 accuracy on photos in scenes is flat, and PublicTest faces keep their
    # probabilities nearly as well as they can; at 1.5 and at 0.85 both are worse.
    crop_rule = CropRule(margin=1.2, shift_up=0.05)

    def __init__(
        self,
        *,
        threshold: float = THRESHOLD,
        sure: float = SURE,
        small_side: int = SMALL_SIDE,
        portrait_side: int = PORTRAIT_SIDE,
    ) -> None:
        """
        Args:
            threshold, sure, small_side: see the constants; `benchmarks.detectors` compares others.
            portrait_side: see the constant; 0 searches no picture at that size.
        """
        self._threshold = threshold
        self._sure = sure
        self._small_side = small_side
        self._portrait_side = portrait_side
        # A detector keeps its feature pyramid while it runs, so threads cannot share one.
        self._per_thread = threading.local()

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        return self.search(to_grey(image))

    def search(self, grey: NDArray[np.uint8], threshold: float | None = None) -> list[Detection]:
        """`detect` in a (height, width) picture.

        Args:
            threshold: a lower one than the detector's own gives fainter faces too; where no other
                is found the picture is enlarged all the same.
        """
        least = self._threshold if threshold is None else threshold
        longest = max(grey.shape)
        scale = min(1.0, LONGEST_SIDE / longest)
        enlarged = min(2 * scale, (MOST_PIXELS / grey.size) ** 0.5)
        if longest <= self._small_side:
            return self._portrait(grey) or self._search(grey, enlarged, least)
        found = self._search(grey, scale, least)
        if enlarged > scale and all(one.score < self._threshold for one in found):
            found = suppress_overlaps([*found, *self._search(grey, enlarged, least)])
        return found

    def detect_near(
        self,
        grey: NDArray[np.uint8],
        box: Box,
        *,
        reach: float,
        side: int = WINDOW,
        threshold: float = THRESHOLD,
    ) -> list[Detection]:
        """Faces of about the size of a known one near it, the surest first.

        Args:
            grey: (height, width), the whole picture.
            box: where a face is, or was a moment ago.
            reach: how far around it is looked, in sides of the box.
            side: of the face in the picture that is searched, in pixels; more are slower.
            threshold: see the constant.
        """
        return search_near(
            grey,
            box,
            reach=reach,
            side=side,
            search=lambda picture: self._found(picture, threshold),
        )

    def _portrait(self, grey: NDArray[np.uint8]) -> list[Detection]:
        """The faces of a picture that one of them fills, else none."""
        longest = max(grey.shape)
        if not self._portrait_side or longest <= self._portrait_side:
            return []
        found = self._search(grey, self._portrait_side / longest, self._threshold)
        fills = any(
            detection.score >= self._sure and detection.box.area >= PORTRAIT_SHARE * grey.size
            for detection in found
        )
        return found if fills else []

    def _search(self, grey: NDArray[np.uint8], scale: float, threshold: float) -> list[Detection]:
        picture = np.ascontiguousarray(resized(grey, scale))
        found = [
            Detection(box_at_scale(x, y, width, height, scale), score)
            for x, y, width, height, score in self._found(picture, threshold)
        ]
        return suppress_overlaps(off_bodies(found, self._sure))

    def _found(self, picture: NDArray[np.uint8], threshold: float) -> list[Found]:
        boxes, scores, _ = self._detector().run(picture, 0, threshold)
        return [
            (box.left(), box.top(), box.width(), box.height(), float(score))
            for box, score in zip(boxes, scores, strict=True)
        ]

    def _detector(self) -> Any:
        if not hasattr(self._per_thread, "detector"):
            self._per_thread.detector = copy.copy(_loaded())
        return self._per_thread.detector


_loading = threading.Lock()


@cache
def _load() -> Any:
    return dlib.get_frontal_face_detector()


def _loaded() -> Any:
    """dlib's detector, never to be run itself.

    Unpacking it takes most of a second, in which no other thread gets Python's lock; a copy, which
    dlib makes as pickle would, takes two milliseconds.
    """
    with _loading:
        return _load()


def off_bodies(found: Sequence[Detection], sure: float) -> list[Detection]:
    """Without those of a score below `sure` that lie on the body of one that has it."""
    faces = [one.box for one in found if one.score >= sure]
    return [
        one
        for one in found
        if one.score >= sure or not any(_on_body(one.box, face) for face in faces)
    ]


def _on_body(box: Box, face: Box) -> bool:
    """Whether `box` lies where the chest and the shoulders of the person with `face` would be."""
    right = (box.x + box.width / 2 - face.x - face.width / 2) / face.width
    down = (box.y + box.height / 2 - face.y - face.height / 2) / face.height
    return abs(right) <= BODY[0] and 0 < down <= BODY[1]
