import numpy as np
import pytest

from mlcore.calibration import (
    Calibration,
    brier_score,
    classwise_calibration_error,
    combine,
    expected_calibration_error,
    fit,
    fit_mixture,
    fit_temperature,
    jensen_shannon,
    kullback_leibler,
    log_loss,
    softmax,
)
from mlcore.errors import DatasetError


def logits_of(*chances: list[float]) -> np.ndarray:
    return np.log(np.array(chances, np.float32))


def test_the_temperature_that_was_applied_is_found() -> None:
    random = np.random.default_rng(0)
    honest = random.normal(0, 2, (500, 7)).astype(np.float32)
    assert fit_temperature(honest * 2.5, softmax(honest)) == pytest.approx(2.5, rel=1e-2)
    assert fit_temperature(honest * 0.4, softmax(honest)) == pytest.approx(0.4, rel=1e-2)


def test_labels_work_as_targets_too() -> None:
    random = np.random.default_rng(1)
    honest = random.normal(0, 2, (20_000, 7)).astype(np.float32)
    drawn = np.array(
        [random.multinomial(1, row / row.sum()) for row in softmax(honest).astype(float)]
    )
    assert fit_temperature(honest * 2, drawn) == pytest.approx(2, rel=0.05)


def test_a_mixture_of_calibrated_heads_is_calibrated_again() -> None:
    """Two heads that err independently are surer together than their mean says."""
    random = np.random.default_rng(3)
    truth = random.integers(0, 7, 20_000)
    clear = np.eye(7)[truth] * 2.0
    heads = {
        name: (clear + random.normal(0, 1.4, clear.shape)).astype(np.float32)
        for name in ("fer2013", "ferplus")
    }
    alone = {name: fit_temperature(logits, np.eye(7)[truth]) for name, logits in heads.items()}
    mixed = Calibration(alone, {"fer2013": 0.5, "ferplus": 0.5}, "")
    before = expected_calibration_error(combine([heads], mixed), truth)

    again = fit_mixture(mixed, [heads], np.eye(7)[truth])

    assert again.temperatures["fer2013"] < mixed.temperatures["fer2013"]
    assert expected_calibration_error(combine([heads], again), truth) < before * 0.6


def test_calibration_error_is_the_gap_between_stated_and_right() -> None:
    stated = np.array([[0.8, 0.2]] * 10, np.float32)
    assert expected_calibration_error(stated, np.array([0] * 8 + [1] * 2)) == pytest.approx(
        0, abs=1e-6
    )
    assert expected_calibration_error(stated, np.array([0] * 3 + [1] * 7)) == pytest.approx(0.5)
    certain = np.array([[1.0, 0.0]] * 4, np.float32)
    assert expected_calibration_error(certain, np.array([0, 0, 0, 1])) == pytest.approx(0.25)


def test_calibration_error_counts_shares_of_votes() -> None:
    stated = np.array([[0.6, 0.4]] * 5, np.float32)
    assert expected_calibration_error(stated, np.array([[0.6, 0.4]] * 5)) == pytest.approx(
        0, abs=1e-6
    )


