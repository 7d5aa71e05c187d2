"""Faces as tiles of the sheets that people look through."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def face_tile(face: NDArray[np.uint8], side: int) -> Image.Image:
    """An RGB tile of `side` pixels, to be pasted into a sheet.

    Args:
        face: (height, width) grey or (height, width, 3) RGB.
    """
    tile = Image.fromarray(face).convert("RGB")
    return tile.resize((side, side), Image.Resampling.BICUBIC)
