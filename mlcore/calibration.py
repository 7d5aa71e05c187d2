"""From the logits of two heads to one vector of probabilities that can be believed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.errors import DatasetError
from mlcore.labels import EXPRESSIONS

Logits = Mapping[str, NDArray[np.float32]]
"""One (N, classes) array for each head."""

STEP = 0.05
"""Of the weights that `fit` compares."""

_LEAST = 1e-12
"""No probability counts as less: its logarithm would have no end."""


@dataclass(frozen=True)
class Calibration:
    """How a network's heads are read.

    Attributes:
        temperatures: what the logits of each head of the mixture are divided by.
        mixture: the weight of each head in the answer; adds up to 1. A head that is not in it is
            not asked.
        fitted_on: the data that both were fitted on.
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


def fit(
    views: Sequence[Logits],
    labels: NDArray[np.int64],
    votes: NDArray[np.floating] | None,
    fitted_on: str,
) -> Calibration:
    """Mixture and temperatures of a network, chosen by how people voted.

    Each head gets the temperature that fits what it learned from; then the weight of the FER+
    head goes from 0 to 1 in steps of `STEP`, and the answer of each mixture is calibrated by the
    votes (`fit_mixture`). The mixture stays whose mean of accuracy and mean recall, against the
    expression that more than half of the votes name, is highest: accuracy alone would give up
    rare expressions for the sake of neutral. A network of one head, or without votes, gets one
    temperature by what there is.

    For `compact_vgg` on PublicTest: negative log-likelihood of the votes, share of FER+
    majorities of seven, its mean recall, that of fear, share of FER2013 labels:

        FER+ head alone        0.565   87.6 %   75.8 %   56 %   61.0 %
        FER2013 head at 0.2    0.587   87.0 %   76.8 %   61 %   62.2 %
        FER2013 head at 0.4    0.624   86.0 %   79.2 %   79 %   64.3 %   chosen
        halves                 0.648   84.4 %   79.3 %   82 %   65.6 %
        FER2013 head at 0.7    0.713   79.4 %   77.9 %   87 %   67.9 %

    Biases and a temperature for each class (vector scaling, Guo et al. 2017) won less than a
    hundredth of the likelihood for seven to nineteen more numbers, and are left out. The two label
    sets pull apart: FER2013's are one search word for each photo, which the ten people who saw it
    often did not confirm.

    Args:
        views: what the network says to each look at the faces.
        labels: (N,) FER2013's.
        votes: (N, 7) shares of the votes, all 0 for a face that is not counted; or None.
        fitted_on: the data, in words.

    Raises:
        DatasetError: no face has votes.
    """
    of_labels = np.eye(len(EXPRESSIONS))[labels]
    heads = set(views[0])
    if votes is None:
        head = "fer2013" if "fer2013" in heads else "ferplus"
        return fit_mixture(Calibration({head: 1.0}, {head: 1.0}, fitted_on), views, of_labels)
    rows = votes.sum(axis=1) > 0
    if not rows.any():
        raise DatasetError("No face has votes to calibrate by.")
    counted = [{head: values[rows] for head, values in view.items()} for view in views]
    learned = {"fer2013": of_labels, "ferplus": votes}
    temperatures = {
        head: fit_temperature(views[0][head][rows][:, : len(EXPRESSIONS)], learned[head][rows])
        for head in sorted(heads)
    }

    def calibrated(mixture: Mapping[str, float]) -> tuple[float, float, Calibration]:
        start = Calibration({head: temperatures[head] for head in mixture}, mixture, fitted_on)
        fitted = fit_mixture(start, counted, votes[rows])
        answers = combine(counted, fitted)
        # The likelihood decides between mixtures that are right equally often.
        return (
            _fair_accuracy(answers, votes[rows]),
            -float(log_loss(answers, votes[rows]).mean()),
            fitted,
        )

    return max(map(calibrated, _mixtures(heads)), key=lambda result: result[:2])[2]


def _fair_accuracy(probabilities: NDArray[np.float32], votes: NDArray[np.floating]) -> float:
    """The mean of accuracy and mean recall, against what more than half of the votes name."""
    agreed = votes.max(axis=1) > 0.5
    named = votes[agreed].argmax(axis=1)
    right = probabilities[agreed].argmax(axis=1) == named
    if not len(named):
        return 0.0
    recalls = [right[named == label].mean() for label in np.unique(named)]
    return float((right.mean() + np.mean(recalls)) / 2)


def _mixtures(heads: set[str]) -> list[dict[str, float]]:
    """The mixtures that `fit` compares, without heads of weight 0."""
    if heads != {"fer2013", "ferplus"}:
        return [dict.fromkeys(heads, 1.0)]
    mixtures = []
    for step in range(round(1 / STEP) + 1):
        ferplus = round(step * STEP, 2)
        weights = {"fer2013": round(1 - ferplus, 2), "ferplus": ferplus}
        mixtures.append({head: weight for head, weight in weights.items() if weight})
    return mixtures


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


def classwise_calibration_error(
    probabilities: NDArray[np.float32], shares: NDArray[np.floating], bins: int = 15
) -> float:
    """The mean over the classes of how far the probability of each, likeliest or not, is from
    its share of the votes, over equal bins (Kull et al. 2019, https://arxiv.org/abs/1910.12656).
    """
    chances = probabilities.astype(np.float64)
    errors = []
    for stated, right in zip(chances.T, shares.T, strict=True):
        places = _places(stated, bins)
        gaps = np.bincount(places, stated - right, minlength=bins)
        errors.append(np.abs(gaps).sum() / len(stated))
    return float(np.mean(errors))


def log_loss(
    probabilities: NDArray[np.floating], shares: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(N,) negative log-likelihood of (N, classes) `shares`, in natural logarithms."""
    logs = np.log(np.maximum(probabilities.astype(np.float64), _LEAST))
    return np.asarray(-(shares * logs).sum(axis=1))


def kullback_leibler(
    shares: NDArray[np.floating], probabilities: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(N,) divergence of `probabilities` from `shares`, both (N, classes), in natural logarithms:
    what one loses who believes the former where the latter is true."""
    return log_loss(probabilities, shares) - log_loss(shares, shares)


def jensen_shannon(
    shares: NDArray[np.floating], probabilities: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(N,) Jensen-Shannon divergence in natural logarithms: 0 for the same distributions, ln 2 =
    0.693 for those that have nothing in common (Lin 1991, https://doi.org/10.1109/18.61115)."""
    middle = (shares.astype(np.float64) + probabilities) / 2
    return (kullback_leibler(shares, middle) + kullback_leibler(probabilities, middle)) / 2


def brier_score(
    probabilities: NDArray[np.floating], shares: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(N,) squared distance of (N, classes) probabilities and shares, from 0 to 2."""
    return np.asarray(np.square(probabilities.astype(np.float64) - shares).sum(axis=1))


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
    places = _places(stated, bins)
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
        return float(log_loss(chances(float(np.exp(logarithm))), targets).mean())

    shrink = (5**0.5 - 1) / 2
    low, high = np.log(0.1), np.log(10.0)
    while high - low > 1e-3:
        left, right = high - shrink * (high - low), low + shrink * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def _places(stated: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """The bin of each stated probability. Bins are open below and closed above, so that a
    certain answer is in the last one."""
    return np.clip(np.ceil(stated * bins).astype(np.int64) - 1, 0, bins - 1)


def _scaled(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Logits over the temperature, moved so that the largest is 0 and no exponential overflows."""
    values = logits.astype(np.float64) / temperature
    return np.asarray(values - values.max(axis=-1, keepdims=True))
