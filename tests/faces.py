"""Pictures of people with several expressions, for cameras and films, that anybody may use.

Two portraits are in the public domain: NASA's of Eileen Collins, who smiles, and the US Navy's of
Grace Hopper, who does not; matplotlib brings the latter. Other expressions are made of hers by
moving brows and mouth. What they show is what the recogniser says of the still, not what they are
called here.
"""

from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from PIL import Image

from tests.browser import PORTRAIT

HOPPER = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
HOPPER_FACE = (161, 137, 216)
"""Left, top and side of her face."""

MOVES = {
    "angry": {"inner": 0.082, "outer": -0.025, "corner": 0.044, "middle": 0.073, "lip": 0.05},
    "sad": {"inner": -0.018, "outer": 0.074, "corner": 0.066, "middle": -0.056, "lip": -0.055},
}
"""How far the ends of the brows and parts of the mouth go down, in sides of the face."""

PLACES = {
    "inner": ((0.4, 0.2), (0.6, 0.2)),
    "outer": ((0.2, 0.22), (0.8, 0.22)),
    "corner": ((0.33, 0.74), (0.67, 0.74)),
    "middle": ((0.5, 0.72),),
    "lip": ((0.5, 0.85),),
}
NARROWING = 0.03
"""How far the corners of the mouth go outwards, too."""

REACH = 0.075
"""A move fades with the distance from its place, as a bell curve of this width."""


def portraits(size: tuple[int, int]) -> dict[str, Image.Image]:
    """Heads in pictures of (width, height) of the shape 4:3."""
    navy = np.asarray(Image.open(HOPPER).convert("RGB"))
    collins = Image.open(PORTRAIT).convert("RGB").crop((75, 0, 371, 222))
    heads = {"happy": collins}
    for name, moves in {"neutral": {}, **MOVES}.items():
        head = Image.fromarray(moved(navy, moves) if moves else navy)
        heads[name] = head.crop((0, 55, 512, 439))
    return {name: head.resize(size, Image.Resampling.LANCZOS) for name, head in heads.items()}


def moved(picture: np.ndarray, moves: dict[str, float]) -> np.ndarray:
    left, top, side = HOPPER_FACE
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    across, down = columns.copy(), rows.copy()
    for name, distance in moves.items():
        for x, y in PLACES[name]:
            far = (columns - left - x * side) ** 2 + (rows - top - y * side) ** 2
            share = np.exp(-far / (2 * (REACH * side) ** 2)).astype(np.float32)
            down -= share * distance * side
            if name == "corner":
                across -= share * np.sign(0.5 - x) * NARROWING * side
    return cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
