"""From a face to a network's input: one definition for training and for serving.

It is stored in an artifact's metadata, so a network is always fed as it was trained.
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""The shares of red, green and blue in grey (ITU-R BT.601), as OpenCV weighs them."""

STANDARDIZE = ("per_image", "dataset", "unit")
EQUALIZE = ("none", "global", "clahe")

CLIP = 2.0
"""CLAHE's limit: how much steeper than in an even histogram a grey level may become."""

TILES = 4
"""CLAHE's tiles along each side. At 48x48 a tile has 144 pixels; the 36 of the more usual eight
tiles are too few to limit anything, so that they would blow up noise."""


@dataclass(frozen=True)
class Preprocessing:
    """Resize to a square, spread the grey levels if wanted, and bring them to the network's scale.

    Standardising each face by itself takes brightness and contrast out of the question, so a dark
    photo needs nothing special. The other two kinds leave that to the network.

    Attributes:
        size: side of the network's input in pixels.
        channels: 1 for a network that takes grey, 3 for one that takes RGB; see `to_input`.
        standardize: "per_image" gives every face mean 0 and deviation 1; "dataset" subtracts
            `mean` and divides by `deviation`; "unit" takes 0 to 255 to 0 to 1, as many published
            systems do.
        mean, deviation: of all pixels of the training faces, in grey levels; for "dataset" only,
            see `fitted`.
        equalize: "none"; "global" evens out each face's histogram; "clahe" does so tile by tile
            with limited contrast (Zuiderveld 1994, "Contrast Limited Adaptive Histogram
            Equalization").

    Raises:
        ValueError: a field has a value that it cannot take.
    """

    size: int = 48
    standardize: str = "per_image"
    channels: int = 1
    mean: float = 0.0
    deviation: float = 1.0
    equalize: str = "none"

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"faces have a side of 1 pixel or more, not {self.size!r}")
        if self.channels not in (1, 3):
            raise ValueError(f"faces have 1 or 3 channels, not {self.channels!r}")
        if self.standardize not in STANDARDIZE:
            raise ValueError(
                f"there is no standardisation {self.standardize!r}; there are: "
                f"{', '.join(STANDARDIZE)}"
            )
        if self.equalize not in EQUALIZE:
            raise ValueError(
                f"there is no equalisation {self.equalize!r}; there are: {', '.join(EQUALIZE)}"
            )
        if not (math.isfinite(self.mean) and 0 < self.deviation < math.inf):
            raise ValueError(
                f"faces cannot have the mean {self.mean!r} and the deviation {self.deviation!r}"
            )

    @property
    def form(self) -> tuple[int, int]:
        """Side and channels of the faces that the network takes. Data is loaded in that form, so
        networks of one form can share it."""
        return self.size, self.channels

    def fitted(self, faces: NDArray[np.uint8]) -> "Preprocessing":
        """Itself with `mean` and `deviation` of the training faces, if it needs them.

        Args:
            faces: as `to_input` takes them.

        Raises:
            ValueError: there are no faces.
        """
        if self.standardize != "dataset":
            return self
        if not len(faces):
            raise ValueError("the mean of no faces is unknown")
        count, total, squares = 0, 0.0, 0.0
        # Bit by bit: FER2013 as float64 would take half a gigabyte, and its squares another.
        for start in range(0, len(faces), 1024):
            values = self._levels(faces[start : start + 1024])
            count += values.size
            total += float(values.sum(dtype=np.float64))
            squares += float(np.square(values).sum(dtype=np.float64))
        mean = total / count
        # The floor is that of a single face, see `to_input`.
        deviation = max(math.sqrt(max(squares / count - mean**2, 0.0)), 1.0)
        return replace(self, mean=mean, deviation=deviation)

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
        values = self._levels(faces)
        if self.standardize == "unit":
            inputs = values / np.float32(255)
        elif self.standardize == "dataset":
            inputs = (values - np.float32(self.mean)) / np.float32(self.deviation)
        else:
            # One mean and deviation for all channels, so that the hues stay apart.
            mean = values.mean(axis=(1, 2, 3), keepdims=True)
            # The floor keeps a constant picture from being blown up to noise.
            deviation = np.maximum(values.std(axis=(1, 2, 3), keepdims=True), 1.0)
            inputs = (values - mean) / deviation
        return np.repeat(inputs, self.channels // inputs.shape[-1], axis=-1)

    def _levels(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Equalised grey levels 0 to 255: (N, size, size, 1), or 3 channels of RGB."""
        values = self._equalized(faces).astype(np.float32)
        if values.ndim == 3:
            return values[..., None]
        if self.channels == 1:
            return np.asarray((values @ LUMA)[..., None], np.float32)
        return values

    def _equalized(self, faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.equalize == "none":
            return faces
        import cv2

        if self.equalize == "global":
            equalize = cv2.equalizeHist
        else:
            equalize = cv2.createCLAHE(CLIP, (TILES, TILES)).apply
        equalized = np.empty_like(faces)
        for target, face in zip(equalized, faces, strict=True):
            if face.ndim == 2:
                target[:] = equalize(face)
            else:
                # Equalising each colour by itself would change the hues.
                luma = cv2.cvtColor(face, cv2.COLOR_RGB2YCrCb)
                luma[..., 0] = equalize(luma[..., 0])
                target[:] = cv2.cvtColor(luma, cv2.COLOR_YCrCb2RGB)
        return equalized

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
