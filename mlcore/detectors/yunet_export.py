"""From YuNet's ONNX file to the LiteRT file that is packaged; needs TensorFlow."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.backend import without_noise
from mlcore.detectors.yunet_networks import EDGE
from mlcore.errors import DetectorError
from mlcore.network import new_interpreter

if TYPE_CHECKING:
    import tensorflow as tf

STEPS = (8, 16, 32)
"""Pixels of the cells of its three grids."""

TOLERANCE = 1e-3
"""By how much an answer may change, for rounding."""


def export_yunet(source: Path, target: Path) -> None:
    """Write a LiteRT file of an ONNX file of YuNet's 2023 form, and check what it answers.

    It takes a (1, height + 2, width + 2, 3) float32 RGB picture, 0 to 255: height and width are
    multiples of 32, and on each side there is a black pixel. For each of the `STEPS` it gives a
    (1, rows, columns, 5) grid: a cell's score, how far right and down of the cell's corner the
    face's centre lies, and the logarithms of its width and height, all in cells. Eyes, nose and
    mouth are left out.

    Raises:
        DetectorError: the file holds another network, or the one written answers differently.
    """
    try:
        network = cv2.dnn.readNetFromONNX(np.frombuffer(source.read_bytes(), np.uint8))
        content = _converted(network)
    except (cv2.error, StopIteration, ValueError) as error:
        raise DetectorError(f"{source} does not hold YuNet's network of 2023.") from error
    _check(network, content)
    target.write_bytes(content)


def _converted(network: "cv2.dnn.Net") -> bytes:
    import tensorflow as tf  # not at the top: it takes seconds, and serving does without

    convolutions = list(_convolutions(network))

    def grids(picture: "tf.Tensor") -> list["tf.Tensor"]:
        return _grids(picture, iter(convolutions))

    with without_noise():
        picture = tf.TensorSpec((1, None, None, 3), tf.float32)
        functions = [tf.function(grids).get_concrete_function(picture)]
        return bytes(tf.lite.TFLiteConverter.from_concrete_functions(functions).convert())


def _convolutions(network: "cv2.dnn.Net") -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Weights (out, in, 3 or 1, 3 or 1) and biases (out,) in the order in which they are used."""
    for name in network.getLayerNames():
        layer = network.getLayer(name)
        if layer.type == "Convolution":
            weights, bias = (np.array(blob) for blob in layer.blobs)
            yield weights, bias.ravel()


def _grids(
    picture: "tf.Tensor", convolutions: Iterator[tuple[NDArray[Any], NDArray[Any]]]
) -> list["tf.Tensor"]:
    import tensorflow as tf

    def unit(values: "tf.Tensor") -> "tf.Tensor":
        """Across the channels, then each by itself."""
        weights, bias = next(convolutions)
        values = tf.nn.conv2d(values, weights.transpose(2, 3, 1, 0), 1, "VALID") + bias
        weights, bias = next(convolutions)
        kernel = weights.transpose(2, 3, 0, 1)
        return tf.nn.depthwise_conv2d(values, kernel, (1, 1, 1, 1), "SAME") + bias

    def units(values: "tf.Tensor", count: int) -> "tf.Tensor":
        for _ in range(count):
            values = tf.nn.relu(unit(values))
        return values

    def halved(values: "tf.Tensor") -> "tf.Tensor":
        return tf.nn.max_pool2d(values, 2, 2, "VALID")

    def doubled(values: "tf.Tensor") -> "tf.Tensor":
        # Each value four times: unlike a resize to a size that is computed, XNNPACK runs this.
        return tf.nn.depth_to_space(tf.concat([values] * 4, axis=-1), 2)

    weights, bias = next(convolutions)
    # OpenCV's pictures are BGR.
    kernel = weights[:, ::-1].transpose(2, 3, 1, 0)
    values = units(tf.nn.relu(tf.nn.conv2d(picture, kernel, 2, "VALID") + bias), 1)
    values = units(halved(values), 4)
    fine = units(halved(values), 2)
    middle = units(halved(fine), 2)
    coarse = units(halved(middle), 3)
    middle = units(doubled(coarse) + middle, 1)
    fine = units(doubled(middle) + fine, 1)
    levels = (fine, middle, coarse)
    classes, boxes, objects = ([unit(level) for level in levels] for _ in range(3))
    return [
        tf.concat([tf.sqrt(tf.sigmoid(one) * tf.sigmoid(other)), box], axis=-1)
        for one, other, box in zip(classes, objects, boxes, strict=True)
    ]


def _check(network: "cv2.dnn.Net", content: bytes) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (96, 160, 3)).astype(np.float32)
    network.setInput(cv2.dnn.blobFromImage(picture[..., ::-1]))
    names = [f"{head}_{step}" for step in STEPS for head in ("cls", "obj", "bbox")]
    outputs = iter(network.forward(names))
    edged = np.pad(picture, ((EDGE, EDGE), (EDGE, EDGE), (0, 0)))[None]
    interpreter = new_interpreter(content, shape=edged.shape)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], edged)
    interpreter.invoke()
    grids = [interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()]
    for grid in sorted(grids, key=lambda grid: -grid.size):
        one, other, boxes = (next(outputs).reshape(-1, size) for size in (1, 1, 4))
        expected = np.concatenate([np.sqrt(one * other), boxes], axis=1)
        difference = np.abs(grid.reshape(-1, 5) - expected).max()
        if difference > TOLERANCE:
            raise DetectorError(f"The converted network's answers differ by {difference:.4f}.")
