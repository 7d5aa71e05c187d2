"""Every backend of Keras trains the same network, and what one made the others take.

A process has one backend, so each gets processes of its own: first they train, then they load what
all of them made. A backend that is not installed is skipped.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlcore.augmentation import Augmentation
from mlcore.datasets import FaceDataset
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe
from mlcore.recipes.base import LABELS_ONLY

# Six processes that each import and compile a backend: a minute, and several on a busy machine.
pytestmark = [pytest.mark.training, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
BACKENDS = ("tensorflow", "jax", "torch")
INSTALLED = [
    backend
    for backend in BACKENDS
    if importlib.util.find_spec(backend) and importlib.util.find_spec("keras")
]
OTHERS = BACKENDS[1:]
ROUNDING = 2e-3
"""The two ways round differently, and each step makes more of it; how much depends on the
processor. Another order of the faces in the last epoch alone changes weights by far more."""
UNCHANGED = Augmentation(
    flip=0, rotation=0, scale=0, shift=0, shear=0, contrast=0, brightness=0, erase=0
)


def toy_recipe(augmentation: Augmentation = UNCHANGED, epochs: int = 2) -> Recipe:
    """A network without dropout, whose draws differ between backends."""
    return Recipe(
        name="toy",
        architecture="monitor_cnn",
        options={"depth": 2},
        preprocessing=Preprocessing(size=24),
        augmentation=augmentation,
        heads=LABELS_ONLY,
        epochs=epochs,
        batch_size=32,
        learning_rate=0.02,
        warmup_steps=2,
        ema=0.9,
        precision="float32",
    )


def toy_faces() -> FaceDataset:
    """320 faces of 24x24 whose brightness gradient gives their label away."""
    random = np.random.default_rng(0)
    labels = random.permutation(np.arange(320) % 7)
    ramps = np.linspace(-1, 1, 24)[None, None, :] * (labels[:, None, None] - 3) * 30
    images = np.clip(128 + ramps + random.normal(0, 5, (320, 24, 24)), 0, 255).astype(np.uint8)
    splits = np.array(["Training"] * 256 + ["PublicTest"] * 32 + ["PrivateTest"] * 32)
    return FaceDataset(images, labels.astype(np.int64), splits)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all installed backends trained and loaded; see `train` and `load` below."""
    folder = tmp_path_factory.mktemp("backends")
    run_processes("train", INSTALLED[:1], folder)  # it draws the weights that all begin with
    run_processes("train", INSTALLED[1:], folder)
    run_processes("load", INSTALLED, folder)
    return folder


def run_processes(task: str, backends: list[str], folder: Path) -> None:
    """Do the task under each backend, in processes side by side."""
    # Networks this small lose more by sharing a step among threads than they win.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    processes = {
        backend: subprocess.Popen(
            [sys.executable, "-m", "mlcore.tests.test_backends", task, str(folder)],
            cwd=ROOT,
            env={**environment, "KERAS_BACKEND": backend},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for backend in backends
    }
    try:
        for backend, process in processes.items():
            output, _ = process.communicate(timeout=540)
            assert process.returncode == 0, f"{backend}: {output[-4000:]}"
    finally:
        for process in processes.values():
            process.kill()


def require_installed(*backends: str) -> None:
    for backend in backends:
        if backend not in INSTALLED:
            pytest.skip(f"{backend} is not installed")


def trained(folder: Path, backend: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / f"{backend}.json").read_text())
    for batches in ("host", "device"):
        with np.load(folder / f"{backend}_{batches}.npz") as arrays:
            values[batches] = [arrays[name] for name in arrays.files]
    return values


