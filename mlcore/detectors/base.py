"""What every face detector offers."""

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, Detection, clip
from mlcore.crops import CropRule


class Detector(Protocol):
    """Finds faces. One instance serves all threads.

    Attributes:
        name: the detector's stable name in the API and on disk.
        crop_rule: how its boxes become squares.
    """

    name: str
    crop_rule: CropRule

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Faces in a (height, width, 3) RGB picture, the largest first.

        Boxes are in the picture's pixels, overlap it at least in part, and reach beyond its edge
        where the face does: the square that is cut out must stay centred on the face.
        """
        ...


def to_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 3) RGB as (height, width) grey."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def resized(picture: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """A (height, width) or (height, width, 3) picture scaled by `scale`, the same where it is 1."""
    if scale == 1:
        return picture
    kernel = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    return np.asarray(cv2.resize(picture, size, interpolation=kernel), np.uint8)


def box_at_scale(x: float, y: float, width: float, height: float, scale: float) -> Box:
    """A box found in a picture scaled by `scale`, in the pixels of the picture itself."""
    return Box(*(round(value / scale) for value in (x, y, width, height)))


Found = tuple[float, float, float, float, float]
"""A box and its score: left, top, width, height, score."""


def search_near(
    picture: NDArray[np.uint8],
    box: Box,
    *,
    reach: float,
    side: int,
    search: Callable[[NDArray[np.uint8]], list[Found]],
) -> list[Detection]:
    """What a search finds about a box, in a part of the picture that is cut out and scaled.

    Args:
        picture: (height, width) or (height, width, 3), the whole one.
        box: where a face is, or was a moment ago.
        reach: how far around it is looked, in sides of the box.
        side: of the box in the picture that is searched, in pixels.
        search: finds boxes in a picture, in its pixels.
    """
    height, width = picture.shape[:2]
    margin = round(reach * box.width)
    area = clip(
        Box(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin),
        width,
        height,
    )
    if min(area.width, area.height) < max(1, box.width // 2):
        return []
    scale = side / box.width
    inside = picture[area.y : area.y + area.height, area.x : area.x + area.width]
    found = []
    for x, y, across, down, score in search(np.ascontiguousarray(resized(inside, scale))):
        at = box_at_scale(x, y, across, down, scale)
        found.append(Detection(Box(at.x + area.x, at.y + area.y, at.width, at.height), score))
    return found
