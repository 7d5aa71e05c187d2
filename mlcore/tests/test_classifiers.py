"""What runs the network: both classifiers give the same answers, and say when they cannot run."""

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from mlcore import classifiers
from mlcore.artifacts import METADATA, PACKAGED_MODELS, WEIGHTS, load_metadata
from mlcore.classifiers import AUTO, LITERT, TENSORFLOW, open_network
from mlcore.detectors import get_detector
from mlcore.errors import ArtifactError, ClassifierError
from mlcore.network import Network
from mlcore.recognizer import DEFAULT_MODEL, Recognizer, get_recognizer

MODEL = PACKAGED_MODELS / DEFAULT_MODEL

IN_FLOAT16 = "compact_vgg"
"""A packaged model whose export rounds little; one in int8 answers a little otherwise."""


def faces_of(picture: np.ndarray, count: int) -> list[np.ndarray]:
    """The astronaut's face, moved, scaled and lit in `count` ways."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    random = np.random.default_rng(count)
    faces = []
    for _ in range(count):
        x, y = random.integers(150, 200), random.integers(50, 100)
        side = random.integers(90, 140)
        light = random.uniform(0.3, 1)
        faces.append((grey[y : y + side, x : x + side] * light).astype(np.uint8))
    return faces


@pytest.fixture
def without_weights(tmp_path: Path) -> Path:
    """A model that can only be served, which an artifact may be."""
    folder = tmp_path / DEFAULT_MODEL
    shutil.copytree(MODEL, folder)
    (folder / WEIGHTS).unlink()
    values = json.loads((folder / METADATA).read_text())
    del values["files"][WEIGHTS]
    (folder / METADATA).write_text(json.dumps(values))
    return folder


@pytest.fixture
def gpu_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with a GPU's driver, as far as `auto` looks before it asks TensorFlow."""
    device = tmp_path / "nvidia0"
    device.touch()
    monkeypatch.setattr(classifiers, "GPU_DEVICES", (str(device),))


