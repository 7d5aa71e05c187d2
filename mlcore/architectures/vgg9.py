"""Nine convolutions in three blocks: the network of the hybrid of FER+ and CK+ (87.375 %)."""

from collections.abc import Mapping

import keras
from keras import layers

from mlcore.architectures.blocks import conv_bn_relu, logits


def build(*, heads: Mapping[str, int], size: int = 48, channels: int = 3) -> keras.Model:
    """Three blocks of three 3x3 conv-BN-ReLU (64, 128, 256), two dense layers, the heads.

    Each block ends in a 2x2 max-pool and 25 % dropout; so does each dense layer (256, 512) in
    ReLU and 25 % dropout. At 48x48, 6x6x256 = 9216 features are flattened.

    The published size of 4,420,103 parameters leaves some freedom: 20 combinations of biases, of
    the number of normalised convolutions in each block and of normalised dense layers give it.
    Only one of them normalises after every convolution, as the description says; it has biases
    everywhere and no normalisation after the dense layers.

    Args:
        heads: name and number of classes of each output.
        size: side of the square input; at least 8.
        channels: 3 for RGB, or for grey three times as published; 1 for grey.

    Returns:
        A model from (N, size, size, channels) float32 to a dict of float32 logits (N, classes),
        one per head; the loss and whoever serves take the softmax. With seven classes, 4,420,103
        parameters (4,417,415 trainable) and 601 M multiply-adds.
    """
    inputs = x = keras.Input((size, size, channels), name="face")
    for block, width in enumerate((64, 128, 256), start=1):
        for step in (1, 2, 3):
            x = conv_bn_relu(x, width, f"block{block}_conv{step}")
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        x = layers.Dropout(0.25, name=f"block{block}_dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    for step, units in enumerate((256, 512), start=1):
        x = layers.Dense(units, activation="relu", name=f"dense{step}")(x)
        x = layers.Dropout(0.25, name=f"dense{step}_dropout")(x)
    return keras.Model(inputs, logits(x, heads), name="vgg9")
