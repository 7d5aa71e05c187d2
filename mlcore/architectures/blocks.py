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


def logits(x: keras.KerasTensor, heads: Mapping[str, int]) -> dict[str, keras.KerasTensor]:
    """(N, classes) logits of each head from (N, features).

    They stay in float32: in half precision a softmax of close values loses its order.
    """
    return {
        name: layers.Dense(classes, dtype="float32", name=name)(x)
        for name, classes in heads.items()
    }
