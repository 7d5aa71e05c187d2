"""Batch normalisation in one kernel trains as Keras's own layer does."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mlcore.backend import keras
from mlcore.fused_norm import BatchNormalization, with_fused_norm

pytestmark = pytest.mark.training


@pytest.fixture
def model():
    layers = keras.layers
    inputs = x = keras.Input((8, 8, 1), name="face")
    for number, filters in enumerate((4, 6)):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv{number}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    x = layers.Dense(5, use_bias=False, name="dense")(layers.Flatten(name="flatten")(x))
    x = layers.BatchNormalization(momentum=0.9, name="dense_norm")(x)
    return keras.Model(inputs, layers.Dense(3, name="answer")(x))


def train(model, faces, targets):
    model.compile(
        optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.fit(faces, targets, batch_size=16, epochs=3, shuffle=False, verbose=0)


def test_a_copy_trains_to_the_same_weights_and_statistics(model):
    random = np.random.default_rng(0)
    faces = random.normal(2, 3, (64, 8, 8, 1)).astype(np.float32)
    targets = np.eye(3, dtype=np.float32)[random.integers(0, 3, 64)]
    before = [weight.copy() for weight in model.get_weights()]
    fused = with_fused_norm(model)

    train(fused, faces, targets)
    for weight, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)
    train(model, faces, targets)

    names = [weight.path for weight in model.weights]
    assert [weight.path for weight in fused.weights] == names
    for name, ours, keras_own, start in zip(
        names, fused.get_weights(), model.get_weights(), before, strict=True
    ):
        np.testing.assert_allclose(ours, keras_own, rtol=2e-3, atol=2e-4, err_msg=name)
        assert not np.array_equal(ours, start), name
    np.testing.assert_allclose(fused(faces), model(faces), rtol=2e-3, atol=2e-3)


def test_only_pictures_are_normalised_in_one_kernel(model):
    fused = with_fused_norm(model)
    kinds = {layer.name: type(layer) for layer in fused.layers}
    assert kinds["norm0"] is kinds["norm1"] is BatchNormalization
    assert kinds["dense_norm"] is keras.layers.BatchNormalization


def test_a_frozen_layer_keeps_its_statistics(model):
    model.get_layer("norm0").trainable = False
    fused = with_fused_norm(model)
    faces = np.random.default_rng(0).normal(2, 3, (16, 8, 8, 1)).astype(np.float32)
    before = fused.get_layer("norm0").get_weights()
    fused(faces, training=True)
    for weight, kept in zip(fused.get_layer("norm0").get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)


def test_a_model_without_normalisation_is_left_alone():
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, keras.layers.Flatten()(inputs))
    assert with_fused_norm(model) is model
