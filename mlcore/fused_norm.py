"""Batch normalisation in one kernel, for training on TensorFlow.

Keras 3 writes batch normalisation as moments and a scale of every pixel, and each of these steps
passes the whole batch through memory. TensorFlow's fused kernel does the same in one pass, which
on a processor is a large part of a step. PyTorch and JAX join the steps by themselves.
"""

from typing import Any

from mlcore.backend import keras


class BatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Keras's layer, with its weights and its name in files, in TensorFlow's fused kernel.

    Takes pictures, (N, height, width, channels); the answer while training differs from Keras's
    by rounding alone. A network that is kept is built with Keras's own layer.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not training or not self.trainable:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        answer, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            tf.cast(self.gamma, tf.float32),
            tf.cast(self.beta, tf.float32),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel's variance is that of a sample, n - 1 in the denominator; Keras keeps n's.
        count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:3]), tf.float32)
        variance *= (count - 1) / count
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        return answer


def with_fused_norm(model: "keras.Model") -> "keras.Model":
    """`model`, or where Keras runs on TensorFlow a copy that trains faster.

    Args:
        model: a functional network, not compiled. It stays as it is.

    Returns:
        A network with the same layers, names and weights, but for the class of those that
        normalise the channels of pictures.
    """
    norms = [layer for layer in model.layers if _can_be_fused(layer)]
    if keras.backend.backend() != "tensorflow" or not norms:
        return model

    def copied(layer: "keras.layers.Layer") -> "keras.layers.Layer":
        kind = BatchNormalization if layer in norms else type(layer)
        return kind.from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    return copy


def _can_be_fused(layer: "keras.layers.Layer") -> bool:
    return (
        type(layer) is keras.layers.BatchNormalization
        and len(layer.input.shape) == 4
        and layer.axis in (-1, 3)
        and layer.scale
        and layer.center
    )
