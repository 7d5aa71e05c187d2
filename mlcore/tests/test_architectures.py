from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcore import architectures
from mlcore.architectures import ARCHITECTURES
from mlcore.calibration import softmax
from mlcore.datasets import FaceDataset
from mlcore.errors import RecipeError
from mlcore.network import Network
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe, get_recipe
from mlcore.recipes.base import HEADS, LABELS_ONLY

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")

from mlcore import export, training  # noqa: E402

SMALLEST = {
    "cnn_lstm": 22,
    "compact_vgg": 16,
    "deep_cnn": 8,
    "monitor_cnn": 24,
    "nadam_cnn": 16,
    "resnet": 8,
    "vgg16": 32,
    "vgg9": 8,
}
CHANNELS = {"vgg9": 3, "vgg16": 3}
# Every block is compiled anew, and the second of a stage is as the first.
OPTIONS = {"resnet": {"filters": (8, 12, 16, 24), "blocks": (1, 1, 1, 1)}}


@pytest.fixture(params=ARCHITECTURES)
def small(request: pytest.FixtureRequest) -> Recipe:
    """One step of each network on the smallest input that it takes."""
    name: str = request.param
    return Recipe(
        name="small",
        architecture=name,
        options=OPTIONS.get(name, {}),
        preprocessing=Preprocessing(size=SMALLEST[name], channels=CHANNELS.get(name, 1)),
        heads=LABELS_ONLY,
        epochs=1,
        batch_size=4,
        optimizer="nadam",
        schedule="constant",
        learning_rate=1e-3,
        ema=0.0,
        precision="float32",
    )


def trainable(model: "keras.Model") -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize(
    ("name", "parameters", "of_them_trainable"),
    [
        ("cnn_lstm", 457_863, 457_031),
        ("deep_cnn", 3_002_055, 2_998_983),
        ("monitor_cnn", 24_087, 23_863),
        ("nadam_cnn", 3_513_927, 3_510_087),
        ("vgg16", 33_625_927, 33_625_927),
        ("vgg9", 4_420_103, 4_417_415),
    ],
)
def test_networks_have_the_published_size(
    name: str, parameters: int, of_them_trainable: int
) -> None:
    model = architectures.build(name, heads=LABELS_ONLY)
    assert model.input_shape == (None, 48, 48, CHANNELS.get(name, 1))
    assert model.count_params() == parameters
    assert trainable(model) == of_them_trainable


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [
        ("compact_vgg", 1_769_263, 118_042_368),
        ("compact_se_taught", 4_863_141, 113_493_792),
        ("large_resnet", 6_294_015, 701_712_000),
        ("large_vgg", 11_935_943, 513_454_592),
    ],
)
def test_recipes_of_our_own_have_the_size_they_are_estimated_by(
    name: str, parameters: int, multiply_adds: int
) -> None:
    recipe = get_recipe(name)
    model = architectures.build(recipe.architecture, heads=recipe.heads, **recipe.options)
    assert model.count_params() == parameters
    assert export.multiply_adds(model) == multiply_adds


def test_a_residual_network_halves_its_maps_stage_by_stage() -> None:
    model = architectures.build("resnet", heads=LABELS_ONLY, filters=(4, 8, 12), blocks=(1, 2, 1))
    sides = [model.get_layer(f"stage{stage}_block1_add").output.shape for stage in (1, 2, 3)]
    assert sides == [(None, 48, 48, 4), (None, 24, 24, 8), (None, 12, 12, 12)]
    names = {layer.name for layer in model.layers}
    assert {"stage2_block1_shortcut", "stage2_block2_add"} <= names
    # The first stage keeps both places and width: nothing needs to be fitted to its sum.
    assert not {"stage1_block1_shortcut", "stage2_block2_shortcut"} & names
    with pytest.raises(RecipeError, match="cannot be built"):
        architectures.build("resnet", heads=LABELS_ONLY, blocks=(1,))