@pytest.fixture
def no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation for serving only."""
    monkeypatch.setitem(sys.modules, "keras", None)  # an import of it fails
    for name in ("mlcore.backend", "mlcore.tensorflow_network"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.fixture(scope="module")
def on_tensorflow() -> Recognizer:
    return get_recognizer(IN_FLOAT16, classifier=TENSORFLOW)


@pytest.mark.training
@pytest.mark.parametrize("count", [1, 2, 7, 33, 150])
def test_both_classifiers_give_the_same_answers(
    on_tensorflow: Recognizer, astronaut: np.ndarray, count: int
) -> None:
    """150 faces are 300 looks, more than the largest batch."""
    faces = faces_of(astronaut, count)
    answers = on_tensorflow.classify(faces)

    assert type(on_tensorflow.network) is not Network
    assert answers.shape == (count, 7)
    assert answers.dtype == np.float32
    assert (
        np.abs(answers - get_recognizer(IN_FLOAT16, classifier=LITERT).classify(faces)).max() < 1e-3
    )


@pytest.mark.training
def test_the_whole_chain_runs_on_tensorflow(
    on_tensorflow: Recognizer, astronaut: np.ndarray
) -> None:
    (face,) = on_tensorflow.recognize(astronaut)
    (expected,) = get_recognizer(IN_FLOAT16).recognize(astronaut)

    assert (face.expression, face.box) == ("happy", expected.box)
    assert face.probabilities == pytest.approx(expected.probabilities, abs=1e-3)
    assert on_tensorflow.classify([]).shape == (0, 7)


@pytest.mark.training
def test_threads_get_their_own_answers(on_tensorflow: Recognizer, astronaut: np.ndarray) -> None:
    batches = [faces_of(astronaut, 1 + number % 6) for number in range(24)]
    expected = [on_tensorflow.classify(batch) for batch in batches]

    with ThreadPoolExecutor(8) as pool:
        for answer, right in zip(pool.map(on_tensorflow.classify, batches), expected, strict=True):
            assert answer == pytest.approx(right, abs=1e-5)


@pytest.mark.training
def test_only_few_sizes_of_batch_reach_the_network(on_tensorflow: Recognizer) -> None:
    folder = PACKAGED_MODELS / IN_FLOAT16
    network = open_network(folder, load_metadata(folder), TENSORFLOW)
    sizes, run = set(), network._run
    network._run = lambda faces: (sizes.add(len(faces)), run(faces))[1]

    for count in (0, 1, 3, 5, 17, 64, 100, 256, 257):
        random = np.random.default_rng(count)
        faces = random.normal(size=(count, 48, 48, 1)).astype(np.float32)
        found, expected = network.logits(faces), on_tensorflow.network.logits(faces)
        for head, size in network.heads.items():
            assert found[head].shape == (count, size)
            assert found[head] == pytest.approx(expected[head], abs=1e-5)

    assert sizes == {4, 16, 64, 256}


@pytest.mark.training
def test_weights_that_are_not_the_models_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / DEFAULT_MODEL
    shutil.copytree(MODEL, folder)
    with (folder / WEIGHTS).open("ab") as weights:
        weights.write(b"more")

    with pytest.raises(ArtifactError, match="SHA-256"):
        Recognizer(folder, get_detector(), classifier=TENSORFLOW)


def test_a_model_without_weights_is_served_by_litert_only(
    without_weights: Path, gpu_driver: None
) -> None:
    with pytest.raises(ClassifierError, match=r"model\.keras"):
        Recognizer(without_weights, get_detector(), classifier=TENSORFLOW)

    for classifier in (LITERT, AUTO):
        recognizer = Recognizer(without_weights, get_detector(), classifier=classifier)
        assert type(recognizer.network) is Network


@pytest.mark.parametrize("name", ["", "onnx", "TensorFlow"])
def test_an_unknown_classifier_is_refused(name: str) -> None:
    with pytest.raises(ClassifierError, match="litert, tensorflow, auto"):
        get_recognizer(classifier=name)


def test_without_tensorflow_the_error_says_so(no_tensorflow: None) -> None:
    with pytest.raises(ClassifierError, match="needs TensorFlow and Keras"):
        Recognizer(MODEL, get_detector(), classifier=TENSORFLOW)

    assert type(Recognizer(MODEL, get_detector(), classifier=LITERT).network) is Network


@pytest.mark.training
@pytest.mark.parametrize(
    ("driver", "installed", "gpus", "expected"),
    [
        (True, True, ["NVIDIA T4"], "TensorFlowNetwork"),
        (True, True, [], "Network"),
        (True, False, ["NVIDIA T4"], "Network"),
        (False, True, ["NVIDIA T4"], "Network"),
    ],
)
def test_auto_takes_tensorflow_only_with_a_gpu(
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    driver: bool,
    installed: bool,
    gpus: list[str],
    expected: str,
) -> None:
    """The GPU itself is made up: what TensorFlow then runs on here is the processor."""
    if driver:
        request.getfixturevalue("gpu_driver")
    else:
        monkeypatch.setattr(classifiers, "GPU_DEVICES", ())
    monkeypatch.setattr(classifiers, "tensorflow_installed", lambda: installed)
    monkeypatch.setattr("mlcore.backend.gpu_names", lambda: gpus)

    network = open_network(MODEL, load_metadata(MODEL), AUTO)

    assert type(network).__name__ == expected


@pytest.mark.training
def test_another_backend_of_keras_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlcore.backend import keras

    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ClassifierError, match="set KERAS_BACKEND=tensorflow"):
        open_network(MODEL, load_metadata(MODEL), TENSORFLOW)


@pytest.mark.training
def test_tensorflow_shares_the_cards_memory_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import mlcore.backend

    name = "TF_FORCE_GPU_ALLOW_GROWTH"
    assert os.environ[name] == "true"
    monkeypatch.setenv(name, "false")
    mlcore.backend.share_gpu_memory()
    assert os.environ[name] == "false"