@pytest.mark.parametrize("backend", OTHERS)
def test_training_gives_the_same_network_as_on_tensorflow(folder: Path, backend: str) -> None:
    require_installed("tensorflow", backend)
    expected, found = trained(folder, "tensorflow"), trained(folder, backend)
    assert found["losses"] == pytest.approx(expected["losses"], abs=1e-3)
    assert found["losses"][-1] < found["losses"][0]
    for batches in ("host", "device"):
        for one, other in zip(found[batches], expected[batches], strict=True):
            assert one == pytest.approx(other, abs=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_network_learns_from_faces_on_the_device(folder: Path, backend: str) -> None:
    require_installed(backend)
    values = trained(folder, backend)
    assert values["changed_on_device"][-1] < 0.95 * values["changed_on_device"][0]
    # Without changes it sees what the host would send.
    assert values["on_device"] == pytest.approx(values["losses"], abs=1e-3)


def test_an_epoch_as_one_program_trains_as_step_by_step(folder: Path) -> None:
    require_installed("jax")
    values = trained(folder, "jax")
    assert values["compiled"] == pytest.approx(values["changed_on_device"], abs=ROUNDING)
    with np.load(folder / "jax_compiled.npz") as arrays:
        weights = [arrays[name] for name in arrays.files]
    with np.load(folder / "jax_changed.npz") as arrays:
        for weight, name in zip(weights, arrays.files, strict=True):
            assert weight == pytest.approx(arrays[name], abs=ROUNDING)
    # The average lags behind the weights, from which it began.
    assert 0 < values["average_lags"] < 0.5


@pytest.mark.parametrize("maker", BACKENDS)
@pytest.mark.parametrize("taker", BACKENDS)
def test_a_saved_network_answers_alike_on_every_backend(
    folder: Path, maker: str, taker: str
) -> None:
    require_installed(maker, taker)
    answers = np.load(folder / f"{maker}_on_{taker}.npy")
    assert answers == pytest.approx(np.load(folder / f"{maker}_on_{maker}.npy"), abs=1e-4)
    assert answers.shape == (32, 7)
    assert np.ptp(answers) > 0.1


@pytest.mark.parametrize("maker", BACKENDS)
def test_a_network_of_every_backend_is_exported(folder: Path, maker: str) -> None:
    from mlcore.calibration import softmax
    from mlcore.network import Network

    require_installed("tensorflow", maker)
    network = Network((folder / f"{maker}.tflite").read_bytes(), dict(LABELS_ONLY))
    test = toy_faces().split("PrivateTest")
    logits = network.logits(toy_recipe().preprocessing.to_input(test.images))["fer2013"]
    expected = np.load(folder / f"{maker}_on_{maker}.npy")
    assert softmax(logits) == pytest.approx(softmax(expected), abs=1e-2)


def train(folder: Path) -> None:
    """Train on the host's batches and on the device's, from the weights in `folder`.

    Writes {backend}.keras, {backend}.json with the losses, and the weights after the last epoch:
    {backend}_host.npz (averaged) and {backend}_device.npz.
    """
    from mlcore import architectures, training
    from mlcore.backend import keras
    from mlcore.batches import TrainingBatches
    from mlcore.device_batches import RowBatches, device_training
    from mlcore.run_folder import Average, read_history

    backend = keras.backend.backend()
    dataset = toy_faces()
    build = architectures.build

    def begun(*names: str, **options: Any) -> "keras.Model":
        network = build(*names, **options)
        if not (folder / "start.weights.h5").exists():
            network.save_weights(folder / "start.weights.h5")
        network.load_weights(folder / "start.weights.h5")
        return network

    architectures.build = begun
    model = training.train(toy_recipe(), dataset, folder / backend)
    model.save(folder / f"{backend}.keras")
    # Not the model's: its best epoch may be the first.
    shutil.copy(folder / backend / "checkpoint" / "average.npz", folder / f"{backend}_host.npz")

    def on_device(recipe: Recipe) -> tuple["keras.Model", "RowBatches"]:
        host = TrainingBatches(recipe, dataset.split("Training"))
        model, batches = device_training(
            recipe, training.build_float32(recipe), host.images, host.targets, host.weights
        )
        training.compile_for(model, recipe, steps=len(batches) * recipe.epochs)
        return model, batches

    def trained_on_device(recipe: Recipe) -> tuple["keras.Model", list[float]]:
        model, batches = on_device(recipe)
        losses = []
        for epoch in range(recipe.epochs):
            batches.shuffle(epoch)
            losses += model.fit(batches, shuffle=False, verbose=0).history["loss"]
        return model, losses

    model, unchanged = trained_on_device(toy_recipe())
    np.savez(folder / f"{backend}_device.npz", *model.get_weights())
    changing = replace(
        toy_recipe(Augmentation(flip=0, zoom=0.1, noise=0.05, blur=1.0), epochs=4), mixup=0.2
    )
    model, changed_on_device = trained_on_device(changing)
    values: dict[str, Any] = {
        "losses": [row["loss"] for row in read_history(folder / backend)],
        "on_device": unchanged,
        "changed_on_device": changed_on_device,
    }
    if backend == "jax":
        from mlcore.compiled_epochs import CompiledEpochs

        np.savez(folder / "jax_changed.npz", *model.get_weights())
        model, batches = on_device(changing)
        average = Average()
        run = CompiledEpochs(model, batches, average, momentum=0.9)
        values["compiled"] = []
        for epoch in range(changing.epochs):
            batches.shuffle(epoch)
            values["compiled"].append(run()["loss"])
        weights = model.get_weights()
        np.savez(folder / "jax_compiled.npz", *weights)
        values["average_lags"] = max(
            float(np.abs(mean - weight).max())
            for mean, weight in zip(average.weights, weights, strict=True)
        )
    (folder / f"{backend}.json").write_text(json.dumps(values))


def load(folder: Path) -> None:
    """Write the logits {maker}_on_{backend}.npy of all saved networks; on TensorFlow, export."""
    from mlcore.backend import keras
    from mlcore.evaluation import predict_logits
    from mlcore.export import export_litert

    backend = keras.backend.backend()
    faces = toy_faces().split("PrivateTest").images
    for path in folder.glob("*.keras"):
        model = keras.models.load_model(path)
        logits = predict_logits(model, faces, toy_recipe().preprocessing)["fer2013"]
        np.save(folder / f"{path.stem}_on_{backend}.npy", logits)
        if backend == "tensorflow":
            export_litert(model, folder / f"{path.stem}.tflite")


if __name__ == "__main__":
    {"train": train, "load": load}[sys.argv[1]](Path(sys.argv[2]))
