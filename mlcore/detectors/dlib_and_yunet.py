"""YuNet searches for faces, and dlib's detector looks at what it finds."""

import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, Detection, between, iou, suppress_overlaps
from mlcore.crops import CropRule
from mlcore.detectors.base import to_grey
from mlcore.detectors.dlib_hog import THRESHOLD, DlibHogDetector, off_bodies
from mlcore.detectors.yunet import YuNetDetector

SURE = 0.8
"""A face of this score in YuNet's unit is one, whatever dlib's detector says."""

LEAST = 0.6
"""One of this score is, where dlib's detector sees it, too."""

FAINT = -0.6
"""It does so at this score, in dlib's unit: below what is believed where nothing else speaks for a
face."""

REACH = 0.35
"""So far around a face it is looked for, in sides of its box."""

SAME = 0.3
"""Boxes that overlap by so much, as intersection over union, are one face's."""

NEAR_SIDE = 64
"""Of a face in the part of a picture that YuNet searches for it, in pixels."""


class DlibAndYuNetDetector:
    """The default: of the detectors that need no further file or package it finds most faces, by
    far, and no more of what is none.

    YuNet searches the whole picture, which takes less time than dlib's sliding window where that is
    to find small faces. dlib's looks at the places that it names, in a millisecond or two each.
    Both boxes lie now a little beside the face, now a little too wide about it, so where there are
    both their mean counts: PublicTest faces pasted into scenes then keep their probabilities to
    0.076 on average, with `dlib_hog` to 0.081, with `yunet` to 0.082 (docs/recognition.md).
    """

    name = "dlib_and_yunet"
    crop_rule: CropRule = DlibHogDetector.crop_rule

    def __init__(self) -> None:
        self._yunet = YuNetDetector(threshold=LEAST)
        self._dlib = DlibHogDetector()

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Also of a (height, width) picture, in which it finds a few faces less.

        Scores are in dlib's unit, in which 0 is just believed. Where both see a face they are the
        sum of both's; a face that YuNet alone sees has its score less `SURE`.
        """
        grey = image if image.ndim == 2 else to_grey(image)
        # What is faint on somebody's chest is a badge, or a fold of the collar.
        faces = off_bodies([self._alone(face) for face in self._yunet.detect(image)], 0.0)
        framed = (self._framed(grey, face) for face in faces)
        return suppress_overlaps(one for one in framed if one is not None)

    def detect_near(
        self,
        grey: NDArray[np.uint8],
        box: Box,
        *,
        reach: float,
        threshold: float,
    ) -> list[Detection]:
        """Faces of about the size of a known one near it, see `DlibHogDetector.detect_near`.

        YuNet is asked where dlib's detector does not see this one, or faintly only.
        """
        found = self._dlib.detect_near(grey, box, reach=reach, threshold=threshold)
        if any(one.score >= THRESHOLD and iou(one.box, box) >= SAME for one in found):
            return found
        near = self._yunet.detect_near(grey, box, reach=reach, side=NEAR_SIDE)
        sure = [self._alone(face) for face in near]
        return [
            *sure,
            *(one for one in found if all(iou(one.box, other.box) < SAME for other in sure)),
        ]

    def _framed(self, grey: NDArray[np.uint8], alone: Detection) -> Detection | None:
        """What counts of a face of YuNet's, in the framing and the unit of dlib's."""
        near = [
            one
            for one in self._dlib.detect_near(grey, alone.box, reach=REACH, threshold=FAINT)
            if iou(one.box, alone.box) >= SAME
        ]
        if near:
            surest = max(near, key=lambda one: one.score)
            return Detection(between(surest.box, alone.box, 0.5), surest.score + alone.score + SURE)
        return alone if alone.score >= 0 else None

    def _alone(self, face: Detection) -> Detection:
        """A face of YuNet's in the framing and the unit of dlib's."""
        square = self._yunet.crop_rule.square(face.box)
        return Detection(self.crop_rule.box(square), face.score - SURE)
