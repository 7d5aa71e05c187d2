"""What several networks are made of."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers


def conv_bn_relu(
    x: keras.KerasTensor, filters: int, name: str, **options: Any
) -> keras.KerasTensor:
    """A 3x3 convolution, batch normalisation and ReLU.

    Args:
        x: (N, height, width, channels).
        filters: channels of the answer, which keeps height and width unless `options` say
            otherwise.
        name: of the convolution; those of the other two are made from it.
        options: what `keras.layers.Conv2D` takes.
    """
    x = layers.Conv2D(filters, 3, **{"padding": "same", **options}, name=name)(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def squeeze_excite(x: keras.KerasTensor, ratio: int, name: str) -> keras.KerasTensor:
    """(N, height, width, channels), each channel scaled by what all places of all channels say
    (Hu et al. 2017, https://arxiv.org/abs/1709.01507); `ratio` is that of the narrower layer."""
    channels = x.shape[-1]
    scale = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_mean")(x)
    scale = layers.Conv2D(channels // ratio, 1, activation="relu", name=f"{name}_in")(scale)
    scale = layers.Conv2D(channels, 1, activation="sigmoid", name=f"{name}_out")(scale)
    return layers.Multiply(name=f"{name}_scaled")([x, scale])


def logits(x: keras.KerasTensor, heads: Mapping[str, int]) -> dict[str, keras.KerasTensor]:
    """(N, classes) logits of each head from (N, features).

    They stay in float32: in half precision a softmax of close values loses its order.
    """
    return {
        name: layers.Dense(classes, dtype="float32", name=name)(x)
        for name, classes in heads.items()
    }
