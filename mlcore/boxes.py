"""Rectangles around faces, in pixels of the picture as a person sees it."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle; `x` and `y` are its top left corner, and may lie outside the picture."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        return self.width * self.height


@dataclass(frozen=True)
class Detection:
    """A box that a detector takes for a face; a higher score is surer.

    Scores are in the detector's own unit, so those of two detectors cannot be compared.
    """

    box: Box
    score: float


def clip(box: Box, width: int, height: int) -> Box:
    """The part of `box` inside a picture of that size; its area is 0 if there is none."""
    left, top = (min(max(value, 0), limit) for value, limit in ((box.x, width), (box.y, height)))
    right = min(max(box.x + box.width, left), width)
    bottom = min(max(box.y + box.height, top), height)
    return Box(left, top, right - left, bottom - top)


def iou(first: Box, second: Box) -> float:
    """Intersection over union: 0 for boxes apart, 1 for the same box."""
    shared = _intersection(first, second)
    union = first.area + second.area - shared
    return shared / union if union else 0.0


def between(first: Box, second: Box, share: float) -> Box:
    """The box that lies `share` of the way from the first to the second."""
    return Box(
        *(
            round(one + share * (other - one))
            for one, other in zip(astuple(first), astuple(second), strict=True)
        )
    )


def match(expected: Sequence[Box], found: Sequence[Box], least: float) -> dict[int, int]:
    """Which of `found` is which of `expected`: the places of both, those that overlap most first.

    Args:
        least: the intersection over union that two boxes must have.
    """
    pairs = sorted(
        (
            (iou(box, other), -row, -place)
            for row, box in enumerate(expected)
            for place, other in enumerate(found)
        ),
        reverse=True,
    )
    matched: dict[int, int] = {}
    taken = set()
    for overlap, row, place in pairs:
        if overlap >= least and -row not in matched and place not in taken:
            matched[-row] = -place
            taken.add(place)
    return matched


def suppress_overlaps(detections: Iterable[Detection]) -> list[Detection]:
    """Keep the surest of the boxes that lie on one face; the largest comes first.

    Two boxes are one face's if they share 40 % of their union, or if one of them lies to 70 %
    inside the other, as an eye or a mouth taken for a face does.
    """
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda found: -found.score):
        if not any(_same_face(detection.box, other.box) for other in kept):
            kept.append(detection)
    return sorted(kept, key=lambda found: (-found.box.area, found.box.x, found.box.y))


def _same_face(first: Box, second: Box) -> bool:
    smaller = min(first.area, second.area)
    return iou(first, second) > 0.4 or _intersection(first, second) > 0.7 * smaller


def _intersection(first: Box, second: Box) -> int:
    width = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    height = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    return max(width, 0) * max(height, 0)
