"""Training images per second: vgg9 as our recipes train it, and in plain Keras on an image folder.

    .venv/bin/python -m benchmarks.training --data DIR [--faces 28709] [--steps 20] [--rounds 3]

DIR holds fer2013.csv. Ours is what `mlcore.training.train` runs in an epoch: OpenCV's augmentation
of faces in memory, and the averaged weights. Beside it, in turns in the same run, the same network
as the papers' code trains it: PNG files in a folder for each class, Keras's random layers in
tf.data or the older `ImageDataGenerator`, float32, `model.fit`. After an epoch to warm up, whole
epochs of `--steps` batches are timed. A GPU wants all the steps of FER2013: `--steps 224`.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table
from mlcore import architectures
from mlcore.backend import gpu_names, keras
from mlcore.batches import TrainingBatches
from mlcore.datasets.faces import TRAINING, FaceDataset
from mlcore.datasets.fer2013 import load_fer2013
from mlcore.export import multiply_adds
from mlcore.labels import EXPRESSIONS
from mlcore.preprocessing import Preprocessing
from mlcore.recipes.base import LABELS_ONLY, Recipe
from mlcore.run_folder import Average
from mlcore.training import WeightAverage, compile_for

SIZE, CHANNELS, BATCH = 48, 3, 128

PEAK_TFLOPS = {
    "NVIDIA H200": 989,
    "NVIDIA H100 80GB HBM3": 989,
    "NVIDIA A100-SXM4-80GB": 312,
    "NVIDIA A100-SXM4-40GB": 312,
}
"""Dense bfloat16, from NVIDIA's data sheets; those of Hopper print twice as much, for sparsity."""

