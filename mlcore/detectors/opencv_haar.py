"""OpenCV's cascade of Haar features (Viola & Jones 2001, https://doi.org/10.1109/CVPR.2001.990517)."""

import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Detection, suppress_overlaps
from mlcore.crops import CropRule
from mlcore.detectors.base import box_at_scale, resized, to_grey

CASCADE = "haarcascade_frontalface_default.xml"
LONGEST_SIDE = 800
"""Larger pictures are searched at this size: at 1280x720 a search takes a third of a second."""

NEIGHBOURS = 5
"""Overlapping hits that a face must have; with 3 there are twice as many false boxes."""

SMALLEST_FACE = 30
"""In pixels of the searched picture."""


class OpenCVHaarDetector:
    """Finds smaller faces than dlib's, but takes more things for faces, and more time."""

    name = "opencv_haar"
    # On portraits its boxes are 1.15 times dlib's and lie a tenth of that box higher, so this
    # gives the same square as with that detector. PublicTest faces pasted into scenes then keep
    # their probabilities best.
    crop_rule = CropRule(margin=1.05, shift_up=-0.05)

    def __init__(self, *, neighbours: int = NEIGHBOURS, longest_side: int = LONGEST_SIDE) -> None:
        """
        Args:
            neighbours, longest_side: see the constants; `benchmarks.detectors` compares others.
        """
        self._neighbours = neighbours
        self._longest_side = longest_side
        # CascadeClassifier keeps the picture it looks at, so threads cannot share one.
        self._per_thread = threading.local()

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        grey = to_grey(image)
        scale = min(1.0, self._longest_side / max(grey.shape))
        boxes, _, scores = self._cascade().detectMultiScale3(
            resized(grey, scale),
            scaleFactor=1.1,
            minNeighbors=self._neighbours,
            minSize=(SMALLEST_FACE, SMALLEST_FACE),
            outputRejectLevels=True,
        )
        return suppress_overlaps(
            Detection(box_at_scale(x, y, width, height, scale), float(score))
            for (x, y, width, height), score in zip(boxes, scores, strict=True)
        )

    def _cascade(self) -> cv2.CascadeClassifier:
        if not hasattr(self._per_thread, "cascade"):
            path = Path(cv2.__file__).parent / "data" / CASCADE
            self._per_thread.cascade = cv2.CascadeClassifier(str(path))
        cascade: cv2.CascadeClassifier = self._per_thread.cascade
        return cascade
