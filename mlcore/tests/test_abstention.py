import numpy as np
import pytest

from mlcore.abstention import area_under_risk, curve_points, fit_threshold, risk_coverage

RIGHT = np.array([True, True, False, True, False])
STATED = np.array([0.9, 0.8, 0.7, 0.6, 0.5])


def chances_of(stated: np.ndarray) -> np.ndarray:
    """Probabilities of three classes, of which the first is the likeliest."""
    rest = (1 - stated) / 2
    return np.stack([stated, rest, rest], axis=1)


def test_the_curve_of_five_answers() -> None:
    shuffled = np.array([3, 0, 4, 2, 1])

    coverage, risk = risk_coverage(STATED[shuffled], RIGHT[shuffled])

    assert coverage == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert risk == pytest.approx([0, 0, 1 / 3, 1 / 4, 2 / 5])
    assert area_under_risk(STATED, RIGHT) == pytest.approx((1 / 3 + 1 / 4 + 2 / 5) / 5)


def test_a_better_order_has_a_smaller_area() -> None:
    best = area_under_risk(np.array([0.9, 0.8, 0.1, 0.7, 0.2]), RIGHT)
    worst = area_under_risk(np.array([0.1, 0.2, 0.9, 0.3, 0.8]), RIGHT)
    assert best == pytest.approx((1 / 4 + 2 / 5) / 5)
    assert best < area_under_risk(STATED, RIGHT) < worst


def test_answers_that_are_equally_sure_cannot_be_told_apart() -> None:
    same = np.full(5, 0.5)
    assert risk_coverage(same, RIGHT)[1] == pytest.approx([0.4] * 5)
    assert area_under_risk(same, RIGHT) == pytest.approx(0.4)
    assert area_under_risk(same, RIGHT[::-1]) == pytest.approx(0.4)


def test_points_of_the_curve_say_the_threshold_that_gives_them() -> None:
    points = curve_points(STATED, RIGHT, count=5)
    assert points[0] == {"coverage": 0.2, "threshold": 0.9, "risk": 0.0}
    assert points[2] == {"coverage": 0.6, "threshold": 0.7, "risk": 0.3333}
    assert points[-1] == {"coverage": 1.0, "threshold": 0.5, "risk": 0.4}
    assert len(curve_points(STATED, RIGHT, count=20)) == 5  # no point twice


def test_the_threshold_is_the_smallest_that_makes_nine_in_ten_right() -> None:
    # 90 sure answers, 84 of them right, and 10 at 0.4, all wrong: 84 % without, 93 % with.
    stated = np.array([0.8] * 90 + [0.404] * 10)
    targets = np.array([0] * 84 + [1] * 16)

    fitted = fit_threshold(chances_of(stated), targets, "toys")

    assert fitted.threshold == 0.41
    assert fitted.coverage == 0.9
    assert fitted.accuracy == pytest.approx(84 / 90, abs=1e-4)
    assert fitted.accuracy_without == 0.84
    assert fitted.fitted_on == "toys"


def test_a_model_that_is_right_enough_never_abstains() -> None:
    fitted = fit_threshold(chances_of(np.array([0.5] * 10)), np.array([0] * 9 + [1]), "")
    assert (fitted.threshold, fitted.coverage, fitted.accuracy) == (0.0, 1.0, 0.9)


def test_a_bad_model_still_answers_most_faces() -> None:
    stated = np.linspace(0.4, 0.9, 200)
    targets = np.tile([0, 1], 100)

    fitted = fit_threshold(chances_of(stated), targets, "")

    assert fitted.accuracy < 0.9
    assert 0.85 <= fitted.coverage < 0.87  # as far as the rule lets it go
    assert fitted.threshold == 0.47


def test_faces_on_which_nobody_agrees_count_for_the_coverage_alone() -> None:
    stated = np.array([0.8] * 90 + [0.404] * 10)
    targets = np.array([0] * 81 + [1] * 9 + [-1] * 10)

    fitted = fit_threshold(chances_of(stated), targets, "")

    assert fitted.threshold == 0  # 81 of the 90 that can be judged are right already
    assert fitted.accuracy == fitted.accuracy_without == 0.9
    worse = np.where(np.arange(100) < 82, targets, 1)  # now 81 of 100, and 81 of 90 above 0.4
    assert fit_threshold(chances_of(stated), worse, "").threshold == 0.41
