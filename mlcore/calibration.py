"""From the logits of two heads to one vector of probabilities that can be believed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.labels import EXPRESSIONS

Logits = Mapping[str, NDArray[np.float32]]
"""One (N, classes) array for each head."""


@dataclass(frozen=True)
class Calibration:
    """How a network's heads are read.

    Attributes:
        temperatures: what the logits of each head are divided by.
        mixture: the weight of each head in the answer; adds up to 1.
        fitted_on: the data that the temperatures were fitted on.
    """

    temperatures: Mapping[str, float]
    mixture: Mapping[str, float]
    fitted_on: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float32]:
    """Probabilities along the last axis, in float32."""
    exponentials = np.exp(_scaled(logits, temperature))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True), np.float32)


def combine(views: Sequence[Logits], calibration: Calibration) -> NDArray[np.float32]:
    """The served answer: (N, 7) probabilities whose rows add up to 1.

    Each head's softmax at its temperature, FER+ without its contempt, averaged over the heads by
    the mixture and over the views, such as a face and its mirror image.
    """
    total = np.zeros((1, len(EXPRESSIONS)), np.float64)
    for logits in views:
        for head, weight in calibration.mixture.items():
            # The softmax of seven of eight logits is that of all, without the eighth and
            # brought back to a sum of 1.
            seven = logits[head][:, : len(EXPRESSIONS)]
            total = total + weight * softmax(seven, calibration.temperatures[head])
    return np.asarray(total / total.sum(axis=1, keepdims=True), np.float32)


def fit_temperature(logits: NDArray[np.float32], targets: NDArray[np.floating]) -> float:
    """The temperature that makes (N, classes) `targets` likeliest, between 0.1 and 10.

    Temperature scaling after Guo et al. 2017 (https://arxiv.org/abs/1706.04599); the targets may
    be distributions.
    """
    return _likeliest(lambda temperature: softmax(logits, temperature), targets)


def fit_mixture(
    calibration: Calibration, views: Sequence[Logits], targets: NDArray[np.floating]
) -> Calibration:
    """`calibration` with all its temperatures scaled so that (N, 7) `targets` are likeliest.

    The mean of several calibrated answers is less certain than it should be, because they do not
    err on the same faces (Rahaman & Thiery 2021, https://arxiv.org/abs/2007.08792); calibrating
    what is served, after the averaging, mends that.
    """

    def scaled(factor: float) -> Calibration:
        temperatures = {head: t * factor for head, t in calibration.temperatures.items()}
        return replace(calibration, temperatures=temperatures)

    factor = _likeliest(lambda factor: combine(views, scaled(factor)), targets)
    return scaled(factor)


def expected_calibration_error(
    probabilities: NDArray[np.float32], targets: NDArray[Any], bins: int = 15
) -> float:
    """How far the stated probability is from the share of right answers, over equal bins.

    After Guo et al. 2017, section 2. See `reliability` for the arguments.
    """
    rows = reliability(probabilities, targets, bins)
    faces = sum(row["faces"] for row in rows)
    return float(sum(row["faces"] * abs(row["right"] - row["stated"]) for row in rows) / faces)


def reliability(
    probabilities: NDArray[np.float32], targets: NDArray[Any], bins: int = 15
) -> list[dict[str, float]]:
    """Stated probability and share of right answers in each bin that is not empty.

    Args:
        probabilities: (N, classes).
        targets: (N,) classes, or (N, classes) distributions, where an answer is as right as its
            share of the votes.
        bins: number of equal bins between 0 and 1.

    Returns:
        {stated, right, faces}, the first two as means over the bin's faces.
    """
    answers = probabilities.argmax(axis=1)
    stated = probabilities.max(axis=1).astype(np.float64)
    if targets.ndim == 1:
        right = (answers == targets).astype(np.float64)
    else:
        right = targets[np.arange(len(answers)), answers].astype(np.float64)
    # Bins are open below and closed above, so that a certain answer is in the last one.
    places = np.clip(np.ceil(stated * bins).astype(np.int64) - 1, 0, bins - 1)
    return [
        {
            "stated": float(stated[places == place].mean()),
            "right": float(right[places == place].mean()),
            "faces": int((places == place).sum()),
        }
        for place in np.unique(places)
    ]


def _likeliest(
    chances: Callable[[float], NDArray[np.float32]], targets: NDArray[np.floating]
) -> float:
    """The argument of `chances` between 0.1 and 10 that makes `targets` likeliest.

    The loss has one minimum along its logarithm, so the golden section finds it.
    """

    def loss(logarithm: float) -> float:
        likely = np.maximum(chances(float(np.exp(logarithm))).astype(np.float64), 1e-12)
        return float(-(targets * np.log(likely)).sum(axis=1).mean())

    shrink = (5**0.5 - 1) / 2
    low, high = np.log(0.1), np.log(10.0)
    while high - low > 1e-3:
        left, right = high - shrink * (high - low), low + shrink * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def _scaled(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Logits over the temperature, moved so that the largest is 0 and no exponential overflows."""
    values = logits.astype(np.float64) / temperature
    return np.asarray(values - values.max(axis=-1, keepdims=True))
