"""From a Keras network to the LiteRT file that is served."""

import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlcore.artifacts import PRECISIONS
from mlcore.backend import keras, without_noise
from mlcore.calibration import softmax
from mlcore.datasets.faces import FaceDataset
from mlcore.errors import ArtifactError, TrainingDependencyError
from mlcore.evaluation import export_loss
from mlcore.network import Network
from mlcore.preprocessing import Preprocessing

TOLERANCE: Mapping[str, float] = {"int8": 0.2, "float16": 1e-2, "float32": 1e-3}
"""By how much a probability may change, for noise, by what the weights are stored in. It tells a
network that was exported from one that was broken; what an export costs in accuracy is measured
on faces, see `export_without_loss`."""

MOST_LOST = 0.003
"""By how much the export may lower an accuracy."""


def export_litert(model: "keras.Model", path: Path, precision: str = "float16") -> None:
    """Write `model` as a LiteRT file, and check what it answers.

    Args:
        model: from (N, size, size, channels) to a dict of logits (N, classes), one per head.
        path: the file to write. Its network has one output (N, sum of classes): the heads'
            logits side by side in the order of `model.output`.
        precision: of `PRECISIONS`; input and output are float32 in any case.

    Raises:
        TrainingDependencyError: Keras runs on another backend than TensorFlow.
        ArtifactError: the exported network answers differently from the one it was made from;
            what was at `path` before stays.
    """
    if keras.backend.backend() != "tensorflow":
        raise TrainingDependencyError(
            "Exporting a network needs Keras on TensorFlow: set KERAS_BACKEND=tensorflow; weights "
            "that were trained on another backend load there unchanged."
        )
    import tensorflow as tf  # not at the top: on another backend it may not be installed

    tf.get_logger().setLevel("ERROR")
    joined = keras.Model(
        model.input, keras.layers.Concatenate(name="heads")(list(model.output.values()))
    )
    with tempfile.TemporaryDirectory() as folder, without_noise():
        joined.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if precision != "float32":
            # Without data to take scales from, these are int8 weights and scales at run time.
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        content = converter.convert()
    # Beside its place until it is checked, for a file that is there is taken for a good one.
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_bytes(content)
        _check(model, unfinished, TOLERANCE[precision])
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@dataclass(frozen=True)
class Export:
    """An exported network.

    Attributes:
        precision: what its weights are stored in, of `PRECISIONS`.
        lost: by how much each head is less often right than the trained one, one crop.
    """

    precision: str
    lost: dict[str, float]


def export_without_loss(
    model: "keras.Model",
    path: Path,
    preprocessing: Preprocessing,
    validation: FaceDataset,
    precision: str,
) -> Export:
    """Write `model` to `path` in `precision`, or in the next one whose export costs no head more
    than `MOST_LOST`: a long run must not end without a model because eight bits were too few.

    Args:
        validation: PublicTest, whose (size, size) faces the accuracies are measured on.

    Raises:
        ArtifactError: even in full precision the export costs more.
    """
    for candidate in PRECISIONS[PRECISIONS.index(precision) :]:
        try:
            export_litert(model, path, candidate)
        except ArtifactError:
            if candidate == PRECISIONS[-1]:
                raise
            continue
        network = Network(path.read_bytes(), heads_of(model), os.cpu_count() or 1)
        exported = network.logits(preprocessing.to_input(validation.images))
        lost = export_loss(model, preprocessing, exported, validation)
        if max(lost.values()) <= MOST_LOST:
            return Export(candidate, lost)
    worst = max(lost, key=lambda head: lost[head])
    raise ArtifactError(
        f"The exported network's {worst} accuracy is {lost[worst]:.4f} lower than it was before "
        "the export."
    )


def heads_of(model: "keras.Model") -> dict[str, int]:
    """Name and number of classes of each head, in the order of the exported output."""
    return {name: int(output.shape[-1]) for name, output in model.output.items()}


def multiply_adds(model: "keras.Model") -> int:
    """Multiplications of one face on its way through the convolutions, dense layers and LSTMs.

    A kernel is applied once at each place of its layer's output, those of an LSTM once at each
    step of its input; what has no kernel costs next to nothing.
    """
    count = 0
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            count += math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.LSTM):
            kernels = (layer.cell.kernel, layer.cell.recurrent_kernel)
            count += layer.input.shape[1] * sum(math.prod(kernel.shape) for kernel in kernels)
    return count


def _check(model: "keras.Model", path: Path, tolerance: float) -> None:
    network = Network(path.read_bytes(), heads_of(model))
    random = np.random.default_rng(0)
    for count in (1, 7):
        faces = random.normal(size=(count, *model.input_shape[1:])).astype(np.float32)
        expected = model.predict_on_batch(faces)
        for head, logits in network.logits(faces).items():
            difference = np.abs(softmax(logits) - softmax(np.asarray(expected[head]))).max()
            if difference > tolerance:
                raise ArtifactError(
                    f"The exported network's {head} differs from Keras's by {difference:.3f}."
                )
