"""Train a recipe: read `train` from top to bottom.

A run lives in a folder, see `mlcore.run_folder`. Whoever starts the same run again goes on after
the last whole epoch.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mlcore import architectures
from mlcore.artifacts import PACKAGED_MODELS, find_artifact, load_metadata
from mlcore.backend import describe_hardware, gpu_names, keras, load_network
from mlcore.batches import TrainingBatches
from mlcore.datasets.balance import balanced
from mlcore.datasets.faces import TRAINING, VALIDATION, FaceDataset
from mlcore.device_batches import RowBatches, Teacher, device_can_change, device_training
from mlcore.errors import RecipeError
from mlcore.evaluation import head_accuracies, head_losses, predict_logits
from mlcore.fused_norm import with_fused_norm
from mlcore.recipes.base import Recipe
from mlcore.run_folder import (
    BEST,
    Average,
    History,
    begin_anew,
    has_checkpoint,
    note_hardware,
    restore_checkpoint,
    save_best,
    save_checkpoint,
)
from mlcore.training_bar import TrainingBar
from mlcore.whitening import fit_zca, whitened

logger = logging.getLogger(__name__)

ANSWERS = "answers"
"""The folder beside the runs that keeps what teachers answered."""

PLATEAU = 4
"""Epochs without a better selection score after which the schedule "plateau" halves the rate."""


def train(
    recipe: Recipe,
    dataset: FaceDataset,
    run_dir: Path,
    *,
    resume: bool = False,
    on_device: bool | None = None,
    model_dirs: Iterable[Path] = (PACKAGED_MODELS,),
    bar: bool = False,
    on_epoch: Callable[[dict[str, float]], None] = lambda row: None,
) -> "keras.Model":
    """Train on the split Training, select on PublicTest, and return the best network.

    Args:
        recipe: what to train, and how.
        dataset: faces with the splits of FER2013, and with FER+ votes if the recipe has a head
            for them; PrivateTest is not touched.
        run_dir: where history, checkpoint and best weights go; made if missing.
        resume: go on after the last whole epoch found in `run_dir` instead of starting anew.
        on_device: keep the faces on the device and change them there, see
            `mlcore.device_batches`; by default where there is a GPU and the recipe allows it.
        model_dirs: where the models that the recipe names lie.
        bar: show the progress of each epoch on stderr.
        on_epoch: called with each finished epoch's row of the history.

    Returns:
        The float32 network with the averaged weights of the best epoch.

    Raises:
        RecipeError: the run to go on with was begun with other settings, or the recipe has
            changes that no device can make.
        DatasetError: Training has no face of an expression, or a split is empty.
        ArtifactError: the run's folder cannot be written, or a model that the recipe names
            cannot be read.
    """
    recipe = fitted(recipe, dataset)
    validation = dataset.split(VALIDATION)
    model, network, batches = _prepared(
        recipe, dataset.split(TRAINING), model_dirs, on_device, answers=run_dir.parent / ANSWERS
    )
    average = Average()
    history: History = []
    if resume and has_checkpoint(run_dir):
        history = restore_checkpoint(run_dir, recipe, model, network, average)
        logger.info("Going on after epoch %d of %s.", len(history), run_dir)
    else:
        begin_anew(run_dir)
    note_hardware(run_dir, describe_hardware())

    evaluated = build_float32(recipe)
    best = max((row["selection"] for row in history), default=-1.0)
    run_epoch = _epoch_runner(recipe, model, network, batches, average, bar=bar)
    for epoch in range(len(history), recipe.epochs):
        if recipe.early_stopping and stalled_epochs(history) >= recipe.early_stopping:
            logger.info("Stopping after epoch %d: the selection score has stalled.", epoch)
            break
        started = time.monotonic()
        fit = run_epoch(epoch)
        evaluated.set_weights(average.weights)
        logits = predict_logits(evaluated, validation.images, recipe.preprocessing)
        scores = head_accuracies(logits, validation)
        row = {
            "epoch": epoch + 1,
            "loss": round(fit["loss"], 4),
            # With two heads, Keras puts the head's name before it.
            "accuracy": round(fit.get("accuracy", fit.get("fer2013_accuracy", 0.0)), 4),
            "public_loss": round(sum(head_losses(logits, validation).values()), 4),
            **{f"public_{name}": round(score, 4) for name, score in scores.items()},
            "selection": round(float(np.mean(list(scores.values()))), 5),
            "learning_rate": round(float(model.optimizer.learning_rate), 9),
            "seconds": round(time.monotonic() - started, 1),
        }
        history.append(row)
        if row["selection"] > best:
            best = row["selection"]
            save_best(run_dir, evaluated)
        elif recipe.schedule == "plateau" and stalled_epochs(history) % PLATEAU == 0:
            model.optimizer.learning_rate = row["learning_rate"] / 2
        save_checkpoint(run_dir, recipe, network, model.optimizer, average, history)
        on_epoch(row)
    evaluated.load_weights(run_dir / BEST)
    return evaluated


def train_to_end(
    recipe: Recipe,
    training: FaceDataset,
    *,
    on_device: bool | None = None,
    model_dirs: Iterable[Path] = (PACKAGED_MODELS,),
) -> "keras.Model":
    """Train for all epochs of the recipe, select nothing, and return the last network.

    Args:
        recipe: what to train, and how; its preprocessing is fitted, see `fitted`.
        training: the faces to learn from.
        on_device, model_dirs: see `train`.

    Returns:
        The float32 network with the averaged weights of the last epoch.

    Raises:
        RecipeError, DatasetError, ArtifactError: see `train`; also for a recipe whose schedule or
            end depends on a selection score.
    """
    if recipe.schedule == "plateau" or recipe.early_stopping:
        raise RecipeError(
            f"The recipe {recipe.name} follows the selection score, and nothing is selected here: "
            "take the schedule cosine or constant, and early_stopping 0."
        )
    model, network, batches = _prepared(recipe, training, model_dirs, on_device)
    average = Average()
    run_epoch = _epoch_runner(recipe, model, network, batches, average)
    for epoch in range(recipe.epochs):
        run_epoch(epoch)
    last = build_float32(recipe)
    last.set_weights(average.weights)
    return last


def _epoch_runner(
    recipe: Recipe,
    model: "keras.Model",
    network: "keras.Model",
    batches: TrainingBatches | RowBatches,
    average: Average,
    *,
    bar: bool = False,
) -> Callable[[int], dict[str, float]]:
    """What trains for the epoch of a number, and gives its loss and metrics."""
    dropout = DropoutSeed(network, recipe.seed)
    if isinstance(batches, RowBatches) and keras.backend.backend() == "jax":
        # Not at the top: it imports JAX.
        from mlcore.compiled_epochs import CompiledEpochs

        run_compiled = CompiledEpochs(model, batches, average, recipe.ema)

        def run(epoch: int) -> dict[str, float]:
            batches.shuffle(epoch)
            dropout.on_epoch_begin(epoch)
            return run_compiled()

        return run

    callbacks = [dropout, WeightAverage(average, recipe.ema)]
    if bar:
        callbacks.append(TrainingBar(len(batches), recipe.batch_size, recipe.epochs))

    def fit(epoch: int) -> dict[str, float]:
        batches.shuffle(epoch)
        history = model.fit(
            batches,
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        ).history
        return {name: float(values[0]) for name, values in history.items()}

    return fit


def _prepared(
    recipe: Recipe,
    training: FaceDataset,
    model_dirs: Iterable[Path],
    on_device: bool | None,
    answers: Path | None = None,
) -> tuple["keras.Model", "keras.Model", TrainingBatches | RowBatches]:
    """What to fit, compiled; the network in it; and what to fit it on."""
    keras.utils.set_random_seed(recipe.seed)
    model_dirs = list(model_dirs)
    training = balanced(training, recipe.balance, recipe.seed)
    teachers = [find_artifact(name, model_dirs) for name in recipe.teachers]
    at_each_step = recipe.teaching == "each_step"
    batches: TrainingBatches | RowBatches = TrainingBatches(
        recipe, training, [] if at_each_step else teachers, answers
    )
    network = _under_policy(recipe.precision, lambda: _build(recipe, training))
    if recipe.start_from:
        load_start(network, find_artifact(recipe.start_from, model_dirs))
    model = network = with_fused_norm(network)
    if at_each_step and on_device is False:
        raise RecipeError(
            f"The recipe {recipe.name} asks its teachers at each step, which is done where the "
            "faces are changed on the device."
        )
    if (
        on_device
        or at_each_step
        or (on_device is None and gpu_names() and device_can_change(recipe))
    ):
        asked = [open_teacher(folder, recipe) for folder in teachers] if at_each_step else []
        model, batches = device_training(
            recipe, network, batches.images, batches.targets, batches.weights, asked
        )
    compile_for(model, recipe, steps=len(batches) * recipe.epochs)
    return model, network, batches


def best_network(recipe: Recipe, dataset: FaceDataset, run_dir: Path) -> "keras.Model":
    """The network of the best epoch so far of a run that was stopped, as `train` returns it.

    Raises:
        RecipeError: no epoch of the run is whole.
    """
    if not (run_dir / BEST).exists():
        raise RecipeError(f"No epoch of the run {run_dir} is whole.")
    model = build_float32(fitted(recipe, dataset))
    model.load_weights(run_dir / BEST)
    return model


def load_start(network: "keras.Model", folder: Path) -> None:
    """Give `network` the weights of the model in `folder`, which may have heads beyond its own.

    Raises:
        ArtifactError: there is no whole model.
        RecipeError: its network is another one.
    """
    kept = {layer.name: layer.get_weights() for layer in load_network(folder).layers}
    layers = [layer for layer in network.layers if layer.weights]
    for layer in layers:
        shapes = [weight.shape for weight in kept.get(layer.name, [])]
        if shapes != [weight.shape for weight in layer.get_weights()]:
            raise RecipeError(f"The model {folder} has another network; its weights do not fit.")
    for layer in layers:
        layer.set_weights(kept[layer.name])


def open_teacher(folder: Path, recipe: Recipe) -> Teacher:
    """The model in `folder`, as a pupil that is trained by `recipe` asks it at each step.

    Raises:
        ArtifactError: there is no whole model.
        RecipeError: it takes other inputs than the pupil, or lacks one of its heads.
    """
    metadata = load_metadata(folder)
    if metadata.preprocessing != recipe.preprocessing or not recipe.heads.items() <= (
        metadata.heads.items()
    ):
        raise RecipeError(
            f"The model {folder} has other heads or inputs than the recipe {recipe.name}; ask it "
            "once for each face, by teaching=once."
        )

    def build() -> "keras.Model":
        return architectures.build(
            metadata.architecture,
            heads=metadata.heads,
            size=metadata.preprocessing.size,
            channels=metadata.preprocessing.channels,
            **metadata.options,
        )

    network = _under_policy(recipe.precision, build)
    network.set_weights(load_network(folder).get_weights())
    return Teacher(network, metadata.calibration.temperatures)


def fitted(recipe: Recipe, dataset: FaceDataset) -> Recipe:
    """`recipe` with the statistics of Training in its preprocessing, where it needs them."""
    images = dataset.split(TRAINING).images
    return replace(recipe, preprocessing=recipe.preprocessing.fitted(images))


class DropoutSeed(keras.callbacks.Callback):  # type: ignore[misc]
    """Lets an epoch draw the same in dropout, whether or not the run was resumed before it.

    Checkpoints do not hold the states of dropout. A callback, because `fit` draws too when it
    builds a network at its first call.
    """

    def __init__(self, network: "keras.Model", seed: int) -> None:
        super().__init__()
        self.network, self.seed = network, seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for number, layer in enumerate(self.network.layers):
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([self.seed * 1000 + number, epoch << 16])
        if keras.backend.backend() == "torch":
            # Dropout draws from PyTorch's own generator there.
            keras.utils.set_random_seed(self.seed * 1000 + epoch)


class WeightAverage(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps a running average of all weights, batch statistics included.

    Averaging the statistics too keeps them those of the averaged network. The momentum grows
    from 0.1 to `momentum`, so that the random start is forgotten early. Without momentum there is
    no average: the weights are those at the end of the epoch.
    """

    def __init__(self, average: Average, momentum: float) -> None:
        super().__init__()
        self.average = average
        # Steps between updates: copying every weight at each step would slow the training, and
        # from a GPU the more so.
        self.every = 16 if gpu_names() else 4
        self.momentum = momentum**self.every

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch % self.every or not self.momentum:
            return
        weights = self.model.get_weights()
        average = self.average
        momentum = min(self.momentum, (1 + average.updates) / (10 + average.updates))
        if not average.weights:
            average.weights = [np.array(weight) for weight in weights]
        for mean, weight in zip(average.weights, weights, strict=True):
            mean += (1 - momentum) * (weight - mean)
        average.updates += 1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not self.momentum:
            self.average.weights = self.model.get_weights()


