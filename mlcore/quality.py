"""How good the picture of a face is, and what is wrong with it.

Each measure has a curve: the share of right answers among faces with that value, over the share
among good ones. `benchmarks/quality.py` measures them on degraded faces of FER2013. The score is
the product of the curves, so it says about how much of the model's accuracy is left; that holds for
`compact_vgg`, after which they were drawn, and for other models in kind. Of the served one,
`compact_se_taught`, up to 0.14 more is left, mostly in the dark, and up to 0.11 less where little
is left of anything: in the strongest blur.

What is measured is what was found to foretell wrong answers. Nothing was, that would tell of a face
turned in space (drawn on a cylinder) or half covered. How alike the halves of the crop are and its
distance to a space of 60 eigenfaces (Turk & Pentland 1991) had areas under the ROC curve of 0.47 to
0.6. dlib's score had 0.45 to 0.59 on photos of faces that lean by 30 degrees or are partly covered,
and 0.82 on those turned by 30, of which few get another answer; beyond that it finds hardly
any. The probabilities tell: among such faces they are lower, and nearly as calibrated as ever. So
those are left to the model's threshold. Only of faces that lean by 60 degrees it is too sure: 56 %
are right where it says 62 %.

Nor is the mean luma looked at, which skin darkens as shade does: among FER2013's faces as they are,
84 % of those with a mean of 65 to 85 levels got the right answer, and 85 % of those around 130.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, clip

ISSUES = ("small", "blurred", "dark", "overexposed", "cut_off")
"""The codes, which are stable."""

MIN_QUALITY = 0.6
"""With a lower score every answer is uncertain: about every second one is wrong."""

NOTICEABLE = 0.9
"""An issue is named where it alone costs more than a tenth of the accuracy."""

SIDE = 48
"""Sharpness and light are measured at this size, whatever the network's is."""

# (value, share of the accuracy that is left), as benchmarks/quality.py printed of `compact_vgg`.
Curve = Sequence[tuple[float, float]]
SIDE_CURVE: Curve = (
    *((8, 0.48), (12, 0.54), (16, 0.64), (20, 0.79), (24, 0.89), (32, 0.98)),
    (48, 1.0),
)
SHARPNESS_CURVE: Curve = (
    *((0.004, 0.43), (0.006, 0.5), (0.012, 0.6), (0.02, 0.69), (0.042, 0.83), (0.107, 0.95)),
    (0.3, 1.0),
)
# From 75 on after FER2013's own dark faces, which have less noise than those made dark.
HIGHLIGHT_CURVE: Curve = ((11, 0.42), (16, 0.52), (24, 0.63), (50, 0.82), (75, 0.94), (100, 1.0))
CLIPPED_CURVE: Curve = ((0.05, 1.0), (0.35, 0.95), (0.68, 0.84), (0.87, 0.65), (0.96, 0.48))
BELOW_CURVE: Curve = ((0.05, 1.0), (0.1, 0.98), (0.2, 0.88), (0.3, 0.74), (0.4, 0.58), (0.5, 0.51))
BEYOND_CURVE: Curve = ((0.1, 1.0), (0.2, 0.98), (0.3, 0.95), (0.4, 0.89), (0.5, 0.83), (0.8, 0.5))


@dataclass(frozen=True)
class Measures:
    """What is measured of a face in a picture.

    Attributes:
        side: of the square around it, in pixels of the picture.
        sharpness: variance of the Laplacian over variance of the grey levels, at `SIDE` pixels;
            the second takes the contrast out of the first.
        highlight: the grey level that a tenth of the face's middle exceeds. Teeth, eyes and
            reflections exceed it in light skin and in dark; in the dark nothing does.
        clipped: share of the face's middle that is white (250 and more).
        below: share of the square's height below the picture, where mouth and chin would be.
        beyond: the same above the picture, or of the width beside it; the larger of both.
    """

    side: int
    sharpness: float
    highlight: float
    clipped: float
    below: float
    beyond: float


@dataclass(frozen=True)
class Quality:
    """
    Attributes:
        score: from 0 to 1, where 1 is as good as the faces that the model learned from.
        issues: what is wrong, of `ISSUES`, the worst first.
    """

    score: float
    issues: tuple[str, ...] = ()


def assess(face: NDArray[np.uint8], square: Box, width: int, height: int) -> Quality:
    """The quality of a face; see `measure` for the arguments."""
    return rate(measure(face, square, width, height))


def measure(face: NDArray[np.uint8], square: Box, width: int, height: int) -> Measures:
    """
    Args:
        face: (side, side) grey, as cut out along `square`, before it is resized.
        square: see `mlcore.crops`; may reach beyond the picture.
        width, height: of the picture.
    """
    kernel = cv2.INTER_AREA if face.shape[0] > SIDE else cv2.INTER_CUBIC
    grey = cv2.resize(face, (SIDE, SIDE), interpolation=kernel).astype(np.float64)
    laplacian = cv2.Laplacian(grey, cv2.CV_64F, borderType=cv2.BORDER_REPLICATE)
    edge = SIDE // 6
    middle = grey[edge:-edge, edge:-edge]
    inside = clip(square, width, height)
    below = square.y + square.height - (inside.y + inside.height)
    above = inside.y - square.y
    beside = square.width - inside.width
    return Measures(
        side=square.width,
        sharpness=float(laplacian.var() / max(grey.var(), 1.0)),
        highlight=float(np.percentile(middle, 90)),
        clipped=float((middle >= 250).mean()),
        below=max(below, 0) / square.height,
        beyond=max(above, beside, 0) / square.height,
    )


def rate(measures: Measures) -> Quality:
    """The score and the issues that measures amount to."""
    small = _along(SIDE_CURVE, measures.side, logarithmic=True)
    blurred = _along(SHARPNESS_CURVE, measures.sharpness, logarithmic=True)
    dark = _along(HIGHLIGHT_CURVE, measures.highlight, logarithmic=True)
    overexposed = _along(CLIPPED_CURVE, measures.clipped)
    cut_off = _along(BELOW_CURVE, measures.below) * _along(BEYOND_CURVE, measures.beyond)
    shares = {"small": small, "dark": dark, "overexposed": overexposed, "cut_off": cut_off}
    # A small face is soft once it is enlarged: the same loss, not to be counted or named twice.
    if blurred < small - 0.1 or small == 1:
        shares["blurred"] = blurred
    score = min(small, blurred) * dark * overexposed * cut_off
    issues = [name for name in ISSUES if shares.get(name, 1.0) < NOTICEABLE]
    return Quality(round(score, 4), tuple(sorted(issues, key=shares.__getitem__)))


def _along(curve: Curve, value: float, logarithmic: bool = False) -> float:
    """The curve's share at `value`; beyond its ends that of the nearer end."""
    values, shares = zip(*curve, strict=True)
    if logarithmic:
        return float(np.interp(np.log(max(value, 1e-9)), np.log(values), shares))
    return float(np.interp(value, values, shares))
