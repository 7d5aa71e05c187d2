"""A conv-BN-ReLU network that was trained by NAdam with class weights on FER2013 (70.10 %)."""

from collections.abc import Mapping

import keras
from keras import layers

from mlcore.architectures.blocks import conv_bn_relu, logits


def build(*, heads: Mapping[str, int], size: int = 48, channels: int = 1) -> keras.Model:
    """Four blocks of two 3x3 conv-BN-ReLU (64, 128, 256, 256), a dense layer of 512, the heads.

    Each block ends in a 2x2 max-pool and 25 % dropout, the dense layer in batch normalisation,
    ReLU and 50 % dropout. All kernels start from He et al. 2015
    (https://arxiv.org/abs/1502.01852). The kinds of layers and the training are the source's,
    whose widths were not published; these make it about as large as `deep_cnn` and `vgg9`.

    Args:
        heads: name and number of classes of each output.
        size: side of the square input; at least 16.
        channels: 1 for grey, 3 for RGB.

    Returns:
        A model from (N, size, size, channels) float32 to a dict of float32 logits (N, classes),
        one per head; the loss and whoever serves take the softmax. With seven classes, 3,513,927
        parameters (3,510,087 trainable) and 385 M multiply-adds.
    """
    inputs = x = keras.Input((size, size, channels), name="face")
    for block, width in enumerate((64, 128, 256, 256), start=1):
        for step in (1, 2):
            # Without bias: batch normalisation would take it out again.
            x = conv_bn_relu(
                x,
                width,
                f"block{block}_conv{step}",
                use_bias=False,
                kernel_initializer="he_normal",
            )
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        x = layers.Dropout(0.25, name=f"block{block}_dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(512, use_bias=False, kernel_initializer="he_normal", name="dense")(x)
    x = layers.BatchNormalization(momentum=0.9, name="dense_bn")(x)
    x = layers.ReLU(name="dense_relu")(x)
    x = layers.Dropout(0.5, name="dense_dropout")(x)
    return keras.Model(inputs, logits(x, heads), name="nadam_cnn")
