"""Pictures with a frame and a label around each face."""

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, clip
from mlcore.lettering import measure, write

SMALLEST_SIDE = 200
"""A smaller picture is enlarged first: there is no room for a legible label in it."""

LONGEST_ENLARGED = 4000
"""It is not enlarged beyond this: a strip of 16x50,000 pixels would take gigabytes."""

LONGEST_SIDE = 65_000
"""A longer picture is shrunk to it: no JPEG holds more than 65,535 pixels a side."""

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


@dataclass(frozen=True)
class Mark:
    """A frame and its label, in pixels of the picture.

    Attributes:
        dashed: whether the frame is, as that of an uncertain answer.
    """

    box: Box
    text: str
    colour: Colour
    dashed: bool = False


def annotate(image: NDArray[np.uint8], faces: Sequence[LabelledFace]) -> NDArray[np.uint8]:
    """A copy of a (height, width, 3) RGB picture with its faces framed and labelled.

    An uncertain face gets a dashed frame and a question mark. Lines and letters grow with the
    picture. A picture whose shorter side is under
    `SMALLEST_SIDE` comes back enlarged, one longer than `LONGEST_SIDE` shrunk.
    """
    height, width = image.shape[:2]
    scale = _scale_of(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = image.copy()
    if size != (width, height):
        kernel = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        canvas = np.asarray(cv2.resize(image, size, interpolation=kernel), np.uint8)
    marks = [
        Mark(
            _scaled(face.box, scale),
            face_text(face.expression, face.probability, face.uncertain),
            track_colour(index),
            face.uncertain,
        )
        for index, face in enumerate(faces)
    ]
    draw_marks(canvas, marks, size)
    return canvas


def _scale_of(width: int, height: int) -> float:
    longer = max(width, height)
    enlarged = min(SMALLEST_SIDE / min(width, height), LONGEST_ENLARGED / longer)
    return min(max(1.0, enlarged), LONGEST_SIDE / longer)


def face_text(expression: str, probability: float, uncertain: bool) -> str:
    """What a label says of a face."""
    percent = f"{probability:.0%}".replace("%", " %")
    return f"{expression}? {percent}" if uncertain else f"{expression} {percent}"


def draw_marks(
    canvas: NDArray[np.uint8],
    marks: Sequence[Mark],
    size: tuple[int, int],
    corner: tuple[int, int] = (0, 0),
) -> None:
    """Draw on a part of a picture.

    Args:
        canvas: the part, (height, width, 3) RGB.
        marks: in pixels of the whole picture.
        size: its width and height.
        corner: where the part's top left corner lies in it.
    """
    line = line_width(size)
    for mark in marks:
        _frame(canvas, _moved(mark.box, corner), mark.colour, line, mark.dashed)
    for mark in marks:
        plate, font, thickness = _plate(mark, line, size)
        _label(canvas, mark, _moved(plate, corner), font, thickness, line)


def line_width(size: tuple[int, int]) -> int:
    """Of the frames in a picture of that width and height, in pixels."""
    return max(2, round(min(size) / 250))


def changed_parts(mark: Mark, size: tuple[int, int]) -> list[Box]:
    """The parts of a picture of that width and height that a mark changes, and some pixels more.

    They begin and end at even pixels, or with the picture, and do not overlap.
    """
    # A line is drawn half inside and half outside its box, and its edge is smoothed.
    line = line_width(size)
    plate, _, _ = _plate(mark, line, size)
    box, reach = mark.box, line + 2
    left, right = (
        _even(min(plate.x, box.x - reach)),
        _even(max(plate.x + plate.width, box.x + box.width + reach) + 1),
    )
    top, bottom = _even(min(plate.y, box.y - reach)), _even(box.y + box.height + reach + 1)
    bottom = max(bottom, _even(plate.y + plate.height + 1))
    upper = _even(max(plate.y + plate.height, box.y + reach) + 1)
    lower = _even(box.y + box.height - reach)
    inner_left = _even(box.x + reach + 1)
    inner_right = _even(box.x + box.width - reach)
    if upper >= lower or inner_left >= inner_right:
        parts = [(left, top, right, bottom)]
    else:
        parts = [
            (left, top, right, upper),
            (left, upper, inner_left, lower),
            (inner_right, upper, right, lower),
            (left, lower, right, bottom),
        ]
    clipped = (clip(Box(x, y, end - x, low - y), *size) for x, y, end, low in parts)
    return [part for part in clipped if part.area]


def _even(value: int) -> int:
    return value & ~1


def _moved(box: Box, corner: tuple[int, int]) -> Box:
    return Box(box.x - corner[0], box.y - corner[1], box.width, box.height)


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


def _plate(mark: Mark, line: int, size: tuple[int, int]) -> tuple[Box, float, int]:
    """Where the label's plate lies, with the letters' scale and thickness: above the box, or
    inside its top where the picture ends."""
    width, height = size
    box = mark.box
    font, thickness = _font(mark.text, box, line, width)
    text_width, text_height, depth = measure(mark.text, font, thickness)
    pad = line + thickness
    plate_width, plate_height = text_width + 2 * pad, text_height + depth + 2 * pad
    left = max(0, min(box.x - line // 2, width - plate_width))
    above = box.y - plate_height
    top = max(0, min(above if above >= 0 else box.y, height - plate_height))
    return Box(left, top, plate_width, plate_height), font, thickness


def _label(
    canvas: NDArray[np.uint8], mark: Mark, plate: Box, font: float, thickness: int, line: int
) -> None:
    if not clip(plate, canvas.shape[1], canvas.shape[0]).area:
        return
    corner = (plate.x + plate.width - 1, plate.y + plate.height - 1)
    cv2.rectangle(canvas, (plate.x, plate.y), corner, mark.colour, cv2.FILLED)
    _, text_height, _ = measure(mark.text, font, thickness)
    pad = line + thickness
    origin = (plate.x + pad, plate.y + pad + text_height)
    write(canvas, mark.text, origin, font, thickness, _ink(mark.colour))


def _font(text: str, box: Box, line: int, width: int) -> tuple[float, int]:
    """Font scale and thickness: as wide as the box, within what suits the picture."""
    natural = measure(text, 1.0, 1)[0]
    smallest, largest = 0.25 * line, 0.4 * line
    room = 0.9 * width / natural
    font = min(max(box.width / natural, smallest), largest, room)
    return font, max(1, round(1.6 * font))


def track_colour(index: int) -> Colour:
    """Hues a golden angle apart: no two of the first dozen look alike."""
    red, green, blue = colorsys.hsv_to_rgb((0.33 + index * 0.618034) % 1, 0.75, 0.95)
    return round(red * 255), round(green * 255), round(blue * 255)


def _ink(plate: Colour) -> Colour:
    """Black or white, whichever is easier to read (luma after ITU-R BT.601)."""
    luma = 0.299 * plate[0] + 0.587 * plate[1] + 0.114 * plate[2]
    return (0, 0, 0) if luma > 127 else (255, 255, 255)


def _scaled(box: Box, scale: float) -> Box:
    return Box(*(round(value * scale) for value in (box.x, box.y, box.width, box.height)))
