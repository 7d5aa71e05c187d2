from pathlib import Path

import numpy as np
import pytest

from mlcore import architectures
from mlcore.network import Network
from mlcore.recipes.base import HEADS

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")

from mlcore import whitening  # noqa: E402
from mlcore.export import export_litert, heads_of, multiply_adds  # noqa: E402
from mlcore.whitening import fit_zca, whitened  # noqa: E402

SIZE = 24
PIXELS = SIZE * SIZE


def smooth_faces(count: int, size: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    """(count, size, size, channels) noise whose neighbouring pixels say nearly the same."""
    noise = np.random.default_rng(seed).normal(size=(count, size, size, channels))
    for axis in (1, 2):
        noise = noise + 0.8 * np.roll(noise, 1, axis) + 0.4 * np.roll(noise, 2, axis)
    return (noise + 3).astype(np.float32)


@pytest.fixture
def network() -> "keras.Model":
    keras.utils.set_random_seed(0)
    return architectures.build("monitor_cnn", heads=HEADS, size=SIZE, depth=2)


@pytest.fixture(scope="module")
def zca() -> tuple[np.ndarray, np.ndarray]:
    return fit_zca(smooth_faces(2000, SIZE))


def answers(model: "keras.Model", faces: np.ndarray) -> np.ndarray:
    return np.concatenate(list(model.predict_on_batch(faces).values()), axis=1)


def test_whitened_pixels_are_uncorrelated_with_variance_1() -> None:
    faces = smooth_faces(3000, 6, channels=2)
    before = np.cov(faces.reshape(3000, -1).T)
    assert np.abs(before - np.eye(72)).max() > 1

    matrix, mean = fit_zca(faces, epsilon=1e-9)

    white = (faces.reshape(3000, -1) - mean) @ matrix
    assert np.abs(white.mean(axis=0)).max() < 1e-3
    assert np.cov(white.T) == pytest.approx(np.eye(72), abs=2e-3)
    # Of all whitenings, ZCA has a symmetric matrix.
    assert matrix.dtype == mean.dtype == np.float32
    assert matrix == pytest.approx(matrix.T, abs=1e-5)


def test_epsilon_is_a_share_of_the_mean_variance() -> None:
    faces = np.random.default_rng(0).normal(size=(5000, 1, 2, 1)).astype(np.float32)
    faces -= faces.mean(axis=0)
    flat = faces[:, 0, :, 0]
    orthogonal, _ = np.linalg.qr(flat)
    # Uncorrelated, with variances of exactly 3 and 1.
    faces[:, 0, :, 0] = orthogonal * np.sqrt(5000) * np.sqrt([3, 1])

    matrix, _ = fit_zca(faces, epsilon=0.5)

    expected = np.diag(1 / np.sqrt([3 + 0.5 * 2, 1 + 0.5 * 2]))
    assert matrix == pytest.approx(expected, abs=1e-3)


def test_fewer_faces_than_pixels_do() -> None:
    matrix, mean = fit_zca(smooth_faces(20, 8))
    assert np.isfinite(matrix).all()
    assert np.isfinite(mean).all()


def test_it_is_fitted_on_faces_from_all_of_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    faces = smooth_faces(100, 4)
    monkeypatch.setattr(whitening, "FACES", 50)
    matrix, mean = fit_zca(faces)
    rows = np.linspace(0, 99, 50).astype(int)
    assert mean == pytest.approx(faces[rows].reshape(50, -1).mean(axis=0), rel=1e-5)
    assert (matrix == fit_zca(faces[rows])[0]).all()


def test_what_cannot_be_whitened_is_refused() -> None:
    with pytest.raises(ValueError, match="all the same"):
        fit_zca(np.full((5, 4, 4, 1), 0.1, np.float32))
    for epsilon in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="positive epsilon"):
            fit_zca(smooth_faces(5, 4), epsilon)


