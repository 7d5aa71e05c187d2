"""A small network of the VGG family (Simonyan & Zisserman 2014, https://arxiv.org/abs/1409.1556)
with batch normalisation and one output for each way the faces were labelled."""

from collections.abc import Mapping, Sequence

import keras
from keras import layers

from mlcore.architectures.blocks import logits, squeeze_excite


def build(
    *,
    heads: Mapping[str, int],
    size: int = 48,
    channels: int = 1,
    filters: Sequence[int] = (32, 64, 128, 256),
    convs: Sequence[int] = (),
    squeeze: int = 0,
    dense: int = 256,
    dropout: float = 0.4,
) -> keras.Model:
    """Blocks of 3x3 conv-BN-ReLU with a 2x2 max-pool behind each, a dense layer, the heads.

    Args:
        heads: name and number of classes of each output.
        size: side of the square input; what a block leaves of odd side is not pooled.
        channels: 1 for grey, 3 for RGB.
        filters: width of each block.
        convs: how many convolutions each block has; two where nothing is said.
        squeeze: by how much the channels' attention at the end of each block is narrower than the
            block (Hu et al. 2017, https://arxiv.org/abs/1709.01507); 0 is none.
        dense: units of the hidden dense layer.
        dropout: share dropped before and after it.

    Returns:
        A model from (N, size, size, channels) float32 to a dict of float32 logits (N, classes),
        one per head; the loss and whoever serves take the softmax. With the defaults,
        1.77 M parameters and 118 M multiply-adds.

    Raises:
        ValueError: `filters` and `convs` name different numbers of blocks, or more than `size` can
            be halved for.
    """
    convs = convs or [2] * len(filters)
    if len(convs) != len(filters):
        raise ValueError("filters and convs must name the same blocks")
    inputs = x = keras.Input((size, size, channels), name="face")
    for block, (width, count) in enumerate(zip(filters, convs, strict=True), start=1):
        if x.shape[1] == 1:
            raise ValueError(f"{len(filters)} blocks leave nothing of {size} pixels")
        for step in range(1, count + 1):
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
        if squeeze:
            x = squeeze_excite(x, squeeze, f"block{block}_squeeze")
        if x.shape[1] % 2 == 0:
            x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(dropout, name="dropout1")(x)
    x = layers.Dense(dense, use_bias=False, kernel_initializer="he_normal", name="dense")(x)
    x = layers.BatchNormalization(momentum=0.9, name="dense_bn")(x)
    x = layers.ReLU(name="dense_relu")(x)
    x = layers.Dropout(dropout, name="dropout2")(x)
    return keras.Model(inputs, logits(x, heads), name="compact_vgg")
