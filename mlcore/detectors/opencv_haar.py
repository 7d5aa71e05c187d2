"""OpenCV's cascade of Haar features (Viola & Jones 2001, https://doi.org/10.1109/CVPR.2001.990517)."""

import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, Detection, clip, iou, suppress_overlaps
from mlcore.crops import CropRule
from mlcore.detectors.base import box_at_scale, resized, to_grey

CASCADE = "haarcascade_frontalface_default.xml"
LONGEST_SIDE = 800
"""Larger pictures are searched at this size: at 1280x720 a search takes a third of a second."""

SECOND_CASCADE = "haarcascade_frontalface_alt2.xml"
"""Asked too where a face is to be confirmed: the two miss different faces."""

NEIGHBOURS = 5
"""Overlapping hits that a face must have; with 3 there are twice as many false boxes."""

SMALLEST_FACE = 30
"""In pixels of the searched picture."""


CONFIRMED_SIDE = 60
"""Of a face that is to be confirmed, in pixels of the picture that is searched for it."""

CONFIRMED_MARGIN = 0.4
"""How far around it is looked, in sides of its box."""

CONFIRMED_SIZES = (42, 96)
"""The smallest and largest box that confirms it, in pixels of that picture: the cascades' own and
those of other detectors are framed differently."""

CONFIRMED_IOU = 0.4
"""So much it overlaps the box that it confirms, as intersection over union."""


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

    def confirms(self, grey: NDArray[np.uint8], box: Box) -> bool:
        """Whether what another detector took for a face looks like one to a cascade, too.

        A single hit is enough: what dlib's detector takes for a face by mistake hardly ever has
        one, and most faces that it is not sure of have. It takes a millisecond or two.

        Args:
            grey: (height, width), the whole picture.
            box: square, in the framing of `DlibHogDetector`.
        """
        height, width = grey.shape
        margin = round(CONFIRMED_MARGIN * box.width)
        top = box.y - margin - box.height // 10  # the cascades' boxes have the forehead in them
        side = box.width + 2 * margin
        area = clip(Box(box.x - margin, top, side, side), width, height)
        if not area.area:
            return False
        inside = grey[area.y : area.y + area.height, area.x : area.x + area.width]
        scale = CONFIRMED_SIDE / box.width
        picture = resized(inside, scale)
        least, most = ((size, size) for size in CONFIRMED_SIZES)
        for name in (CASCADE, SECOND_CASCADE):
            hits = self._cascade(name).detectMultiScale(
                picture, scaleFactor=1.1, minNeighbors=1, minSize=least, maxSize=most
            )
            for x, y, across, down in hits:
                at = box_at_scale(x, y, across, down, scale)
                # Else it is another face beside it.
                if (
                    iou(Box(at.x + area.x, at.y + area.y, at.width, at.height), box)
                    >= CONFIRMED_IOU
                ):
                    return True
        return False

    def _cascade(self, name: str = CASCADE) -> cv2.CascadeClassifier:
        if not hasattr(self._per_thread, "cascades"):
            self._per_thread.cascades = {}
        cascades: dict[str, cv2.CascadeClassifier] = self._per_thread.cascades
        if name not in cascades:
            path = Path(cv2.__file__).parent / "data" / name
            cascades[name] = cv2.CascadeClassifier(str(path))
        return cascades[name]
