"""Convolutions whose last map two LSTMs read like a text: the network of the MMA faces (65 %)."""

from collections.abc import Mapping

import keras
from keras import layers

from mlcore.architectures.blocks import conv_bn_relu, logits


def build(*, heads: Mapping[str, int], size: int = 48, channels: int = 1) -> keras.Model:
    """Five 3x3 conv-BN-ReLU, an LSTM over the places of their map, another over its state's halves.

    At 48x48 the convolutions and pools give 4x4x128. The first LSTM (128) reads these as 16 steps
    of 128 features; its last state is read by the second (64) as 2 steps of 64. A dense layer of
    200 with ReLU and 60 % dropout precede the heads.

    The published 457,863 parameters, 457,031 of them trainable, are those of biases everywhere
    and all five convolutions normalised: 832 moving statistics are 416 channels, their sum.

    Args:
        heads: name and number of classes of each output.
        size: side of the square input; at least 22.
        channels: 1 for grey, 3 for RGB.

    Returns:
        A model from (N, size, size, channels) float32 to a dict of float32 logits (N, classes),
        one per head; the loss and whoever serves take the softmax. With seven classes, 457,863
        parameters (457,031 trainable) and 100 M multiply-adds.
    """
    inputs = x = keras.Input((size, size, channels), name="face")
    x = conv_bn_relu(x, 32, "conv1", padding="valid")
    x = conv_bn_relu(x, 64, "conv2")
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = conv_bn_relu(x, 64, "conv3", padding="valid")
    x = conv_bn_relu(x, 128, "conv4")
    x = layers.MaxPooling2D(2, name="pool2")(x)
    x = conv_bn_relu(x, 128, "conv5", padding="valid")
    x = layers.MaxPooling2D(2, name="pool3")(x)
    x = layers.Reshape((-1, 128), name="places")(x)
    x = _lstm(128, "lstm1")(x)
    x = layers.Reshape((2, 64), name="halves")(x)
    x = _lstm(64, "lstm2")(x)
    x = layers.Dense(200, activation="relu", name="dense")(x)
    x = layers.Dropout(0.6, name="dropout")(x)
    return keras.Model(inputs, logits(x, heads), name="cnn_lstm")


def _lstm(units: int, name: str) -> layers.LSTM:
    """An LSTM that gives its last state.

    Unrolled, because LiteRT has no loop over lists of tensors; 16 steps and 2 are few. In float32
    whatever the policy: rounding errors of a state add up over its steps.
    """
    return layers.LSTM(units, unroll=True, dtype="float32", name=name)
