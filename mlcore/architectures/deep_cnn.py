"""Nine convolutions of growing width: the network of FER2013 and CK+ together (82.45 %)."""

from collections.abc import Mapping

import keras
from keras import layers

from mlcore.architectures.blocks import conv_bn_relu, logits

BLOCKS = ((32, 32), (32, 64, 64), (96, 96, 128, 128))
DENSE = (512, 256, 128)


def build(*, heads: Mapping[str, int], size: int = 48, channels: int = 1) -> keras.Model:
    """Three blocks of 3x3 convolutions with a 2x2 max-pool each, three dense layers, the heads.

    The convolutions have widths of 32-32, 32-64-64 and 96-96-128-128, the dense layers 512-256-128.
    All layers have biases and, but for the first, batch normalisation before the ReLU; 25 %
    dropout follows each pool, 50 % each dense layer.

    That is what the published counts leave. 3,002,055 parameters, 2,998,983 of them trainable,
    make 3072 moving statistics, so 1536 normalised channels, and the rest fits only with biases
    everywhere. The convolutions and hidden dense layers have 672 + 896 = 1568 channels: just one
    of the three convolutions of 32 is not normalised. The counts cannot tell which; it is the
    first here, whose input is standardised already.

    Args:
        heads: name and number of classes of each output.
        size: side of the square input; at least 8.
        channels: 1 for grey, 3 for RGB.

    Returns:
        A model from (N, size, size, channels) float32 to a dict of float32 logits (N, classes),
        one per head; the loss and whoever serves take the softmax. With seven classes, 3,002,055
        parameters (2,998,983 trainable) and 119 M multiply-adds.
    """
    inputs = x = keras.Input((size, size, channels), name="face")
    for block, widths in enumerate(BLOCKS, start=1):
        for step, width in enumerate(widths, start=1):
            name = f"block{block}_conv{step}"
            if (block, step) == (1, 1):
                x = layers.Conv2D(width, 3, padding="same", activation="relu", name=name)(x)
            else:
                x = conv_bn_relu(x, width, name)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        x = layers.Dropout(0.25, name=f"block{block}_dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    for step, units in enumerate(DENSE, start=1):
        x = layers.Dense(units, name=f"dense{step}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"dense{step}_bn")(x)
        x = layers.ReLU(name=f"dense{step}_relu")(x)
        x = layers.Dropout(0.5, name=f"dense{step}_dropout")(x)
    return keras.Model(inputs, logits(x, heads), name="deep_cnn")
