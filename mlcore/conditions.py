"""Faces made worse in known ways, to measure what that costs a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.datasets.faces import FaceDataset
from mlcore.evaluation import agreed_expression
from mlcore.labels import EXPRESSIONS
from mlcore.occluders import draw_cap, draw_glasses, draw_hand

Face = NDArray[np.uint8]
Change = Callable[[Face, np.random.Generator], Face]
"""From a (side, side) grey face to one of the same shape."""

Classify = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From (N, side, side) grey faces to (N, 7) served probabilities."""

FACES = 1000
"""How many faces each condition is measured on: about every third of PrivateTest that counts, as
each one costs a run of the network."""


@dataclass(frozen=True)
class ConditionResult:
    """What a condition does to a network's answers.

    Attributes:
        faces: how many were measured.
        accuracy: the share of right answers.
        recall: the mean over the expressions of the share that is found.
        stated: the mean probability of the likeliest expression.
        uncertain: the share of answers below the threshold.
        accuracy_sure: the share of right answers among the others.
    """

    condition: str
    faces: int
    accuracy: float
    recall: float
    stated: float
    uncertain: float
    accuracy_sure: float


def _darker(face: Face, random: np.random.Generator, light: float, noise: float) -> Face:
    """With a share of the light, the noise of the sensor as it was, in whole grey levels."""
    return _levels(face * light + random.normal(0, noise, face.shape) if noise else face * light)


def _overexposed(face: Face, random: np.random.Generator, light: float) -> Face:
    return _levels(face * light)


def _blurred(face: Face, random: np.random.Generator, sigma: float) -> Face:
    return np.asarray(cv2.GaussianBlur(face, (0, 0), sigma), np.uint8)


def _small(face: Face, random: np.random.Generator, side: int) -> Face:
    """As a face of `side` pixels arrives: shrunk, and enlarged as `Preprocessing.resize` does."""
    shrunk = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    height, width = face.shape
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _turned(face: Face, random: np.random.Generator, degrees: float) -> Face:
    """Turned in the picture's plane, to the left or to the right."""
    height, width = face.shape
    angle = degrees * random.choice([-1, 1])
    warp = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    turned = cv2.warpAffine(face, warp, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def _noisy(face: Face, random: np.random.Generator, deviation: float) -> Face:
    return _levels(face + random.normal(0, deviation, face.shape))


def _drawn(
    face: Face,
    random: np.random.Generator,
    draw: Callable[[Face, np.random.Generator], None],
) -> Face:
    changed = face.copy()
    draw(changed, random)
    return changed


def _levels(values: NDArray[np.floating]) -> Face:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


CONDITIONS: Mapping[str, Change] = {
    "as they are": lambda face, random: face,
    "dark: a quarter of the light": partial(_darker, light=1 / 4, noise=0.0),
    "very dark: a sixteenth of it, noise of 2 grey levels": partial(
        _darker, light=1 / 16, noise=2.0
    ),
    "bright: twice the light, white clipped": partial(_overexposed, light=2.0),
    "blurred: Gaussian of 1 pixel": partial(_blurred, sigma=1.0),
    "blurred: Gaussian of 2 pixels": partial(_blurred, sigma=2.0),
    "small: 24 pixels": partial(_small, side=24),
    "small: 16 pixels": partial(_small, side=16),
    "small: 12 pixels": partial(_small, side=12),
    "turned in the plane by 15 degrees": partial(_turned, degrees=15),
    "turned in the plane by 30 degrees": partial(_turned, degrees=30),
    "noisy: deviation of 25 grey levels": partial(_noisy, deviation=25.0),
    "glasses drawn over the eyes": partial(_drawn, draw=draw_glasses),
    "a cap drawn over the forehead": partial(_drawn, draw=draw_cap),
    "a hand drawn over mouth or cheek": partial(_drawn, draw=draw_hand),
}
"""Each condition in words. Pixels are those of a face of 48."""


def degrade(faces: NDArray[np.uint8], change: Change, seed: int = 1) -> NDArray[np.uint8]:
    """Changed copies of (N, side, side) grey faces, the same for the same seed."""
    random = np.random.default_rng(seed)
    return np.stack([change(face, random) for face in faces])


def measure_conditions(
    classify: Classify,
    dataset: FaceDataset,
    threshold: float,
    *,
    conditions: Mapping[str, Change] = CONDITIONS,
    most: int = FACES,
    progress: Callable[[str], Any] = lambda condition: None,
) -> list[ConditionResult]:
    """What each condition does on the same faces, drawn evenly from those of `dataset` that have
    an agreed expression.

    Args:
        classify: the served answer.
        threshold: below which an answer is called uncertain.
        most: how many faces at most.
        progress: called with each condition before it is measured.
    """
    targets = agreed_expression(dataset)
    counted = np.flatnonzero(targets >= 0)
    rows = counted[np.unique(np.linspace(0, len(counted) - 1, min(most, len(counted))).astype(int))]
    faces, targets = dataset.images[rows], targets[rows]
    results = []
    for condition, change in conditions.items():
        progress(condition)
        chances = classify(degrade(faces, change))
        results.append(_result(condition, chances, targets, threshold))
    return results


def _result(
    condition: str, chances: NDArray[np.float32], targets: NDArray[np.int64], threshold: float
) -> ConditionResult:
    right, stated = chances.argmax(axis=1) == targets, chances.max(axis=1)
    sure = stated >= threshold
    return ConditionResult(
        condition=condition,
        faces=len(targets),
        accuracy=float(right.mean()),
        recall=mean_recall(right, targets),
        stated=float(stated.mean()),
        uncertain=float((~sure).mean()),
        accuracy_sure=float(right[sure].mean()) if sure.any() else 0.0,
    )


def mean_recall(right: NDArray[np.bool_], targets: NDArray[np.int64]) -> float:
    """The mean, over the expressions that occur, of the share of their faces that is found."""
    occurring = [index for index in range(len(EXPRESSIONS)) if (targets == index).any()]
    return float(np.mean([right[targets == index].mean() for index in occurring]))
