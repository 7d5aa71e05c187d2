"""Things that hide parts of a face, drawn with simple shapes.

FER2013's faces are framed alike: the eyes lie at about two fifths of the height, the mouth at three
quarters. The drawings are placed by that frame, moved and sized a little at random, and filled with
a random grey, so that a network learns to do without what they hide rather than to know them.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Face = NDArray[np.uint8]


def draw_glasses(face: Face, random: np.random.Generator) -> None:
    """Two dark or rimmed lenses with a bridge, over the eyes; changes `face` in place."""
    side = face.shape[0]
    shade = _grey(random.integers(0, 90), face)
    height = side * random.uniform(0.36, 0.44)
    half = side * random.uniform(0.15, 0.19)
    lens = (round(side * random.uniform(0.09, 0.13)), round(side * random.uniform(0.07, 0.1)))
    thickness = -1 if random.random() < 0.5 else max(1, side // 24)  # sunglasses or a frame
    centres = [(round(side / 2 - half), round(height)), (round(side / 2 + half), round(height))]
    for centre in centres:
        cv2.ellipse(face, centre, lens, 0, 0, 360, shade, thickness)
    cv2.line(face, centres[0], centres[1], shade, max(1, side // 32))


def draw_cap(face: Face, random: np.random.Generator) -> None:
    """A cap's crown and brim over the forehead; changes `face` in place."""
    side = face.shape[0]
    grey = int(random.integers(0, 256))
    edge = round(side * random.uniform(0.18, 0.28))
    face[:edge] = grey
    brim = (round(side * random.uniform(0.4, 0.6)), max(2, round(side * 0.06)))
    centre = (round(side * random.uniform(0.4, 0.6)), edge)
    cv2.ellipse(face, centre, brim, random.uniform(-8, 8), 0, 360, _grey(grey - 40, face), -1)


def draw_hand(face: Face, random: np.random.Generator) -> None:
    """A palm with four fingers over a cheek or the mouth; changes `face` in place."""
    side = face.shape[0]
    shade = _grey(random.integers(60, 220), face)
    x = side * random.choice([random.uniform(0.05, 0.25), random.uniform(0.4, 0.95)])
    y = side * random.uniform(0.7, 0.9)
    palm = (round(side * 0.16), round(side * 0.14))
    cv2.ellipse(face, (round(x), round(y)), palm, 0, 0, 360, shade, -1)
    lean = random.uniform(-0.5, 0.5)
    for finger in np.linspace(-0.12, 0.12, 4):
        foot = (round(x + finger * side), round(y))
        tip = (round(x + (finger + lean * 0.2) * side), round(y - side * random.uniform(0.2, 0.3)))
        cv2.line(face, foot, tip, shade, max(2, side // 14))


OCCLUDERS: tuple[Callable[[Face, np.random.Generator], None], ...] = (
    draw_glasses,
    draw_cap,
    draw_hand,
)


def _grey(shade: int | np.integer, face: Face) -> tuple[int, ...]:
    """A grey as OpenCV draws it on a face of one or three channels."""
    return (max(0, int(shade)),) * (3 if face.ndim == 3 else 1)


def occlude(face: Face, random: np.random.Generator) -> None:
    """Draw one of the occluders over a (side, side) or (side, side, 3) face, in place."""
    OCCLUDERS[random.integers(len(OCCLUDERS))](face, random)