def test_heads_are_mixed_without_contempt() -> None:
    seven = logits_of([0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    eight = logits_of([0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.6])
    calibration = Calibration(
        temperatures={"fer2013": 1.0, "ferplus": 1.0},
        mixture={"fer2013": 0.25, "ferplus": 0.75},
        fitted_on="nothing",
    )
    chances = combine([{"fer2013": seven, "ferplus": eight}], calibration)
    assert chances[0] == pytest.approx([0.25 * 0.4 + 0.75 * 0.25] + [0.25 * 0.1 + 0.75 * 0.125] * 6)


def test_answers_add_up_to_one_whatever_the_logits_and_views() -> None:
    random = np.random.default_rng(2)
    calibration = Calibration(
        {"fer2013": 0.7, "ferplus": 1.9}, {"fer2013": 0.5, "ferplus": 0.5}, ""
    )
    views = [
        {
            "fer2013": random.normal(0, 200, (300, 7)).astype(np.float32),
            "ferplus": random.normal(0, 5, (300, 8)).astype(np.float32),
        }
        for _ in range(2)
    ]
    chances = combine(views, calibration)
    assert chances.dtype == np.float32
    assert np.allclose(chances.sum(axis=1, dtype=np.float64), 1, atol=1e-6)
    assert chances.min() >= 0


def test_an_answer_of_contempt_alone_still_adds_up_to_one() -> None:
    calibration = Calibration({"ferplus": 1.0}, {"ferplus": 1.0}, "")
    logits = np.array([[0.0] * 7 + [1000.0]], np.float32)
    assert combine([{"ferplus": logits}], calibration)[0].sum() == pytest.approx(1)


def test_divergences_of_known_distributions() -> None:
    votes = np.array([[0.5, 0.5], [1.0, 0.0], [1.0, 0.0], [0.3, 0.7]])
    stated = np.array([[0.25, 0.75], [0.5, 0.5], [0.0, 1.0], [0.3, 0.7]])
    ln = np.log
    expected = [0.5 * ln(0.5 / 0.25) + 0.5 * ln(0.5 / 0.75), ln(2), -ln(1e-12), 0]
    assert kullback_leibler(votes, stated) == pytest.approx(expected, abs=1e-9)
    js = jensen_shannon(votes, stated)
    middle = 0.5 * (ln(1 / 0.75) + 0.5 * ln(0.5 / 0.75) + 0.5 * ln(0.5 / 0.25))
    assert js[1:] == pytest.approx([middle, ln(2), 0], abs=1e-9)
    assert js == pytest.approx(jensen_shannon(stated, votes))  # it has no direction


def test_scores_of_known_answers() -> None:
    votes = np.array([[0.5, 0.5], [1.0, 0.0]])
    stated = np.array([[0.25, 0.75], [0.5, 0.5]])
    assert log_loss(stated, votes) == pytest.approx(
        [-0.5 * np.log(0.25) - 0.5 * np.log(0.75), np.log(2)]
    )
    assert brier_score(stated, votes) == pytest.approx([2 * 0.25**2, 2 * 0.5**2])


def test_classwise_error_sees_a_class_that_is_never_likeliest() -> None:
    stated = np.array([[0.6, 0.3, 0.1]] * 10, np.float32)
    votes = np.array([[0.6, 0.1, 0.3]] * 10)
    assert expected_calibration_error(stated, votes) == pytest.approx(0, abs=1e-6)
    assert classwise_calibration_error(stated, votes) == pytest.approx((0 + 0.2 + 0.2) / 3)
    assert classwise_calibration_error(stated, stated) == pytest.approx(0, abs=1e-6)


@pytest.fixture
def heads() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Logits of two heads for 4,000 faces, how people voted, and a label that is one vote drawn."""
    random = np.random.default_rng(4)
    truth = random.normal(0, 1.5, (4000, 7))
    votes = softmax(truth).astype(np.float64)
    votes /= votes.sum(axis=1, keepdims=True)
    labels = np.array([random.choice(7, p=row) for row in votes])
    noisy = truth + random.normal(0, 1.5, truth.shape)
    eight = np.concatenate([truth * 2, random.normal(0, 1, (4000, 1))], axis=1)
    return (
        {"fer2013": noisy.astype(np.float32), "ferplus": eight.astype(np.float32)},
        labels,
        votes,
    )


def test_the_head_that_knows_the_votes_answers_alone(heads) -> None:
    logits, labels, votes = heads

    fitted = fit([logits], labels, votes, "toys")

    assert fitted.mixture == {"ferplus": 1.0}
    assert fitted.temperatures == {"ferplus": pytest.approx(2, rel=0.01)}
    assert fitted.fitted_on == "toys"
    assert kullback_leibler(votes, combine([logits], fitted)).mean() < 1e-4


def test_heads_that_err_apart_are_mixed(heads) -> None:
    logits, labels, votes = heads
    random = np.random.default_rng(5)
    eight = np.concatenate([np.log(votes), np.full((4000, 1), -9.0)], axis=1)
    blurred = (eight + random.normal(0, 1.5, eight.shape)).astype(np.float32)

    fitted = fit([{**logits, "ferplus": blurred}], labels, votes, "toys")

    assert set(fitted.mixture) == {"fer2013", "ferplus"}
    assert sum(fitted.mixture.values()) == pytest.approx(1)
    assert 0.3 <= fitted.mixture["fer2013"] <= 0.7  # both are equally far from the truth


def test_faces_without_votes_are_not_counted(heads) -> None:
    logits, labels, votes = heads
    spoilt = {head: values.copy() for head, values in logits.items()}
    spoilt["ferplus"][:1000] = 50 * np.random.default_rng(6).normal(size=(1000, 8))
    some = votes.copy()
    some[:1000] = 0

    fitted = fit([spoilt], labels, some, "")

    assert fitted.temperatures["ferplus"] == pytest.approx(2, rel=0.02)
    with pytest.raises(DatasetError, match="No face has votes"):
        fit([logits], labels, np.zeros_like(votes), "")


def test_without_votes_the_labels_are_what_is_fitted(heads) -> None:
    logits, labels, _ = heads

    fitted = fit([{"fer2013": logits["fer2013"] * 3}], labels, None, "labels")
    plain = fit([{"fer2013": logits["fer2013"]}], labels, None, "labels")

    assert fitted.mixture == {"fer2013": 1.0}
    assert fitted.temperatures["fer2013"] == pytest.approx(
        3 * plain.temperatures["fer2013"], rel=0.01
    )