def stalled_epochs(history: History) -> int:
    """How many epochs ago the best selection score was reached; 0 in a run's first epoch."""
    scores = [row["selection"] for row in history]
    return len(scores) - 1 - scores.index(max(scores)) if scores else 0


def build_float32(recipe: Recipe) -> "keras.Model":
    """The recipe's network in full precision, as it is evaluated, kept and exported."""
    return _under_policy("float32", lambda: _build(recipe))


def _under_policy(policy: str, build: Callable[[], "keras.Model"]) -> "keras.Model":
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return build()
    finally:
        keras.config.set_dtype_policy(before)


def _build(recipe: Recipe, training: FaceDataset | None = None) -> "keras.Model":
    """The network, its whitening fitted on `training`, or left for weights to be loaded."""
    model = architectures.build(
        recipe.architecture,
        heads=recipe.heads,
        size=recipe.preprocessing.size,
        channels=recipe.preprocessing.channels,
        **recipe.options,
    )
    if not recipe.whitening:
        return model
    if training is None:
        return whitened(model)
    return whitened(model, *fit_zca(recipe.preprocessing.to_input(training.images)))


def compile_for(model: "keras.Model", recipe: Recipe, steps: int) -> None:
    """Give `model` the recipe's losses and optimizer for a run of so many steps."""
    smoothing = {"fer2013": recipe.label_smoothing, "ferplus": 0.0}
    model.compile(
        optimizer=_optimizer(recipe, steps),
        loss={
            head: keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=smoothing[head]
            )
            for head in recipe.heads
        },
        metrics={"fer2013": [keras.metrics.CategoricalAccuracy(name="accuracy")]},
        # On TensorFlow's CPU kernels XLA makes a step three times slower.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )


def _optimizer(recipe: Recipe, steps: int) -> "keras.optimizers.Optimizer":
    rate: Any = recipe.learning_rate
    if recipe.schedule == "cosine":
        warmup = min(recipe.warmup_steps, steps // 5)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            warmup_target=recipe.learning_rate,
            warmup_steps=warmup,
            decay_steps=steps - warmup,
        )
    common = {
        "learning_rate": rate,
        "weight_decay": recipe.weight_decay or None,
        "global_clipnorm": recipe.clip_norm or None,
    }
    match recipe.optimizer:
        case "sgd":
            optimizer = keras.optimizers.SGD(momentum=recipe.momentum, nesterov=True, **common)
        case "adam":
            optimizer = keras.optimizers.Adam(**common)
        case "nadam":
            optimizer = keras.optimizers.Nadam(**common)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
