"""What the device does to faces, against what the host does to them."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mlcore.augmentation import Augmentation
from mlcore.errors import RecipeError
from mlcore.preprocessing import LUMA, Preprocessing
from mlcore.recipes import Recipe
from mlcore.recipes.base import LABELS_ONLY

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")

from mlcore.device_augmentation import Changes, DeviceAugmentation, affine_maps  # noqa: E402
from mlcore.device_batches import (  # noqa: E402
    OnDevice,
    RowBatches,
    device_can_change,
    device_training,
    to_input,
)

SIDE = 48
OFF = {
    "flip": 0.0,
    "rotation": 0.0,
    "scale": 0.0,
    "shift": 0.0,
    "shear": 0.0,
    "zoom": 0.0,
    "contrast": 0.0,
    "brightness": 0.0,
    "noise": 0.0,
    "blur": 0.0,
    "erase": 0.0,
}
STILL = Augmentation(**OFF)
EVERYTHING = Augmentation(zoom=0.1, noise=0.1, blur=1.5)


@pytest.fixture
def faces() -> NDArray[np.uint8]:
    """(6, 48, 48, 3) smooth waves, so that what is between the pixels is well known."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    waves = [
        [np.sin(face + channel + 6 * x * (channel + 1) / 2) * np.cos(4 * y) for channel in range(3)]
        for face in range(6)
    ]
    return np.clip(128 + 100 * np.moveaxis(waves, 1, -1), 0, 255).astype(np.uint8)


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(
        name="toy",
        architecture="compact_vgg",
        preprocessing=Preprocessing(size=16),
        augmentation=replace(STILL, flip=0.5, rotation=10, noise=0.05),
        heads=LABELS_ONLY,
        batch_size=8,
    )


