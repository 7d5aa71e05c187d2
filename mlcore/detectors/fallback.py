"""Two detectors, the second of which looks where the first finds nothing."""

import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Detection
from mlcore.crops import CropRule
from mlcore.detectors.base import Detector


class FallbackDetector:
    """Asks the second detector only where the first finds no face.

    The second one's boxes are brought to the first one's framing, so that one crop rule holds for
    all of them. Scores stay in the unit of the detector that gave them.
    """

    def __init__(self, name: str, first: Detector, second: Detector) -> None:
        self.name = name
        self.crop_rule: CropRule = first.crop_rule
        self._first = first
        self._second = second

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        found = self._first.detect(image)
        if found:
            return found
        return [
            Detection(
                self.crop_rule.box(self._second.crop_rule.square(detection.box)), detection.score
            )
            for detection in self._second.detect(image)
        ]
