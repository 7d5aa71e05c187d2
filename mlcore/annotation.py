"""Pictures with a frame and a label around each face."""

import colorsys
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box

FONT = cv2.FONT_HERSHEY_SIMPLEX
SMALLEST_SIDE = 200
"""A smaller picture is enlarged first: there is no room for a legible label in it."""

Colour = tuple[int, int, int]


class LabelledFace(Protocol):
    """What is drawn: a `RecognizedFace`, or a face that was stored."""

    @property
    def box(self) -> Box: ...
    @property
    def expression(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def uncertain(self) -> bool: ...


def annotate(image: NDArray[np.uint8], faces: Sequence[LabelledFace]) -> NDArray[np.uint8]:
    """A copy of a (height, width, 3) RGB picture with its faces framed and labelled.

    An uncertain face gets a dashed frame and a question mark. Lines and letters grow with the
    picture. A picture whose shorter side is under
    `SMALLEST_SIDE` comes back enlarged.
    """
    scale = max(1.0, SMALLEST_SIDE / min(image.shape[:2]))
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    canvas = image.copy()
    if scale > 1:
        canvas = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    line = max(2, round(min(size) / 250))
    boxes = [_scaled(face.box, scale) for face in faces]
    for index, (face, box) in enumerate(zip(faces, boxes, strict=True)):
        _frame(canvas, box, _colour(index), line, dashed=face.uncertain)
    for index, (face, box) in enumerate(zip(faces, boxes, strict=True)):
        _label(canvas, _text(face), box, _colour(index), line)
    return canvas


def _text(face: LabelledFace) -> str:
    percent = f"{face.probability:.0%}".replace("%", " %")
    return f"{face.expression}? {percent}" if face.uncertain else f"{face.expression} {percent}"


def _frame(canvas: NDArray[np.uint8], box: Box, colour: Colour, line: int, dashed: bool) -> None:
    left, top, right, bottom = box.x, box.y, box.x + box.width - 1, box.y + box.height - 1
    if not dashed:
        cv2.rectangle(canvas, (left, top), (right, bottom), colour, line, cv2.LINE_AA)
        return
    for start, end in (
        ((left, top), (right, top)),
        ((right, top), (right, bottom)),
        ((right, bottom), (left, bottom)),
        ((left, bottom), (left, top)),
    ):
        # As many dashes, with gaps as long, as begin and end the side with one: corners are whole.
        length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
        pieces = 2 * max(1, round(length / (8 * line))) + 1
        stops = np.round(np.linspace(start, end, pieces + 1)).astype(int).tolist()
        for piece in range(0, pieces, 2):
            cv2.line(canvas, stops[piece], stops[piece + 1], colour, line, cv2.LINE_AA)


def _label(canvas: NDArray[np.uint8], text: str, box: Box, colour: Colour, line: int) -> None:
    """Write `text` on a plate above the box, or inside its top where the picture ends."""
    height, width = canvas.shape[:2]
    font, thickness = _font(text, box, line, width)
    (text_width, text_height), baseline = cv2.getTextSize(text, FONT, font, thickness)
    pad = line + thickness
    plate_width, plate_height = text_width + 2 * pad, text_height + baseline + 2 * pad
    left = max(0, min(box.x - line // 2, width - plate_width))
    above = box.y - plate_height
    top = max(0, min(above if above >= 0 else box.y, height - plate_height))
    corner = (left + plate_width - 1, top + plate_height - 1)
    cv2.rectangle(canvas, (left, top), corner, colour, cv2.FILLED)
    origin = (left + pad, top + pad + text_height)
    cv2.putText(canvas, text, origin, FONT, font, _ink(colour), thickness, cv2.LINE_AA)


def _font(text: str, box: Box, line: int, width: int) -> tuple[float, int]:
    """Font scale and thickness: as wide as the box, within what suits the picture."""
    natural = cv2.getTextSize(text, FONT, 1.0, 1)[0][0]
    smallest, largest = 0.25 * line, 0.4 * line
    room = 0.9 * width / natural
    font = min(max(box.width / natural, smallest), largest, room)
    return font, max(1, round(1.6 * font))


def _colour(index: int) -> Colour:
    """Hues a golden angle apart: no two of the first dozen look alike."""
    red, green, blue = colorsys.hsv_to_rgb((0.33 + index * 0.618034) % 1, 0.75, 0.95)
    return round(red * 255), round(green * 255), round(blue * 255)


def _ink(plate: Colour) -> Colour:
    """Black or white, whichever is easier to read (luma after ITU-R BT.601)."""
    luma = 0.299 * plate[0] + 0.587 * plate[1] + 0.114 * plate[2]
    return (0, 0, 0) if luma > 127 else (255, 255, 255)


def _scaled(box: Box, scale: float) -> Box:
    return Box(*(round(value * scale) for value in (box.x, box.y, box.width, box.height)))
