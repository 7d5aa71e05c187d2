"""ZCA whitening as a frozen first layer, so that an exported network carries it with it.

Neighbouring pixels of faces say nearly the same. Whitening makes all pixels uncorrelated with
variance 1, and of all ways to do so ZCA leaves the picture most like itself (Bell & Sejnowski 1997,
"The 'independent components' of natural scenes are edge filters"; Krizhevsky 2009, "Learning
Multiple Layers of Features from Tiny Images", appendix A).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.backend import keras

FACES = 10_000
"""Most faces that a whitening is fitted on: four for each of the 2304 pixels of 48x48."""

LAYER = "zca"
"""The layer's name."""


def fit_zca(
    inputs: NDArray[np.float32], epsilon: float = 0.1
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The whitening of training faces: (face - mean) @ matrix.

    Of more than `FACES` faces, as many are taken at even distances. The time grows with the sixth
    power of the side and the cube of the channels.

    Args:
        inputs: (N, size, size, channels) float32, as the network gets them.
        epsilon: what is added to every variance, as a share of their mean. The fine detail that
            varies least is mostly noise, and would be blown up as much as the rest otherwise. 0.1
            is what pylearn2 used on CIFAR-10 after bringing each picture to variance 1, and
            reaches also where there are fewer faces than pixels.

    Returns:
        The symmetric (D, D) matrix and the (D,) mean, float32, with D = size * size * channels.

    Raises:
        ValueError: epsilon is not positive, or all faces are the same.
    """
    if not epsilon > 0:
        raise ValueError(f"whitening needs a positive epsilon, not {epsilon!r}")
    if len(inputs) > FACES:
        inputs = inputs[np.linspace(0, len(inputs) - 1, FACES).astype(int)]
    flat = inputs.reshape(len(inputs), -1)
    if (flat == flat[0]).all():
        raise ValueError("faces that are all the same cannot be whitened")
    mean = flat.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((flat.shape[1], flat.shape[1]))
    for start in range(0, len(flat), 1024):
        centred = flat[start : start + 1024] - mean
        covariance += centred.T @ centred
    variances, directions = np.linalg.eigh(covariance / len(flat))
    # Rounding leaves those that should be 0 a little below.
    scales = 1 / np.sqrt(np.maximum(variances, 0) + epsilon * variances.mean())
    matrix = (directions * scales) @ directions.T
    return matrix.astype(np.float32), mean.astype(np.float32)


def whitened(
    model: "keras.Model",
    matrix: NDArray[np.float32] | None = None,
    mean: NDArray[np.float32] | None = None,
) -> "keras.Model":
    """A network that whitens its faces and then does what `model` does.

    Args:
        model: from (N, size, size, channels) float32 to a dict of logits; not compiled. It stays
            as it is.
        matrix, mean: of `fit_zca`. Without both the layer hands the faces on as they are, until
            weights are loaded.

    Returns:
        A model with input and outputs like `model`'s. Its `layers` are a frozen dense layer named
        `LAYER`, which holds D * D + D values in float32, and copies of the layers of `model`
        under the same names and with the same weights.
    """
    layers = keras.layers
    shape = tuple(model.input.shape[1:])
    face = keras.Input(shape, name="face")
    # A dense layer's mixed precision would round the sum of thousands of products.
    common = {"dtype": "float32", "trainable": False}
    pixels = layers.Reshape((-1,), name=f"{LAYER}_pixels", **common)(face)
    dense = layers.Dense(pixels.shape[-1], kernel_initializer="identity", name=LAYER, **common)
    picture = layers.Reshape(shape, name=f"{LAYER}_face", **common)(dense(pixels))

    def call(layer: Any, *args: Any, **options: Any) -> Any:
        return layer(*(picture if value is face else value for value in args), **options)

    copy = keras.models.clone_model(model, input_tensors=face, call_function=call)
    for layer in model.layers:
        copy.get_layer(layer.name).set_weights(layer.get_weights())
    if matrix is not None and mean is not None:
        dense.set_weights([matrix, -(mean.astype(np.float64) @ matrix)])
    return copy