def test_maps_have_the_published_shapes() -> None:
    vgg9 = architectures.build("vgg9", heads=LABELS_ONLY)
    assert vgg9.get_layer("flatten").output.shape == (None, 9216)
    cnn_lstm = architectures.build("cnn_lstm", heads=LABELS_ONLY)
    assert cnn_lstm.get_layer("pool3").output.shape == (None, 4, 4, 128)
    assert cnn_lstm.get_layer("places").output.shape == (None, 16, 128)


def test_multiply_adds_of_an_lstm_count_its_steps() -> None:
    model = architectures.build("cnn_lstm", heads=LABELS_ONLY)
    convolutions = 9 * (46**2 * (32 + 32 * 64) + 21**2 * (64 * 64 + 64 * 128) + 8**2 * 128**2)
    lstms = 16 * 4 * 128 * (128 + 128) + 2 * 4 * 64 * (64 + 64)
    assert export.multiply_adds(model) == convolutions + lstms + 64 * 200 + 200 * 7


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_every_network_gives_float32_logits_of_each_head(name: str, policy: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = architectures.build(name, heads=HEADS, size=SMALLEST[name], channels=3)
    finally:
        keras.config.set_dtype_policy(before)
    faces = np.zeros((2, SMALLEST[name], SMALLEST[name], 3), np.float32)
    logits = {head: np.asarray(values) for head, values in model(faces).items()}
    assert {head: values.shape for head, values in logits.items()} == {
        "fer2013": (2, 7),
        "ferplus": (2, 8),
    }
    assert {values.dtype for values in logits.values()} == {np.dtype(np.float32)}


def test_every_network_trains_and_answers_the_same_once_exported(
    small: Recipe, tmp_path: Path
) -> None:
    size = small.preprocessing.size
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (15, size, size), np.uint8)
    dataset = FaceDataset(faces, np.arange(15) % 7, np.array(["Training"] * 7 + ["PublicTest"] * 8))
    model = training.train(small, dataset, tmp_path / "run")

    inputs = small.preprocessing.to_input(faces)
    export.export_litert(model, tmp_path / "model.tflite")
    network = Network((tmp_path / "model.tflite").read_bytes(), LABELS_ONLY)
    assert network.input_size == size
    assert network.input_channels == small.preprocessing.channels
    expected = softmax(np.asarray(model(inputs)["fer2013"]))
    assert softmax(network.logits(inputs)["fer2013"]) == pytest.approx(expected, abs=1e-2)

    model.save(tmp_path / "model.keras")
    kept = keras.models.load_model(tmp_path / "model.keras")
    assert softmax(np.asarray(kept(inputs)["fer2013"])) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("size", [24, 32, 48, 64])
def test_monitor_cnn_has_every_depth_at_every_size(size: int) -> None:
    counts = []
    for depth in (1, 2, 3, 4, 5):
        model = architectures.build("monitor_cnn", heads=LABELS_ONLY, size=size, depth=depth)
        assert model(np.zeros((1, size, size, 1), np.float32))["fer2013"].shape == (1, 7)
        counts.append(model.count_params())
    assert counts == [327, 5_175, 24_087, 98_775, 395_607]


@pytest.mark.parametrize("options", [{"depth": 0}, {"depth": 6}, {"size": 25}, {"depth": 2.5}])
def test_monitor_cnn_of_other_depths_and_sizes_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(RecipeError, match="its depths are 1, 2, 3, 4, 5 and its sizes 24, 32"):
        architectures.build("monitor_cnn", heads=LABELS_ONLY, **options)


def test_what_cannot_be_built_is_refused_in_one_sentence(small: Recipe) -> None:
    with pytest.raises(RecipeError, match=r"has other options: .*'surprise'"):
        training.build_float32(replace(small, options={"surprise": 1}))
    with pytest.raises(RecipeError, match=r"no architecture 'vgg19'; there are: cnn_lstm"):
        training.build_float32(replace(small, architecture="vgg19"))
    if small.architecture != "monitor_cnn":
        with pytest.raises(RecipeError, match=r"cannot be built with .*size=4.* small an input"):
            training.build_float32(replace(small, preprocessing=Preprocessing(size=4)))
