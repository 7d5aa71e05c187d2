"""From a face to a network's input: one definition for training and for serving.

It is stored in an artifact's metadata, so a network is always fed as it was trained.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""The shares of red, green and blue in grey (ITU-R BT.601), as OpenCV weighs them."""


@dataclass(frozen=True)
class Preprocessing:
    """Resize to a square, then give every face mean 0 and deviation 1.

    Standardising each face by itself takes brightness and contrast out of the question, so a dark
    photo needs nothing special.

    Attributes:
        size: side of the network's input in pixels.
        channels: 1 for a network that takes grey, 3 for one that takes RGB; see `to_input`.
        standardize: "per_image" is the only kind so far.
    """

    size: int = 48
    standardize: str = "per_image"
    channels: int = 1

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise ValueError(f"faces have 1 or 3 channels, not {self.channels!r}")
        if self.standardize != "per_image":
            raise ValueError(f"there is no standardisation {self.standardize!r}")

    def resize(self, face: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A (height, width) grey or (height, width, 3) RGB face with both sides of `size`."""
        height, width = face.shape[:2]
        if (height, width) == (self.size, self.size):
            return face
        # Here and not above: the web process reads models' metadata and has no use for OpenCV.
        import cv2

        # INTER_AREA averages when shrinking; enlarging needs a smooth kernel instead.
        shrinking = min(height, width) > self.size
        kernel = cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(face, (self.size, self.size), interpolation=kernel), np.uint8)

    def to_input(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The (N, size, size, channels) float32 that the network takes.

        Args:
            faces: (N, size, size) uint8 grey, which a network of three channels gets three times;
                or (N, size, size, 3) uint8 RGB, which a network of one channel gets as grey.
        """
        values = faces.astype(np.float32)
        if values.ndim == 3:
            values = values[..., None]
        elif self.channels == 1:
            values = (values @ LUMA)[..., None]
        # One mean and deviation for all channels, so that the hues stay apart.
        mean = values.mean(axis=(1, 2, 3), keepdims=True)
        # The floor keeps a constant picture from being blown up to noise.
        deviation = np.maximum(values.std(axis=(1, 2, 3), keepdims=True), 1.0)
        inputs = (values - mean) / deviation
        return np.repeat(inputs, self.channels // inputs.shape[-1], axis=-1)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