@pytest.fixture
def small() -> tuple[NDArray[np.uint8], dict[str, NDArray], dict[str, NDArray]]:
    """26 faces of 16x16 with targets and weights."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (26, 16, 16), dtype=np.uint8)
    targets = np.eye(7, dtype=np.float32)[np.arange(26) % 7]
    return images, {"fer2013": targets}, {"fer2013": np.ones(26, np.float32)}


def transparent_network(channels: int = 1) -> "keras.Model":
    """Its logits are its input."""
    face = keras.Input((16, 16, channels))
    return keras.Model(face, {"fer2013": keras.layers.Flatten()(face)})


def dense_network() -> "keras.Model":
    keras.utils.set_random_seed(1)
    face = keras.Input((16, 16, 1))
    return keras.Model(
        face, {"fer2013": keras.layers.Dense(7, name="logits")(keras.layers.Flatten()(face))}
    )


def applied(faces: NDArray, augmentation: Augmentation = STILL, **changes: NDArray) -> NDArray:
    device = DeviceAugmentation(augmentation, faces.shape[1], faces.shape[3])
    tensors = {
        name: keras.ops.convert_to_tensor(np.asarray(values, np.float32))
        for name, values in changes.items()
    }
    return keras.ops.convert_to_numpy(
        device.apply(keras.ops.convert_to_tensor(faces), Changes(**tensors))
    )


def changed(faces: NDArray, augmentation: Augmentation, seed: int = 0) -> NDArray:
    device = DeviceAugmentation(augmentation, faces.shape[1], faces.shape[3])
    generator = keras.random.SeedGenerator(seed)
    return keras.ops.convert_to_numpy(device(keras.ops.convert_to_tensor(faces), generator))


def drawn(augmentation: Augmentation, count: int) -> Changes:
    device = DeviceAugmentation(augmentation, SIDE)
    changes = device.draw(count, keras.random.SeedGenerator(0))
    return Changes(
        *(None if values is None else keras.ops.convert_to_numpy(values) for values in changes)
    )


def test_what_is_off_changes_nothing(faces: NDArray) -> None:
    assert changed(faces, STILL) == pytest.approx(faces.astype(float), abs=1e-3)
    unmoved = np.tile([[1.0, 0, 0], [0, 1, 0]], (6, 1, 1))
    assert applied(faces, warps=unmoved) == pytest.approx(faces.astype(float), abs=1e-3)


def test_a_mirrored_face_is_exactly_that(faces: NDArray) -> None:
    mirrored = changed(faces, replace(STILL, flip=1))
    assert np.array_equal(mirrored, np.flip(faces, axis=2))


def test_a_warp_is_that_of_opencv(faces: NDArray) -> None:
    host = Augmentation(rotation=30, scale=0.3, shift=0.2, shear=0.2, zoom=0.2)
    warps = host._warps(6, SIDE, np.random.default_rng(0))
    expected = [
        cv2.warpAffine(face, warp, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        for face, warp in zip(faces, warps, strict=True)
    ]
    difference = np.abs(applied(faces, warps=warps) - np.array(expected, float))
    assert difference.max() < 3  # OpenCV knows 32 places between two pixels
    assert difference.mean() < 0.5


def test_a_map_is_put_together_as_on_the_host() -> None:
    host = Augmentation(rotation=30, scale=0.3, shift=0.2, shear=0.2, zoom=0.2)
    expected = host._warps(50, SIDE, np.random.default_rng(0))
    random = np.random.default_rng(0)  # in the order of `_warps`
    values = {
        "angle": np.deg2rad(random.uniform(-30, 30, 50)),
        "scale": random.uniform(0.7, 1.3, 50),
        "shear": random.uniform(-0.2, 0.2, 50),
        "mirror": np.where(random.random(50) < 0.5, -1.0, 1.0),
    }
    values["shift_x"], values["shift_y"] = random.uniform(-0.2, 0.2, (50, 2)).T * SIDE
    values["zoom_x"], values["zoom_y"] = random.uniform(0.8, 1.2, (50, 2)).T
    tensors = {name: keras.ops.cast(value, "float32") for name, value in values.items()}
    maps = keras.ops.convert_to_numpy(affine_maps(SIDE, **tensors))
    assert maps == pytest.approx(expected, abs=1e-4)


def test_light_follows_the_formula_of_the_host(faces: NDArray) -> None:
    contrast = np.array([0.5, 0.8, 1.0, 1.2, 1.4, 1.6])[:, None, None, None]
    brightness = np.array([-60, 60, -20, 20, 0, 10])[:, None, None, None]
    mean = faces.mean(axis=(1, 2, 3), keepdims=True)
    expected = np.clip((faces - mean) * contrast + mean + brightness, 0, 255)
    lit = applied(faces, contrast=contrast.ravel(), brightness=brightness.ravel())
    assert lit == pytest.approx(expected, abs=1e-2)


@pytest.mark.parametrize("sigma", [0.05, 0.7, 1.5])
def test_a_blur_is_that_of_opencv(faces: NDArray, sigma: float) -> None:
    noisy = np.random.default_rng(0).integers(0, 256, faces.shape, dtype=np.uint8)
    blurred = applied(noisy, replace(STILL, blur=1.5), blur=np.full(6, sigma))
    expected = np.array([cv2.GaussianBlur(face, (0, 0), sigma) for face in noisy], float)
    assert np.abs(blurred - expected).max() < 2.5


def test_rectangles_have_the_share_and_the_sides_of_the_fields() -> None:
    augmentation = replace(STILL, erase=0.5, erase_side=(0.125, 0.375))
    outside = np.full((4000, SIDE, SIDE, 1), -1.0, np.float32)
    erased = changed(outside, augmentation)[..., 0]
    hidden = erased >= 0
    chosen = hidden.any(axis=(1, 2))
    assert chosen.mean() == pytest.approx(0.5, abs=0.03)
    heights, widths = (hidden.any(axis=axis).sum(axis=1)[chosen] for axis in (2, 1))
    assert np.array_equal(heights * widths, hidden.sum(axis=(1, 2))[chosen])
    for sides in (heights, widths):
        assert set(sides) == set(range(6, 19))
        assert sides.mean() == pytest.approx(12, abs=0.3)
    greys = erased.max(axis=(1, 2))[chosen]
    assert np.array_equal(greys, greys.round())
    assert greys.mean() == pytest.approx(127.5, abs=6)
    assert (greys.min(), greys.max()) == (pytest.approx(0, abs=2), pytest.approx(255, abs=2))
    # Every row and column is reached, the edges as well.
    assert hidden.any(axis=(0, 1)).all()
    assert hidden.any(axis=(0, 2)).all()


def test_draws_are_distributed_as_the_hosts() -> None:
    count = 4000
    changes = drawn(EVERYTHING, count)
    warps = EVERYTHING._warps(count, SIDE, np.random.default_rng(0))
    for statistic in (np.mean, np.std):
        # The last column is in pixels.
        assert statistic(changes.warps, axis=0)[:, :2] == pytest.approx(
            statistic(warps, axis=0)[:, :2], abs=0.05
        )
        assert statistic(changes.warps, axis=0)[:, 2] == pytest.approx(
            statistic(warps, axis=0)[:, 2], abs=1.5
        )
    for values, low, high in (
        (changes.contrast, 0.7, 1.3),
        (changes.brightness, -0.3 * 255 / 2, 0.3 * 255 / 2),
        (changes.blur, 0.05, 1.5),
        (changes.noise[:100].std(axis=(1, 2, 3)), 0, 25.5),
    ):
        assert values.mean() == pytest.approx((low + high) / 2, abs=(high - low) * 0.1)
        assert values.std() == pytest.approx((high - low) / 12**0.5, rel=0.15)
        assert low - 1e-6 <= values.min() < values.max() <= high * 1.05


def test_every_draw_differs_from_the_others() -> None:
    """No two fields may hang together, as they would if they were read from one number."""
    changes = drawn(replace(EVERYTHING, noise=0), 4000)
    columns = np.column_stack(
        [
            changes.warps.reshape(4000, 6)[:, [2, 5]],
            changes.contrast,
            changes.brightness,
            changes.blur,
            changes.boxes,
            np.where(changes.boxes[:, 2] > 0, changes.greys, 0),
        ]
    )
    correlation = np.corrcoef(columns, rowvar=False) - np.eye(columns.shape[1])
    light = correlation[:5]
    assert np.abs(light).max() < 0.08


def test_whole_batches_look_alike_on_the_device_and_on_the_host(faces: NDArray) -> None:
    """The mean and the deviation of each pixel over many changed copies of a face."""
    copies = np.repeat(faces[:1, :, :, :1], 1500, axis=0)
    augmentation = replace(EVERYTHING, rotation=20)
    device = changed(copies, augmentation)[..., 0]
    host = augmentation(copies[..., 0], np.random.default_rng(0)).astype(float)
    assert np.abs(device.mean(axis=0) - host.mean(axis=0)).mean() < 2.5
    assert np.abs(device.std(axis=0) - host.std(axis=0)).mean() < 2.5


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("standardize", ["per_image", "dataset", "unit"])
def test_the_network_is_fed_as_by_the_host(
    faces: NDArray, channels: int, coloured: bool, standardize: str
) -> None:
    preprocessing = Preprocessing(
        size=SIDE, channels=channels, standardize=standardize, mean=120.0, deviation=60.0
    )
    given = faces if coloured else faces[..., 0]
    tensor = keras.ops.convert_to_tensor(given if coloured else given[..., None])
    inputs = keras.ops.convert_to_numpy(to_input(preprocessing, tensor))
    assert inputs == pytest.approx(preprocessing.to_input(given), abs=1e-4)


def test_what_only_opencv_does_is_refused(recipe: Recipe, small: tuple) -> None:
    with pytest.raises(RecipeError, match=r"occlude 0\.2, which OpenCV draws"):
        DeviceAugmentation(Augmentation(occlude=0.2), SIDE)
    equalized = replace(recipe, preprocessing=Preprocessing(size=16, equalize="clahe"))
    with pytest.raises(RecipeError, match=r"equalize 'clahe'.* augment on the host"):
        device_training(equalized, transparent_network(), *small)
    drawn_over = replace(recipe, augmentation=Augmentation(occlude=0.2))
    assert device_can_change(recipe)
    assert not device_can_change(equalized)
    assert not device_can_change(drawn_over)


def test_batches_are_the_hosts_in_the_hosts_order(recipe: Recipe, small: tuple) -> None:
    images = small[0]
    model, batches = device_training(
        replace(recipe, augmentation=STILL), transparent_network(), *small
    )
    assert len(batches) == 3  # two faces are left over
    batches.shuffle(4)
    rows = np.random.default_rng((recipe.seed, 4)).permutation(26)[8:16]
    inputs, targets, weights = batches[1]
    assert np.array_equal(inputs["rows"], rows)
    assert np.array_equal(targets["fer2013"], small[1]["fer2013"][rows])
    assert weights["fer2013"].shape == (8,)
    logits = keras.ops.convert_to_numpy(model(_tensors(inputs), training=True)["fer2013"])
    expected = recipe.preprocessing.to_input(images[rows]).reshape(8, -1)
    assert logits == pytest.approx(expected, abs=1e-3)


def test_an_epoch_draws_the_same_again_and_another_does_not(recipe: Recipe, small: tuple) -> None:
    model, batches = device_training(recipe, transparent_network(), *small)
    inputs = {"rows": keras.ops.arange(8, dtype="int32")}

    def drawn_in(epoch: int) -> NDArray:
        batches.shuffle(epoch)
        steps = [model(inputs, training=True)["fer2013"] for _ in range(2)]
        return np.array([keras.ops.convert_to_numpy(step) for step in steps])

    first, second, again = drawn_in(0), drawn_in(1), drawn_in(0)
    assert np.array_equal(first, again)
    assert not np.allclose(first, second)
    assert not np.allclose(first[0], first[1])
    still = keras.ops.convert_to_numpy(model(inputs, training=False)["fer2013"])
    assert still == pytest.approx(
        recipe.preprocessing.to_input(small[0][:8]).reshape(8, -1), abs=1e-3
    )


def test_mixup_mixes_faces_and_targets_by_the_same_shares(recipe: Recipe, small: tuple) -> None:
    recipe = replace(recipe, augmentation=STILL, mixup=0.4)
    model, batches = device_training(recipe, transparent_network(), *small)
    inputs, targets, weights = batches[0]
    mixing, rows = inputs["mixing"], inputs["rows"]
    assert mixing.shape == (8, 8)
    assert mixing.sum(axis=1) == pytest.approx(np.ones(8))
    assert 0.5 <= np.diag(mixing).min() < 0.99
    assert targets["fer2013"] == pytest.approx(mixing @ small[1]["fer2013"][rows], abs=1e-5)
    assert weights["fer2013"] == pytest.approx(np.ones(8))
    mixed = keras.ops.convert_to_numpy(model(_tensors(inputs), training=True)["fer2013"])
    single = recipe.preprocessing.to_input(small[0][rows]).reshape(8, -1)
    assert mixed == pytest.approx(mixing @ single, abs=1e-3)


def test_checkpoints_hold_no_faces_and_a_run_goes_on_exactly(
    recipe: Recipe, small: tuple, tmp_path: Path
) -> None:
    def begun() -> tuple[OnDevice, RowBatches]:
        model, batches = device_training(recipe, dense_network(), *small)
        model.compile(
            optimizer=keras.optimizers.SGD(0.01, momentum=0.9),
            loss={"fer2013": keras.losses.CategoricalCrossentropy(from_logits=True)},
            jit_compile=False,
        )
        return model, batches

    def trained(model: OnDevice, batches: RowBatches, epoch: int) -> None:
        batches.shuffle(epoch)
        model.fit(batches, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0)

    whole, batches = begun()
    trained(whole, batches, 0)
    whole.save_weights(tmp_path / "checkpoint.weights.h5")
    trained(whole, batches, 1)

    resumed, batches = begun()
    resumed.optimizer.build(resumed.trainable_variables)
    resumed.load_weights(tmp_path / "checkpoint.weights.h5")
    assert resumed.optimizer.iterations == 3
    trained(resumed, batches, 1)
    for one, other in zip(whole.network.get_weights(), resumed.network.get_weights(), strict=True):
        assert one == pytest.approx(other, abs=1e-6)

    # The same network holding other faces takes the file: there are none in it.
    model, _ = device_training(recipe, dense_network(), small[0][:9], *small[1:])
    model.load_weights(tmp_path / "checkpoint.weights.h5")
    assert model.images.shape == (9, 16, 16, 1)
    whole.network.save(tmp_path / "model.keras")
    kept = keras.models.load_model(tmp_path / "model.keras")
    for one, other in zip(whole.network.get_weights(), kept.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_colours_become_grey_for_a_network_of_one_channel(recipe: Recipe, small: tuple) -> None:
    coloured = np.stack([small[0], small[0] // 2, 255 - small[0]], axis=-1)
    recipe = replace(
        recipe, augmentation=STILL, preprocessing=Preprocessing(size=16, standardize="unit")
    )
    model, _ = device_training(recipe, transparent_network(), coloured, *small[1:])
    rows = keras.ops.arange(4, dtype="int32")
    grey = keras.ops.convert_to_numpy(model({"rows": rows}, training=True)["fer2013"])
    assert grey * 255 == pytest.approx((coloured[:4] @ LUMA).reshape(4, -1), abs=1e-2)


def _tensors(inputs: dict[str, NDArray]) -> dict[str, object]:
    return {name: keras.ops.convert_to_tensor(values) for name, values in inputs.items()}
