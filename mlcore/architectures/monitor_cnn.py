"""A small network for many faces a second, to study what depth and resolution are worth."""

from collections.abc import Mapping

import keras
from keras import layers

from mlcore.architectures.blocks import conv_bn_relu, logits
from mlcore.errors import RecipeError

DEPTHS = (1, 2, 3, 4, 5)
SIZES = (24, 32, 48, 64)


def build(
    *, heads: Mapping[str, int], size: int = 48, channels: int = 1, depth: int = 3
) -> keras.Model:
    """`depth` blocks of a 3x3 conv-BN-ReLU and a 2x2 max-pool, a global mean, the heads.

    The width doubles from 16 with each block. The mean over all places makes the number of
    parameters depend on the depth alone, so that networks of one depth differ in resolution only.

    Args:
        heads: name and number of classes of each output.
        size: side of the square input; one of `SIZES`.
        channels: 1 for grey, 3 for RGB.
        depth: number of blocks; one of `DEPTHS`.

    Returns:
        A model from (N, size, size, channels) float32 to a dict of float32 logits (N, classes),
        one per head; the loss and whoever serves take the softmax. With the defaults and seven
        classes, 24,087 parameters and 5.6 M multiply-adds.

    Raises:
        RecipeError: there is no network of that depth or size.
    """
    if depth not in DEPTHS or size not in SIZES:
        raise RecipeError(
            f"monitor_cnn has no depth {depth!r} at size {size!r}: its depths are "
            f"{', '.join(map(str, DEPTHS))} and its sizes {', '.join(map(str, SIZES))}."
        )
    inputs = x = keras.Input((size, size, channels), name="face")
    for block in range(1, depth + 1):
        x = conv_bn_relu(x, 8 * 2**block, f"block{block}_conv", use_bias=False)
        # Padded where the side is odd: five pools of 24 would leave nothing otherwise.
        x = layers.MaxPooling2D(2, padding="same", name=f"block{block}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(inputs, logits(x, heads), name="monitor_cnn")
