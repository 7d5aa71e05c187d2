import cv2
import numpy as np
import pytest

from mlcore.augmentation import Augmentation
from mlcore.preprocessing import Preprocessing


@pytest.fixture
def faces() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 48, 48), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(48, 48), (20, 20), (300, 300), (30, 90)])
def test_resizes_any_face(shape: tuple[int, int]) -> None:
    face = np.full(shape, 90, np.uint8)
    resized = Preprocessing().resize(face)
    assert resized.shape == (48, 48)
    assert resized.dtype == np.uint8
    assert (resized == 90).all()


def test_brightness_and_contrast_do_not_reach_the_network(faces: np.ndarray) -> None:
    inputs = Preprocessing().to_input(faces)
    assert inputs.shape == (6, 48, 48, 1)
    assert inputs.dtype == np.float32
    assert np.allclose(inputs.mean(axis=(1, 2)), 0, atol=1e-5)
    assert np.allclose(inputs.std(axis=(1, 2)), 1, atol=1e-4)
    darker = (faces // 4 * 2).astype(np.uint8)
    brighter = (faces // 4 * 2 + 100).astype(np.uint8)
    both = Preprocessing().to_input(np.concatenate([darker, brighter]))
    assert np.allclose(both[:6], both[6:], atol=1e-4)


def test_a_face_of_one_colour_gives_zeros() -> None:
    assert not Preprocessing().to_input(np.full((1, 48, 48), 200, np.uint8)).any()


def test_a_network_of_three_channels_gets_grey_three_times(faces: np.ndarray) -> None:
    inputs = Preprocessing(channels=3).to_input(faces)
    assert inputs.shape == (6, 48, 48, 3)
    assert inputs.dtype == np.float32
    for channel in range(3):
        assert np.array_equal(inputs[..., [channel]], Preprocessing().to_input(faces))


def test_colours_reach_a_network_of_three_channels_and_become_grey_for_one() -> None:
    colours = np.random.default_rng(1).integers(0, 256, (2, 30, 40, 3), dtype=np.uint8)
    faces = np.stack([Preprocessing().resize(face) for face in colours])
    assert faces.shape == (2, 48, 48, 3)
    inputs = Preprocessing(channels=3).to_input(faces)
    assert inputs.shape == (2, 48, 48, 3)
    assert np.allclose(inputs.mean(axis=(1, 2, 3)), 0, atol=1e-5)
    assert np.allclose(inputs.std(axis=(1, 2, 3)), 1, atol=1e-4)
    order = np.argsort(faces[0], axis=None, kind="stable")
    assert (np.diff(inputs[0].ravel()[order]) >= 0).all()

    grey = np.stack([cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) for face in faces])
    both = (Preprocessing().to_input(images) for images in (faces, grey))
    assert np.allclose(*both, atol=0.02)  # OpenCV rounds grey to whole numbers


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="no standardisation"):
        Preprocessing(standardize="global")
    with pytest.raises(ValueError, match="1 or 3 channels, not 4"):
        Preprocessing(channels=4)


def test_the_same_random_gives_the_same_augmentation(faces: np.ndarray) -> None:
    first, again, other = (Augmentation()(faces, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == faces.shape
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).any()


def test_ranges_of_zero_change_nothing(faces: np.ndarray) -> None:
    still = Augmentation(flip=0, rotation=0, scale=0, shift=0, shear=0, light=0, erase=0)
    assert (still(faces, np.random.default_rng(0)) == faces).all()


def test_a_flip_is_a_mirror_image(faces: np.ndarray) -> None:
    mirror = Augmentation(flip=1, rotation=0, scale=0, shift=0, shear=0, light=0, erase=0)
    assert (mirror(faces, np.random.default_rng(0)) == faces[:, :, ::-1]).all()


def test_an_erased_rectangle_has_the_promised_size() -> None:
    erase = Augmentation(flip=0, rotation=0, scale=0, shift=0, shear=0, light=0, erase=1)
    black = np.zeros((50, 48, 48), np.uint8)
    changed = erase(black, np.random.default_rng(0)) > 0
    heights = changed.any(axis=2).sum(axis=1)
    widths = changed.any(axis=1).sum(axis=1)
    erased = heights > 0  # one may be erased with black
    assert erased.sum() > 45
    assert heights[erased].min() >= 6
    assert heights.max() <= 18
    assert widths[erased].min() >= 6
    assert widths.max() <= 18
