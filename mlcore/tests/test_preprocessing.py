import cv2
import numpy as np
import pytest

from mlcore.augmentation import Augmentation
from mlcore.preprocessing import Preprocessing

STILL = dict.fromkeys(("rotation", "scale", "shift", "shear", "contrast", "brightness"), 0.0)


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


def test_the_fields_of_an_earlier_model_give_what_it_was_trained_with(faces: np.ndarray) -> None:
    colours = np.random.default_rng(1).integers(0, 256, (5, 48, 48, 3), dtype=np.uint8)
    for images, channels in ((faces, 1), (faces, 3), (colours, 1), (colours, 3)):
        stored = Preprocessing(size=48, standardize="per_image", channels=channels)
        inputs = stored.to_input(images)

        values = images.astype(np.float32)
        if images.ndim == 3:
            values = values[..., None]
        elif channels == 1:
            values = (values @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
        mean = values.mean(axis=(1, 2, 3), keepdims=True)
        deviation = np.maximum(values.std(axis=(1, 2, 3), keepdims=True), 1.0)
        expected = np.broadcast_to((values - mean) / deviation, (*images.shape[:3], channels))
        assert inputs.tobytes() == np.ascontiguousarray(expected).tobytes()


@pytest.mark.parametrize("equalize", ["none", "global"])
@pytest.mark.parametrize("shape", [(48, 48), (48, 48, 3)])
@pytest.mark.parametrize("channels", [1, 3])
def test_training_faces_as_a_whole_get_mean_0_and_deviation_1(
    equalize: str, shape: tuple[int, ...], channels: int
) -> None:
    random = np.random.default_rng(2)
    # More than are summed at a time, the later ones brighter.
    faces = random.integers(20, 90, (1500, *shape), dtype=np.uint8)
    faces[1200:] += 100
    blank = Preprocessing(standardize="dataset", channels=channels, equalize=equalize)

    fitted = blank.fitted(faces)
    inputs = fitted.to_input(faces).astype(np.float64)

    assert inputs.shape == (1500, 48, 48, channels)
    assert inputs.mean() == pytest.approx(0, abs=1e-5)
    assert inputs.std() == pytest.approx(1, abs=1e-5)
    assert Preprocessing(**fitted.to_dict()) == fitted
    if equalize == "none":
        assert inputs[1200:].mean() > 1.5  # brightness reaches the network


def test_a_fit_knows_grey_levels_and_leaves_other_kinds_alone() -> None:
    faces = np.full((4, 8, 8), 100, np.uint8)
    faces[:, ::2] = 120
    fitted = Preprocessing(size=8, standardize="dataset").fitted(faces)
    assert (fitted.mean, fitted.deviation) == (110, 10)
    assert fitted.to_input(faces)[0, :2, 0, 0].tolist() == [1, -1]
    same = Preprocessing(size=8, standardize="dataset").fitted(np.full((2, 8, 8), 7, np.uint8))
    assert (same.mean, same.deviation) == (7, 1)
    for kind in ("per_image", "unit"):
        assert Preprocessing(standardize=kind).fitted(faces) == Preprocessing(standardize=kind)
    with pytest.raises(ValueError, match="no faces"):
        Preprocessing(standardize="dataset").fitted(faces[:0])


def test_grey_levels_become_0_to_1() -> None:
    face = np.array([[[0, 51], [204, 255]]], np.uint8)
    inputs = Preprocessing(size=2, standardize="unit").to_input(face)
    assert inputs.dtype == np.float32
    assert np.allclose(inputs[0, ..., 0], [[0, 0.2], [0.8, 1]])
    assert Preprocessing(size=2, standardize="unit", channels=3).to_input(face).shape[-1] == 3


def test_two_close_grey_levels_become_black_and_white() -> None:
    face = np.full((1, 48, 48), 100, np.uint8)
    face[:, :, 24:] = 110
    unit = Preprocessing(standardize="unit", equalize="global")
    inputs = unit.to_input(np.concatenate([face, face[:, :, ::-1]]))
    assert (inputs[0, :, :24] == 0).all()
    assert (inputs[0, :, 24:] == 1).all()
    assert (inputs[1] == inputs[0, :, ::-1]).all()
    assert (face[0, 0, [0, -1]] == [100, 110]).all()  # what was given stays


def test_clahe_raises_contrast_where_it_is_low_and_within_its_limit() -> None:
    ramp = np.linspace(100, 130, 48).astype(np.uint8)
    face = np.tile(ramp, (48, 1))[None]
    levels = Preprocessing(standardize="unit", equalize="clahe").to_input(face)[0, ..., 0] * 255
    limited, unlimited = np.ptp(levels), 255
    assert 30 * 1.3 < limited < unlimited / 2
    clahe = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(4, 4))
    assert np.abs(levels - clahe.apply(face[0])).max() < 1e-3


def test_equalising_colours_keeps_their_hue() -> None:
    random = np.random.default_rng(3)
    reddish = random.integers(90, 120, (1, 48, 48, 1)) + np.array([30, 0, 0])
    for equalize in ("global", "clahe"):
        colours = Preprocessing(channels=3, standardize="unit", equalize=equalize)
        levels = colours.to_input(reddish.astype(np.uint8))[0] * 255
        luma = levels @ np.array([0.299, 0.587, 0.114])
        inside = (luma > 40) & (luma < 200)  # beyond, a channel is cut off at black or white
        red, green, blue = levels[inside].T
        assert np.abs(red - green - 30).max() < 5
        assert np.abs(green - blue).max() < 5
        assert luma.std() > 1.3 * (reddish @ np.array([0.299, 0.587, 0.114])).std()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"standardize": "global"}, "no standardisation 'global'; .* per_image, dataset, unit"),
        ({"equalize": "local"}, "no equalisation 'local'; there are: none, global, clahe"),
        ({"channels": 4}, "1 or 3 channels, not 4"),
        ({"size": 0}, "1 pixel or more, not 0"),
        ({"deviation": 0.0}, "deviation 0.0"),
        ({"mean": float("nan")}, "mean nan"),
    ],
)
def test_values_that_a_field_cannot_take_are_refused(fields: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Preprocessing(**fields)


def test_the_same_random_gives_the_same_augmentation(faces: np.ndarray) -> None:
    first, again, other = (Augmentation()(faces, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == faces.shape
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).any()


def test_ranges_of_zero_change_nothing(faces: np.ndarray) -> None:
    still = Augmentation(**STILL, flip=0, erase=0)
    assert (still(faces, np.random.default_rng(0)) == faces).all()


def test_a_flip_is_a_mirror_image(faces: np.ndarray) -> None:
    mirror = Augmentation(**STILL, flip=1, erase=0)
    assert (mirror(faces, np.random.default_rng(0)) == faces[:, :, ::-1]).all()


def test_an_erased_rectangle_has_the_promised_size() -> None:
    erase = Augmentation(**STILL, flip=0, erase=1)
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
