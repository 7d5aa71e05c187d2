"""A small network of the VGG family (Simonyan & Zisserman 2014, https://arxiv.org/abs/1409.1556)
with batch normalisation and one output for each way the faces were labelled."""

from collections.abc import Mapping, Sequence

import keras
from keras import layers


def build(
    *,
    heads: Mapping[str, int],
    size: int = 48,
    filters: Sequence[int] = (32, 64, 128, 256),
    dense: int = 256,
    dropout: float = 0.4,
) -> keras.Model:
    """Two 3x3 conv-BN-ReLU and a 2x2 max-pool per entry of `filters`, a dense layer, the heads.

    Args:
        heads: name and number of classes of each output.
        size: side of the square grey input; must be divisible by 2 once per entry of `filters`.
        filters: width of each block.
        dense: units of the hidden dense layer.
        dropout: share dropped before and after it.

    Returns:
        A model from (N, size, size, 1) float32 to a dict of logits (N, classes), one per head.
        With the defaults, 1.77 M parameters and 118 M multiply-adds.
    """
    inputs = x = keras.Input((size, size, 1), name="face")
    for block, width in enumerate(filters, start=1):
        for step in (1, 2):
            x = layers.Conv2D(
                width,
                3,
                padding="same",
                use_bias=False,
                kernel_initializer="he_normal",
                name=f"block{block}_conv{step}",
            )(x)
            x = layers.BatchNormalization(momentum=0.9, name=f"block{block}_bn{step}")(x)
            x = layers.ReLU(name=f"block{block}_relu{step}")(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(dropout, name="dropout1")(x)
    x = layers.Dense(dense, use_bias=False, kernel_initializer="he_normal", name="dense")(x)
    x = layers.BatchNormalization(momentum=0.9, name="dense_bn")(x)
    x = layers.ReLU(name="dense_relu")(x)
    x = layers.Dropout(dropout, name="dropout2")(x)
    # Logits stay in float32: in half precision a softmax of close values loses its order.
    outputs = {
        name: layers.Dense(classes, dtype="float32", name=name)(x)
        for name, classes in heads.items()
    }
    return keras.Model(inputs, outputs, name="compact_vgg")
