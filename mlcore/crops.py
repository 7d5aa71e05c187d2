"""From a detector's box to the square that a network looks at."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box


@dataclass(frozen=True)
class CropRule:
    """How a detector's boxes become squares that frame a face as FER2013's faces are framed.

    The square stays level when the face leans: `benchmarks.crops` tells what turning it would gain.

    Attributes:
        margin: side of the square as a multiple of the box's longer side.
        shift_up: how far its centre lies above the box's, as a share of that side.
    """

    margin: float
    shift_up: float

    def square(self, box: Box) -> Box:
        """The square for `box`; it may reach beyond the picture."""
        longer = max(box.width, box.height)
        side = max(1, round(longer * self.margin))
        centre_x = box.x + box.width / 2
        centre_y = box.y + box.height / 2 - longer * self.shift_up
        return Box(round(centre_x - side / 2), round(centre_y - side / 2), side, side)

    def box(self, square: Box) -> Box:
        """The square box, to a pixel, that `square` belongs to."""
        side = max(1, round(square.width / self.margin))
        centre_x = square.x + square.width / 2
        centre_y = square.y + square.height / 2 + side * self.shift_up
        return Box(round(centre_x - side / 2), round(centre_y - side / 2), side, side)


def crop(picture: NDArray[np.uint8], square: Box) -> NDArray[np.uint8]:
    """Cut `square` out of a (height, width) or (height, width, 3) picture, as (side, side, ...).

    What lies beyond the edge repeats the edge's pixels: black bars would look like a feature of
    the face, and would change the mean and deviation that the face is standardised by.
    """
    height, width = picture.shape[:2]
    left, top = max(-square.x, 0), max(-square.y, 0)
    right = max(square.x + square.width - width, 0)
    bottom = max(square.y + square.height - height, 0)
    inside = picture[
        square.y + top : square.y + square.height - bottom,
        square.x + left : square.x + square.width - right,
    ]
    if not (left or top or right or bottom):
        return inside
    padded = cv2.copyMakeBorder(inside, top, bottom, left, right, cv2.BORDER_REPLICATE)
    return np.asarray(padded, np.uint8)
