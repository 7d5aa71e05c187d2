"""By how much a face leans, by the eyes that OpenCV's own cascades find in it."""

import itertools
import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

CASCADES = ("haarcascade_eye_tree_eyeglasses.xml", "haarcascade_eye.xml")
"""The second is asked where the first finds no pair."""

SIDE = 160
"""A face is searched at this size; the cascades' windows are 20 pixels."""

LOWEST = 0.6
"""Eyes lie above this share of the square's height; below are nostrils and the mouth's corners."""

APART = (0.22, 0.6)
"""How far apart the eyes of a pair may lie, as shares of the square's side."""

STEEPEST = 35.0
"""By how many degrees a pair may lean at most."""


class CascadeEyes:
    """Finds the line between the eyes."""

    def __init__(self) -> None:
        folder = Path(cv2.__file__).parent / "data"
        self._cascades = [cv2.CascadeClassifier(str(folder / name)) for name in CASCADES]

    def angle(self, face: NDArray[np.uint8]) -> float | None:
        """Degrees, counterclockwise, by which a square grey face leans; None without two eyes."""
        kernel = cv2.INTER_AREA if face.shape[0] > SIDE else cv2.INTER_LINEAR
        upper = cv2.resize(face, (SIDE, SIDE), interpolation=kernel)[: round(LOWEST * SIDE)]
        for cascade in self._cascades:
            eyes, _, weights = cascade.detectMultiScale3(
                upper,
                scaleFactor=1.1,
                minNeighbors=3,
                minSize=(20, 20),
                maxSize=(SIDE // 2, SIDE // 2),
                outputRejectLevels=True,
            )
            angle = _best_angle([list(map(int, eye)) for eye in eyes], list(map(float, weights)))
            if angle is not None:
                return angle
        return None


def _best_angle(eyes: list[list[int]], weights: list[float]) -> float | None:
    """The angle of the plausible pair that the cascade is surest of."""
    found: list[tuple[float, float]] = []
    for (one, sure), (other, as_sure) in itertools.combinations(zip(eyes, weights, strict=True), 2):
        left, right = sorted((one, other), key=lambda eye: eye[0] + eye[2] / 2)
        across = right[0] + right[2] / 2 - left[0] - left[2] / 2
        down = right[1] + right[3] / 2 - left[1] - left[3] / 2
        angle = -math.degrees(math.atan2(down, across))
        near, far = APART[0] * SIDE, APART[1] * SIDE
        alike = max(left[2], right[2]) <= 1.7 * min(left[2], right[2])
        if alike and near <= math.hypot(across, down) <= far and abs(angle) <= STEEPEST:
            found.append((sure + as_sure, angle))
    return max(found)[1] if found else None
