"""VGG-16 (Simonyan & Zisserman 2014, https://arxiv.org/abs/1409.1556, configuration D): the
baseline that `vgg9` was compared with (72 %)."""

from collections.abc import Mapping

import keras
from keras import layers

from mlcore.architectures.blocks import logits


def build(*, heads: Mapping[str, int], size: int = 48, channels: int = 3) -> keras.Model:
    """Thirteen 3x3 conv-ReLU in five blocks, each with a 2x2 max-pool, two dense layers, the heads.

    Two things differ from the paper's network. Five pools leave 1x1 of 48x48 where they leave
    7x7 of 224x224, so the first dense layer has 512 inputs instead of 25,088. And the kernels
    start from He et al. 2015 (https://arxiv.org/abs/1502.01852), with which thirteen layers
    without batch normalisation learn from scratch; the authors grew theirs from a smaller
    network.

    Args:
        heads: name and number of classes of each output.
        size: side of the square input; at least 32.
        channels: 3 for RGB, or for grey three times; 1 for grey.

    Returns:
        A model from (N, size, size, channels) float32 to a dict of float32 logits (N, classes),
        one per head; the loss and whoever serves take the softmax. With seven classes,
        33,625,927 parameters and 724 M multiply-adds.
    """
    inputs = x = keras.Input((size, size, channels), name="face")
    for block, (steps, width) in enumerate(
        ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), start=1
    ):
        for step in range(1, steps + 1):
            x = layers.Conv2D(
                width,
                3,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                name=f"block{block}_conv{step}",
            )(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    for step in (1, 2):
        x = layers.Dense(
            4096, activation="relu", kernel_initializer="he_normal", name=f"dense{step}"
        )(x)
        x = layers.Dropout(0.5, name=f"dense{step}_dropout")(x)
    return keras.Model(inputs, logits(x, heads), name="vgg16")
