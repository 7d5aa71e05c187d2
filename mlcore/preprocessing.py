"""From a grey face to a network's input: one definition for training and for serving.

It is stored in an artifact's metadata, so a network is always fed as it was trained.
"""

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Preprocessing:
    """Resize to a square, then give every face mean 0 and deviation 1.

    Standardising each face by itself takes brightness and contrast out of the question, so a dark
    photo needs nothing special.

    Attributes:
        size: side of the network's input in pixels.
        standardize: "per_image" is the only kind so far.
    """

    size: int = 48
    standardize: str = "per_image"

    def __post_init__(self) -> None:
        if self.standardize != "per_image":
            raise ValueError(f"there is no standardisation {self.standardize!r}")

    def resize(self, face: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A (height, width) grey face as (size, size) uint8."""
        height, width = face.shape
        if (height, width) == (self.size, self.size):
            return face
        # INTER_AREA averages when shrinking; enlarging needs a smooth kernel instead.
        shrinking = min(height, width) > self.size
        kernel = cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(face, (self.size, self.size), interpolation=kernel), np.uint8)

    def to_input(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, size, size) uint8 as the (N, size, size, 1) float32 that the network takes."""
        values = faces.astype(np.float32)
        mean = values.mean(axis=(1, 2), keepdims=True)
        # The floor keeps a constant picture from being blown up to noise.
        deviation = np.maximum(values.std(axis=(1, 2), keepdims=True), 1.0)
        return np.asarray((values - mean) / deviation, np.float32)[..., None]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
