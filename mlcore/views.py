"""Several looks at one face, whose answers are averaged (test-time augmentation)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Views:
    """A face at several zooms about its centre, and each of them mirrored.

    Attributes:
        flip: whether every look is taken of the mirror image too.
        zooms: how much larger the face is in each look; the first is 1, the face as it is.

    Raises:
        ValueError: the zooms are others.
    """

    flip: bool = True
    zooms: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if not self.zooms or self.zooms[0] != 1 or min(self.zooms) < 1:
            raise ValueError(f"zooms are 1 or more, and the first is 1: not {self.zooms}")

    def of(self, faces: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        """The looks at (N, side, side) or (N, side, side, 3) faces, each of the same shape; the
        faces themselves come first, and their mirror images, if any, second."""
        looks = []
        for zoom in self.zooms:
            look = faces if zoom == 1 else _zoomed(faces, zoom)
            looks += [look, look[:, :, ::-1]] if self.flip else [look]
        return looks


def _zoomed(faces: NDArray[np.uint8], zoom: float) -> NDArray[np.uint8]:
    # Here and not above: the web process reads models' metadata and has no use for OpenCV.
    import cv2

    side = faces.shape[1]
    offset = (side - 1) / 2 * (1 - zoom)
    warp = np.array([[zoom, 0, offset], [0, zoom, offset]])
    return np.stack(
        [
            cv2.warpAffine(face, warp, (side, side), borderMode=cv2.BORDER_REPLICATE)
            for face in faces
        ]
    )
