"""When the product says "uncertain" instead of an expression, and what that is worth.

An answer whose probability is below a threshold is withheld (Chow 1970,
https://doi.org/10.1109/TIT.1970.1054406). The risk-coverage curve shows what each threshold would
buy: the share of wrong answers among those given, over the share of faces that get one
(El-Yaniv & Wiener 2010, https://jmlr.org/papers/v11/el-yaniv10a.html).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ACCURACY = 0.9
COVERAGE = 0.85
"""`fit_threshold` withholds answers until nine in ten of those given are right, but never more
than 15 % of them: a product that mostly shrugs is of no use, however right it is."""


@dataclass(frozen=True)
class Abstention:
    """A threshold and what it does on the data that it was fitted on.

    Attributes:
        threshold: an answer with a lower probability is called uncertain.
        coverage: the share of all faces that are answered.
        accuracy: the share of right answers among those given.
        accuracy_without: the same without abstaining.
        fitted_on: the data, in words.
    """

    threshold: float
    coverage: float
    accuracy: float
    accuracy_without: float
    fitted_on: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def fit_threshold(
    probabilities: NDArray[np.floating], targets: NDArray[np.int64], fitted_on: str
) -> Abstention:
    """The smallest hundredth at which `ACCURACY` of the answers given are right.

    Where that would leave less than `COVERAGE` of the faces, it is the largest hundredth that
    leaves as many.

    Args:
        probabilities: (N, classes), calibrated.
        targets: (N,) what is right, or -1 where that is unknown. Such a face counts for the
            coverage only.
        fitted_on: the data, in words.
    """
    stated, answers = probabilities.max(axis=1), probabilities.argmax(axis=1)
    known = targets >= 0
    right = answers == targets

    def at(hundredths: int) -> Abstention:
        given = stated >= hundredths / 100
        judged = given & known
        return Abstention(
            threshold=hundredths / 100,
            coverage=round(float(given.mean()), 4),
            accuracy=round(float(right[judged].mean()), 4) if judged.any() else 0.0,
            accuracy_without=round(float(right[known].mean()), 4) if known.any() else 0.0,
            fitted_on=fitted_on,
        )

    fitted = at(0)
    for hundredths in range(1, 100):
        if fitted.accuracy >= ACCURACY:
            break
        stricter = at(hundredths)
        if stricter.coverage < COVERAGE:
            break
        fitted = stricter
    return fitted


def risk_coverage(
    stated: NDArray[np.floating], right: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The curve from the surest answer to all of them: (N,) coverages and (N,) risks.

    Answers that are stated equally sure cannot be told apart, so each counts as their mean.
    """
    _, group = np.unique(-stated, return_inverse=True)
    order = np.argsort(group, kind="stable")
    wrong = 1.0 - right.astype(np.float64)
    expected = (np.bincount(group, wrong) / np.bincount(group))[group[order]]
    counts = np.arange(1, len(stated) + 1)
    return counts / len(stated), np.cumsum(expected) / counts


def area_under_risk(stated: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """The mean risk over all coverages, AURC (Geifman et al. 2018,
    https://arxiv.org/abs/1805.08206). For an order that knows nothing it is the share of wrong
    answers."""
    return float(risk_coverage(stated, right)[1].mean())


def curve_points(
    stated: NDArray[np.floating], right: NDArray[np.bool_], count: int = 20
) -> list[dict[str, float]]:
    """`count` points of the curve, at even coverages up to all: {coverage, threshold, risk}.

    `threshold` is the probability of the least sure answer that is still given.
    """
    coverages, risks = risk_coverage(stated, right)
    falling = -np.sort(-stated)
    places = np.ceil(np.arange(1, count + 1) / count * len(stated)).astype(np.int64) - 1
    return [
        {
            "coverage": round(float(coverages[place]), 4),
            "threshold": round(float(falling[place]), 4),
            "risk": round(float(risks[place]), 4),
        }
        for place in np.unique(np.maximum(places, 0))
    ]
