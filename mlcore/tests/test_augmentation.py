import hashlib
import json
from dataclasses import asdict

import numpy as np
import pytest

from mlcore.augmentation import Augmentation
from mlcore.occluders import OCCLUDERS

STILL = dict.fromkeys(
    ("flip", "rotation", "scale", "shift", "shear", "contrast", "brightness", "erase"), 0.0
)


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
    random.uniform(size=40 * 3 + 40 + 40 * 2 + 40 + 40)  # warps, contrast, brightness
    random.random(40)  # erasing
    assert after == random.random()


def test_a_seed_gives_the_faces_that_it_gave_when_contrast_and_brightness_were_one_field() -> None:
    faces = np.random.default_rng(7).integers(0, 256, (12, 24, 24), dtype=np.uint8)
    unmoved = Augmentation(rotation=0, scale=0, shift=0, shear=0, noise=0.05)

    changed = unmoved(faces, np.random.default_rng(3))
    warps = Augmentation()._warps(5, 48, np.random.default_rng(3))

    assert hashlib.sha256(changed.tobytes()).hexdigest() == (
        "f53aed87a6b8e97577f4fe21bb0fe9b1e60a7cf7fc53ca565de7977f72db4cbf"
    )
    last = [[-0.841554, 0.221614, 34.236215], [0.181584, 0.832917, 1.348069]]
    assert warps[4] == pytest.approx(np.array(last), abs=1e-6)


def test_contrast_and_brightness_are_apart() -> None:
    faces = np.tile(np.array([100, 140], np.uint8), (200, 24, 12))
    ranges = dict(STILL, contrast=0.5)
    contrast = Augmentation(**ranges)(faces, np.random.default_rng(0)).astype(float)
    ranges = dict(STILL, brightness=0.4)
    brightness = Augmentation(**ranges)(faces, np.random.default_rng(0)).astype(float)

    assert np.abs(contrast.mean(axis=(1, 2)) - 120).max() <= 1
    distance = contrast[:, 0, 1] - contrast[:, 0, 0]
    assert distance.min() == pytest.approx(40 * 0.5, abs=1.5)
    assert distance.max() == pytest.approx(40 * 1.5, abs=1.5)
    assert np.abs(brightness[:, 0, 1] - brightness[:, 0, 0] - 40).max() <= 1
    moved = brightness.mean(axis=(1, 2)) - 120
    assert moved.min() == pytest.approx(-0.4 * 127.5, abs=2)
    assert moved.max() == pytest.approx(0.4 * 127.5, abs=2)


def test_zoom_changes_width_and_height_apart() -> None:
    faces = np.zeros((300, 48, 48), np.uint8)
    faces[:, 14:34, 14:34] = 255

    changed = Augmentation(**STILL, zoom=0.3)(faces, np.random.default_rng(0)) / 255

    widths, heights = changed[:, 24].sum(axis=1) / 20, changed[:, :, 24].sum(axis=1) / 20
    for sides in (widths, heights):
        assert sides.min() == pytest.approx(0.7, abs=0.03)
        assert sides.max() == pytest.approx(1.3, abs=0.03)
    assert abs(np.corrcoef(widths, heights)[0, 1]) < 0.2
    # A turned face is still stretched along the picture's sides, about its centre.
    linear = Augmentation(**dict(STILL, rotation=45), zoom=0.3)._warps(
        50, 48, np.random.default_rng(0)
    )
    assert linear[:, :, :2] @ [23.5, 23.5] + linear[:, :, 2] == pytest.approx(23.5)
    rows = np.linalg.norm(linear[:, :, :2], axis=2)
    assert np.abs(rows - 1).max() > 0.25
    products = (linear[:, 0, :2] * linear[:, 1, :2]).sum(axis=1)
    assert products == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("flip", 2.0, "flip must be from 0 to 1, not 2.0"),
        ("erase", -0.1, "erase must be from 0 to 1"),
        ("occlude", float("nan"), "occlude must be from 0 to 1"),
        ("contrast", 1.1, "contrast must be from 0 to 1"),
        ("rotation", -5, "rotation must be 0 or more, not -5"),
        ("blur", float("inf"), "blur must be 0 or more"),
        ("scale", 1.0, "scale must be 0 or more and below 1"),
        ("zoom", -0.1, "zoom must be 0 or more and below 1"),
        ("erase_side", (0.4, 0.1), "the smaller first"),
        ("erase_side", (0.4, 1.1), "two shares from 0 to 1"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Augmentation(**{field: value})


def test_an_augmentation_that_was_written_down_is_read_again() -> None:
    augmentation = Augmentation(zoom=0.1, contrast=0.2, erase_side=(0.1, 0.2))
    written = json.loads(json.dumps(asdict(augmentation)))
    assert Augmentation.from_dict(written) == augmentation
    earlier = Augmentation.from_dict({"flip": 0.25, "light": 0.1})
    assert earlier == Augmentation(flip=0.25, contrast=0.1, brightness=0.1)