def test_the_network_sees_whitened_faces(network: "keras.Model", zca: tuple) -> None:
    matrix, mean = zca
    faces = smooth_faces(5, SIZE, seed=1)
    model = whitened(network, matrix, mean)

    white = ((faces.reshape(5, -1) - mean) @ matrix).reshape(faces.shape)
    assert answers(model, faces) == pytest.approx(answers(network, white), abs=1e-3)
    assert np.abs(answers(network, white) - answers(network, faces)).max() > 0.05
    assert heads_of(model) == heads_of(network)
    assert model.input_shape == network.input_shape
    assert multiply_adds(model) == multiply_adds(network) + PIXELS**2


def test_without_a_matrix_faces_stay_as_they_are(network: "keras.Model") -> None:
    faces = smooth_faces(5, SIZE, seed=1)
    assert answers(whitened(network), faces) == pytest.approx(answers(network, faces), abs=1e-5)


def test_the_layers_are_copies_side_by_side(network: "keras.Model", zca: tuple) -> None:
    model = whitened(network, *zca)

    names = [layer.name for layer in model.layers]
    assert names[:4] == ["face", "zca_pixels", "zca", "zca_face"]
    assert names[4:] == [layer.name for layer in network.layers[1:]]
    shapes = [weight.shape for weight in network.trainable_weights]
    assert [weight.shape for weight in model.trainable_weights] == shapes
    for weight in model.get_layer("block1_conv").trainable_weights:
        weight.assign(weight * 0)
    assert np.abs(network.get_layer("block1_conv").get_weights()[0]).max() > 0


def test_training_leaves_the_whitening_alone(network: "keras.Model", zca: tuple) -> None:
    model = whitened(network, *zca)
    model.compile(
        optimizer=keras.optimizers.SGD(0.1, weight_decay=0.1),
        loss={head: keras.losses.CategoricalCrossentropy(from_logits=True) for head in HEADS},
    )
    targets = {head: np.eye(classes)[[0, 1, 2, 3]] for head, classes in HEADS.items()}
    before = model.get_layer("block1_conv").get_weights()[0]
    model.train_on_batch(smooth_faces(4, SIZE), targets)
    assert (model.get_layer("zca").get_weights()[0] == zca[0]).all()
    assert (model.get_layer("block1_conv").get_weights()[0] != before).any()


def test_mixed_precision_does_not_reach_the_whitening(zca: tuple) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = whitened(architectures.build("monitor_cnn", heads=HEADS, size=SIZE), *zca)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("zca").compute_dtype == "float32"
    assert model.get_layer("zca_face").compute_dtype == "float32"
    assert model.get_layer("block1_conv").compute_dtype == "bfloat16"


def test_it_is_saved_with_the_network(network: "keras.Model", zca: tuple, tmp_path: Path) -> None:
    faces = smooth_faces(5, SIZE, seed=1)
    model = whitened(network, *zca)
    expected = answers(model, faces)

    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert answers(loaded, faces) == pytest.approx(expected, abs=1e-5)
    assert not loaded.get_layer("zca").trainable

    model.save_weights(tmp_path / "model.weights.h5")
    fresh = whitened(architectures.build("monitor_cnn", heads=HEADS, size=SIZE, depth=2))
    fresh.load_weights(tmp_path / "model.weights.h5")
    assert answers(fresh, faces) == pytest.approx(expected, abs=1e-5)


def test_it_is_exported_with_the_network(
    network: "keras.Model", zca: tuple, tmp_path: Path
) -> None:
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow exports")
    faces = smooth_faces(5, SIZE, seed=1)
    model = whitened(network, *zca)

    export_litert(model, tmp_path / "model.tflite")

    exported = Network((tmp_path / "model.tflite").read_bytes(), HEADS).logits(faces)
    found = np.concatenate([exported[head] for head in HEADS], axis=1)
    assert found == pytest.approx(answers(model, faces), abs=0.02)
