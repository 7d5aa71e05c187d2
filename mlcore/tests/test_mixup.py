import numpy as np
import pytest

from mlcore.mixup import mixup

INPUTS = np.stack([np.zeros((4, 4, 1)), np.ones((4, 4, 1))]).astype(np.float32)
LABELS = np.eye(3, dtype=np.float32)[:2]


def seed_that_swaps() -> int:
    """Of a generator that makes two faces each other's partners."""
    for seed in range(100):
        random = np.random.default_rng(seed)
        random.beta(0.4, 0.4, 2)
        if random.permutation(2).tolist() == [1, 0]:
            return seed
    raise AssertionError


def mixed(weights: dict[str, list[float]]) -> tuple:
    """What becomes of two faces, black and white, and how much of the first is the second."""
    inputs, targets, mixed_weights = mixup(
        INPUTS,
        dict.fromkeys(weights, LABELS),
        {head: np.array(values, np.float32) for head, values in weights.items()},
        alpha=0.4,
        random=np.random.default_rng(seed_that_swaps()),
    )
    return inputs, targets, mixed_weights, float(inputs[0, 0, 0, 0])


def test_two_faces_and_their_targets_are_mixed_by_the_same_share() -> None:
    inputs, targets, weights, share = mixed({"fer2013": [1, 1]})

    drawn = np.random.default_rng(seed_that_swaps()).beta(0.4, 0.4, 2)
    assert share == pytest.approx(min(drawn[0], 1 - drawn[0]), rel=1e-4)
    assert 0 < share < 0.5
    assert np.ptp(inputs[0]) == 0
    assert inputs[1, 0, 0, 0] == pytest.approx(max(drawn[1], 1 - drawn[1]), rel=1e-4)
    assert targets["fer2013"][0] == pytest.approx([1 - share, share, 0], abs=1e-6)
    assert weights["fer2013"] == pytest.approx([1, 1])
    assert inputs.dtype == targets["fer2013"].dtype == weights["fer2013"].dtype == np.float32
    assert INPUTS[0].max() == 0  # what was given stays


def test_a_face_without_votes_adds_nothing_to_the_target() -> None:
    _, targets, weights, share = mixed({"fer2013": [1, 1], "ferplus": [1, 0]})

    assert targets["ferplus"] == pytest.approx(LABELS[[0, 0]], abs=1e-6)
    assert weights["ferplus"][0] == pytest.approx(1 - share)
    assert 0 < weights["ferplus"][1] < 0.5
    assert targets["fer2013"][0, 1] == pytest.approx(share)

    _, targets, weights, _ = mixed({"ferplus": [0, 0]})
    assert (targets["ferplus"] == LABELS).all()
    assert (weights["ferplus"] == 0).all()


def test_the_loss_of_a_mixture_is_the_mixture_of_the_losses() -> None:
    _, targets, weights, share = mixed({"fer2013": [0.5, 3]})

    logs = np.log([0.2, 0.5, 0.3])
    loss = -weights["fer2013"][0] * (targets["fer2013"][0] @ logs)
    assert loss == pytest.approx(-((1 - share) * 0.5 * logs[0] + share * 3 * logs[1]), rel=1e-5)
    assert targets["fer2013"].sum(axis=1) == pytest.approx(1)


def test_each_face_of_a_batch_has_its_own_share_and_keeps_at_least_half() -> None:
    faces = np.zeros((400, 2, 2, 3), np.float32)
    labels = np.eye(400, dtype=np.float32)
    ones = {"fer2013": np.ones(400, np.float32)}

    first, again, other = (
        mixup(faces, {"fer2013": labels}, ones, 1.0, np.random.default_rng(seed))[1]["fer2013"]
        for seed in (0, 0, 1)
    )

    own = first.diagonal()
    assert own.min() >= 0.5
    # Half of the even distribution, folded: from 0.5 to 1, 0.75 in the mean.
    assert own.mean() == pytest.approx(0.75, abs=0.03)
    assert own.std() == pytest.approx(0.5 / np.sqrt(12), abs=0.03)
    assert len(np.unique(own)) > 390
    partners = (first - np.diag(own)) > 0
    assert (partners.sum(axis=0) <= 1).all()
    assert partners.sum() > 390
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("alpha", [0, -1, float("nan")])
def test_alpha_is_positive(alpha: float) -> None:
    ones = {"fer2013": np.ones(2, np.float32)}
    with pytest.raises(ValueError, match="positive alpha"):
        mixup(INPUTS, {"fer2013": LABELS}, ones, alpha, np.random.default_rng(0))