Epoch = Callable[[], object]


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--faces", type=int, default=28_709)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peak-tflops", type=float, help="the GPU's, dense, in bfloat16")
    options = parser.parse_args()
    print_machine()
    faces = load_fer2013(options.data / "fer2013.csv").split(TRAINING)
    faces = faces.take(np.arange(min(options.faces, len(faces))))
    steps = min(options.steps, len(faces) // BATCH)
    with tempfile.TemporaryDirectory(prefix="expression-lab-faces-") as folder:
        write_pngs(faces, Path(folder))
        epochs = {
            "ours, mixed_bfloat16": ours(faces, steps, "mixed_bfloat16"),
            "ours, float32": ours(faces, steps, "float32"),
            **on_tf_data(Path(folder), steps),
            **on_image_data_generator(Path(folder), steps),
        }
        rates = images_per_second(epochs, steps * BATCH, options.rounds)
    first = next(iter(rates.values()))
    timed = f"{steps} batches of {BATCH}, {options.rounds} times"
    gpu = next(iter(gpu_names()), "")
    peak = options.peak_tflops or PEAK_TFLOPS.get(gpu)
    if not gpu:
        print("Keras sees no GPU here, so there is no share of a device's peak.\n")
    elif not peak:
        print(f"No peak of the {gpu} is known here: give it as --peak-tflops.\n")
    else:
        print(f"{gpu}, {peak:g} TFLOP/s in dense bfloat16.\n")
    print_table(
        [
            f"vgg9, Keras on {keras.backend.backend()}, {timed}",
            "images per second",
            "first is faster by",
            *(["TFLOP/s", "of the peak"] if gpu and peak else []),
        ],
        [
            [
                name,
                f"{rate:,.0f}",
                f"{first / rate:.2f}",
                *(shares(rate, peak) if gpu and peak else []),
            ]
            for name, rate in rates.items()
        ],
    )


def ours(faces: FaceDataset, steps: int, precision: str) -> Epoch:
    recipe = Recipe(
        name="benchmark",
        architecture="vgg9",
        heads=LABELS_ONLY,
        preprocessing=Preprocessing(size=SIZE, channels=CHANNELS),
        batch_size=BATCH,
        precision=precision,
    )
    batches = TrainingBatches(recipe, faces)
    keras.config.set_dtype_policy(precision)
    model = vgg9()
    keras.config.set_dtype_policy("float32")
    compile_for(model, recipe, steps)
    callbacks = [WeightAverage(Average(), recipe.ema)]
    return lambda: model.fit(
        batches, steps_per_epoch=steps, callbacks=callbacks, shuffle=False, verbose=0
    )


def on_tf_data(folder: Path, steps: int) -> dict[str, Epoch]:
    """The pipeline of Keras's guides."""
    try:
        import tensorflow as tf
    except ImportError:
        print("Without TensorFlow there is no tf.data, so that alternative is left out.\n")
        return {}
    layers = keras.layers
    augment = keras.Sequential(
        [
            layers.Rescaling(1 / 255),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(15 / 360),
            layers.RandomZoom(0.18),
            layers.RandomTranslation(0.085, 0.085),
            layers.RandomBrightness(0.3, value_range=(0, 1)),
            layers.RandomContrast(0.3, value_range=(0, 1)),
        ]
    )
    files = keras.utils.image_dataset_from_directory(
        folder, label_mode="categorical", image_size=(SIZE, SIZE), batch_size=BATCH, verbose=False
    )
    batches = files.map(
        lambda pictures, labels: (augment(pictures, training=True), labels),
        num_parallel_calls=tf.data.AUTOTUNE,
    ).prefetch(tf.data.AUTOTUNE)
    return plain_fits("plain Keras on tf.data", batches, steps)


def on_image_data_generator(folder: Path, steps: int) -> dict[str, Epoch]:
    """The pipeline of Keras 2, a `PyDataset` that reads with Pillow and warps with SciPy."""
    try:
        # Public as tf.keras.preprocessing.image only, which not every backend's machine has.
        from keras.src.legacy.preprocessing.image import ImageDataGenerator
    except ImportError:
        print("This Keras has no ImageDataGenerator, so that alternative is left out.\n")
        return {}
    generator = ImageDataGenerator(
        rescale=1 / 255,
        horizontal_flip=True,
        rotation_range=15,
        zoom_range=0.18,
        width_shift_range=0.085,
        height_shift_range=0.085,
        brightness_range=(0.7, 1.3),
    )
    batches = generator.flow_from_directory(folder, target_size=(SIZE, SIZE), batch_size=BATCH)
    return plain_fits("plain Keras on ImageDataGenerator", batches, steps)


def plain_fits(name: str, batches: Any, steps: int) -> dict[str, Epoch]:
    """By Keras's defaults; on TensorFlow, whose default is XLA, also as before there was XLA."""
    fits = {name: plain_fit(batches, steps, jit_compile="auto")}
    if keras.backend.backend() == "tensorflow":
        fits[f"{name}, jit_compile=False"] = plain_fit(batches, steps, jit_compile=False)
    return fits


def plain_fit(batches: Any, steps: int, jit_compile: Any) -> Epoch:
    network = vgg9()
    chances = keras.layers.Softmax()(network.output["fer2013"])
    model = keras.Model(network.input, chances)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-4),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    # Both pipelines shuffle by themselves.
    return lambda: model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)


def vgg9() -> "keras.Model":
    return architectures.build("vgg9", heads=LABELS_ONLY, size=SIZE, channels=CHANNELS)


def write_pngs(faces: FaceDataset, folder: Path) -> None:
    for name in EXPRESSIONS:
        (folder / name).mkdir()
    for row, (face, label) in enumerate(zip(faces.images, faces.labels, strict=True)):
        Image.fromarray(face).save(folder / EXPRESSIONS[label] / f"{row}.png")


def images_per_second(epochs: dict[str, Epoch], images: int, rounds: int) -> dict[str, float]:
    """The median of each, after one epoch that builds and compiles."""
    times: dict[str, list[float]] = {name: [] for name in epochs}
    for _ in range(1 + rounds):
        for name, epoch in epochs.items():
            started = time.monotonic()
            epoch()
            times[name].append(time.monotonic() - started)
    return {name: images / statistics.median(seconds[1:]) for name, seconds in times.items()}


def shares(rate: float, peak: float) -> list[str]:
    """Arithmetic per second; the way back costs twice the way there."""
    achieved = rate * 3 * multiply_adds(vgg9()) * 2 / 1e12
    return [f"{achieved:.2f}", f"{achieved / peak:.2%}"]


if __name__ == "__main__":
    main()
