import numpy as np
import pytest

from mlcore.augmentation import Augmentation
from mlcore.occluders import OCCLUDERS

STILL = {"flip": 0, "rotation": 0, "scale": 0, "shift": 0, "shear": 0, "light": 0, "erase": 0}


@pytest.fixture
def greys() -> np.ndarray:
    """40 faces of one grey each, but for a bright line down the middle."""
    faces = np.full((40, 48, 48), 120, np.uint8)
    faces[:, :, 24] = 240
    return faces


@pytest.mark.parametrize("draw", OCCLUDERS, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("side", [24, 48, 96])
def test_an_occluder_hides_a_part_and_leaves_most(draw, side: int) -> None:
    hidden = []
    for seed in range(20):
        face = np.full((side, side), 255, np.uint8)
        draw(face, np.random.default_rng(seed))
        hidden.append((face != 255).mean())

    assert 0.01 < np.mean(hidden) < 0.45
    assert max(hidden) < 0.6


def test_colour_faces_are_changed_alike_in_every_channel() -> None:
    faces = np.repeat(np.full((6, 48, 48, 1), 120, np.uint8), 3, axis=3)

    changed = Augmentation(occlude=1, blur=1)(faces, np.random.default_rng(0))

    assert changed.shape == faces.shape
    assert (changed[..., 0] == changed[..., 2]).all()
    assert Augmentation(noise=0.1)(faces, np.random.default_rng(0)).shape == faces.shape


def test_only_the_chosen_share_is_occluded(greys: np.ndarray) -> None:
    changed = Augmentation(**STILL, occlude=0.5)(greys, np.random.default_rng(0))

    touched = (changed != greys).any(axis=(1, 2)).mean()
    assert 0.25 < touched < 0.75


def test_noise_stays_within_its_deviation(greys: np.ndarray) -> None:
    changed = Augmentation(**STILL, noise=0.1)(greys, np.random.default_rng(0))

    deviation = (changed.astype(float) - greys)[:, :, :20].std(axis=(1, 2))
    assert deviation.max() < 0.1 * 255 * 1.1
    assert deviation.max() > 2 * deviation.min()


def test_blur_spreads_a_line_and_keeps_its_light(greys: np.ndarray) -> None:
    changed = Augmentation(**STILL, blur=2.0)(greys, np.random.default_rng(0))

    assert (changed[:, :, 24] < 240).mean() > 0.8
    assert changed.mean() == pytest.approx(greys.mean(), abs=0.6)


def test_options_that_are_off_draw_no_random_numbers(greys: np.ndarray) -> None:
    """A recipe that does not use them gives the batches that it gave before they existed."""
    random = np.random.default_rng(0)
    Augmentation(**STILL)(greys, random)
    after = random.random()

    random = np.random.default_rng(0)
    random.uniform(size=40 * 3 + 40 + 40 * 2 + 40 + 40)  # warps, light
    random.random(40)  # erasing
    assert after == random.random()
