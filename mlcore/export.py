"""From a Keras network to the LiteRT file that is served."""

import math
import tempfile
from pathlib import Path

import numpy as np

from mlcore.backend import keras, without_noise
from mlcore.calibration import softmax
from mlcore.errors import ArtifactError, TrainingDependencyError
from mlcore.network import Network

TOLERANCE = 1e-2
"""By how much a probability may change: weights are stored in half precision."""


def export_litert(model: "keras.Model", path: Path) -> None:
    """Write `model` as a LiteRT file with weights in half precision, and check what it answers.

    Args:
        model: from (N, size, size, channels) to a dict of logits (N, classes), one per head.
        path: the file to write. Its network has one output (N, sum of classes): the heads'
            logits side by side in the order of `model.output`.

    Raises:
        TrainingDependencyError: Keras runs on another backend than TensorFlow.
        ArtifactError: the exported network answers differently from the one it was made from.
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
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        path.write_bytes(converter.convert())
    _check(model, path)


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


def _check(model: "keras.Model", path: Path) -> None:
    network = Network(path.read_bytes(), heads_of(model))
    random = np.random.default_rng(0)
    for count in (1, 7):
        faces = random.normal(size=(count, *model.input_shape[1:])).astype(np.float32)
        expected = model.predict_on_batch(faces)
        for head, logits in network.logits(faces).items():
            difference = np.abs(softmax(logits) - softmax(np.asarray(expected[head]))).max()
            if difference > TOLERANCE:
                raise ArtifactError(
                    f"The exported network's {head} differs from Keras's by {difference:.3f}."
                )
