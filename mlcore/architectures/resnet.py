"""A residual network (He et al. 2015, https://arxiv.org/abs/1512.03385) for faces of 48x48: the
widest of ours, for a GPU."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import layers

from mlcore.architectures.blocks import logits


def build(
    *,
    heads: Mapping[str, int],
    size: int = 48,
    channels: int = 1,
    filters: Sequence[int] = (64, 128, 256, 512),
    blocks: Sequence[int] = (2, 2, 2, 2),
    dropout: float = 0.3,
) -> keras.Model:
    """ResNet-18 without what it does to large pictures: a 3x3 stem of stride 1 and no first pool.

    Each stage but the first halves height and width. Normalisation and ReLU come before the
    convolutions (He et al. 2016, https://arxiv.org/abs/1603.05027); dropout follows the mean over
    all places.

    Args:
        heads: name and number of classes of each output.
        size: side of the square input; at least 2 to the number of halvings.
        channels: 1 for grey, 3 for RGB.
        filters: width of each stage.
        blocks: how many blocks of two 3x3 convolutions each stage has.
        dropout: share dropped before the heads.

    Returns:
        A model from (N, size, size, channels) float32 to a dict of float32 logits (N, classes),
        one per head; the loss and whoever serves take the softmax. With the defaults and both
        heads, 11.18 M parameters and 1,247 M multiply-adds.

    Raises:
        ValueError: `filters` and `blocks` name different numbers of stages, or more than `size`
            can be halved for.
    """
    if len(filters) != len(blocks):
        raise ValueError("filters and blocks must name the same stages")
    if size < 2 ** (len(filters) - 1):
        raise ValueError(f"{len(filters)} stages leave nothing of {size} pixels")
    inputs = keras.Input((size, size, channels), name="face")
    x = _conv(inputs, filters[0], "stem")
    for stage, (width, count) in enumerate(zip(filters, blocks, strict=True), start=1):
        for number in range(1, count + 1):
            strides = 2 if stage > 1 and number == 1 else 1
            x = _block(x, width, strides, f"stage{stage}_block{number}")
    x = _norm_relu(x, "last")
    x = layers.GlobalAveragePooling2D(name="places")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, logits(x, heads), name="resnet")


def _block(x: keras.KerasTensor, width: int, strides: int, name: str) -> keras.KerasTensor:
    shortcut = x
    x = _norm_relu(x, f"{name}_a")
    if strides > 1 or shortcut.shape[-1] != width:
        shortcut = _conv(x, width, f"{name}_shortcut", kernel_size=1, strides=strides)
    x = _conv(x, width, f"{name}_conv1", strides=strides)
    x = _norm_relu(x, f"{name}_b")
    x = _conv(x, width, f"{name}_conv2")
    return layers.Add(name=f"{name}_add")([shortcut, x])


def _norm_relu(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _conv(
    x: keras.KerasTensor, filters: int, name: str, kernel_size: int = 3, **options: Any
) -> keras.KerasTensor:
    return layers.Conv2D(
        filters,
        kernel_size,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
        **options,
    )(x)
