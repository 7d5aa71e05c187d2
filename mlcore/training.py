"""Train a recipe: read `train` from top to bottom.

A run lives in a folder: `history.csv`, a checkpoint after every epoch and the best weights so far.
Whoever starts the same run again goes on after the last whole epoch.
"""

import csv
import json
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore import architectures
from mlcore.backend import keras
from mlcore.datasets.faces import TRAINING, VALIDATION, FaceDataset
from mlcore.errors import RecipeError
from mlcore.evaluation import head_accuracies, predict_logits
from mlcore.recipes.base import Recipe

logger = logging.getLogger(__name__)

History = list[dict[str, float]]

HISTORY = "history.csv"

PLATEAU = 4
"""Epochs without a better selection score after which the schedule "plateau" halves the rate."""


def train(
    recipe: Recipe,
    dataset: FaceDataset,
    run_dir: Path,
    *,
    resume: bool = False,
    verbose: int = 1,
    on_epoch: Callable[[dict[str, float]], None] = lambda row: None,
) -> "keras.Model":
    """Train on the split Training, select on PublicTest, and return the best network.

    Args:
        recipe: what to train, and how.
        dataset: faces with the splits of FER2013, and with FER+ votes if the recipe has a head
            for them; PrivateTest is not touched.
        run_dir: where history, checkpoint and best weights go; made if missing.
        resume: go on after the last whole epoch found in `run_dir` instead of starting anew.
        verbose: Keras's: 0 silent, 1 a progress bar, 2 a line an epoch.
        on_epoch: called with each finished epoch's row of the history.

    Returns:
        The float32 network with the averaged weights of the best epoch.

    Raises:
        RecipeError: the run to go on with was begun with other settings.
    """
    keras.utils.set_random_seed(recipe.seed)
    batches = TrainingBatches(recipe, dataset.split(TRAINING))
    validation = dataset.split(VALIDATION)
    model = _compiled_model(recipe, steps=len(batches) * recipe.epochs)
    average = WeightAverage(recipe.ema)
    history: History = []
    if resume and (run_dir / "checkpoint").is_dir():
        history = _restore(run_dir, recipe, model, average)
        logger.info("Going on after epoch %d of %s.", len(history), run_dir)
    elif run_dir.exists():
        shutil.rmtree(run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)

    evaluated = build_float32(recipe)
    best = max((row["selection"] for row in history), default=-1.0)
    for epoch in range(len(history), recipe.epochs):
        if recipe.early_stopping and stalled_epochs(history) >= recipe.early_stopping:
            logger.info("Stopping after epoch %d: the selection score has stalled.", epoch)
            break
        started = time.monotonic()
        batches.shuffle(epoch)
        _seed_dropout(model, recipe.seed, epoch)
        fit = model.fit(
            batches,
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=[average],
            shuffle=False,
            verbose=verbose,
        )
        evaluated.set_weights(average.weights)
        logits = predict_logits(evaluated, validation.images, recipe.preprocessing)
        scores = head_accuracies(logits, validation)
        row = {
            "epoch": epoch + 1,
            "loss": round(float(fit.history["loss"][0]), 4),
            **{f"public_{name}": round(score, 4) for name, score in scores.items()},
            "selection": round(float(np.mean(list(scores.values()))), 5),
            "learning_rate": round(float(model.optimizer.learning_rate), 9),
            "seconds": round(time.monotonic() - started, 1),
        }
        history.append(row)
        if row["selection"] > best:
            best = row["selection"]
            _save_weights(evaluated, run_dir / "best.weights.h5")
        elif recipe.schedule == "plateau" and stalled_epochs(history) % PLATEAU == 0:
            model.optimizer.learning_rate = row["learning_rate"] / 2
        _checkpoint(run_dir, recipe, model, average, history)
        on_epoch(row)
    evaluated.load_weights(run_dir / "best.weights.h5")
    return evaluated


class TrainingBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Shuffled, augmented batches: (input, {head: target}, {head: weight}).

    With a FER+ head, a face without usable votes weighs nothing in its loss, and faces that most
    people voted not to be a face are left out.
    """

    def __init__(self, recipe: Recipe, dataset: FaceDataset) -> None:
        super().__init__(workers=1)
        if "ferplus" in recipe.heads:
            votes = dataset.require_votes()
            dataset = dataset.take(votes[:, 9] <= votes[:, :9].max(axis=1))
        self.recipe = recipe
        self.images = dataset.images
        classes = recipe.heads["fer2013"]
        self.targets = {"fer2013": np.eye(classes, dtype=np.float32)[dataset.labels]}
        self.weights = {"fer2013": np.ones(len(dataset), np.float32)}
        if recipe.class_weights:
            self.weights["fer2013"] = inverse_frequency(dataset.labels, classes)
        if "ferplus" in recipe.heads:
            self.targets["ferplus"], self.weights["ferplus"] = dataset.vote_distribution()
        self.shuffle(0)

    def __len__(self) -> int:
        return len(self.images) // self.recipe.batch_size or 1

    def shuffle(self, epoch: int) -> None:
        """Draw the order of an epoch; the same epoch of the same seed gives the same batches."""
        self.epoch = epoch
        random = np.random.default_rng((self.recipe.seed, epoch))
        self.order = random.permutation(len(self.images))

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], dict[str, Any], dict[str, Any]]:
        size = self.recipe.batch_size
        rows = self.order[index * size : (index + 1) * size]
        random = np.random.default_rng((self.recipe.seed, self.epoch, index))
        faces = self.recipe.augmentation(self.images[rows], random)
        return (
            self.recipe.preprocessing.to_input(faces),
            {head: targets[rows] for head, targets in self.targets.items()},
            {head: weights[rows] for head, weights in self.weights.items()},
        )


def inverse_frequency(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """(N,) weights that give every class of (N,) `labels` the same sum; their mean is 1."""
    counts = np.bincount(labels, minlength=classes)
    return np.asarray(len(labels) / (np.count_nonzero(counts) * counts[labels]), np.float32)


class WeightAverage(keras.callbacks.Callback):  # type: ignore[misc]
    """A running average of all weights, batch statistics included.

    Averaging the statistics too keeps them those of the averaged network. The momentum grows
    from 0.1 to `momentum`, so that the random start is forgotten early. Without momentum there is
    no average: the weights are those at the end of the epoch.
    """

    EVERY = 4
    """Steps between updates: copying every weight at each step would slow the training."""

    def __init__(self, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum**self.EVERY
        self.updates = 0
        self.weights: list[NDArray[np.float32]] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch % self.EVERY or not self.momentum:
            return
        weights = self.model.get_weights()
        momentum = min(self.momentum, (1 + self.updates) / (10 + self.updates))
        if not self.weights:
            self.weights = [np.array(weight) for weight in weights]
        for average, weight in zip(self.weights, weights, strict=True):
            average += (1 - momentum) * (weight - average)
        self.updates += 1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not self.momentum:
            self.weights = self.model.get_weights()


def stalled_epochs(history: History) -> int:
    """How many epochs ago the best selection score was reached; 0 in a run's first epoch."""
    scores = [row["selection"] for row in history]
    return len(scores) - 1 - scores.index(max(scores)) if scores else 0


def read_history(run_dir: Path) -> History:
    """The finished epochs of a run, as `history.csv` holds them."""
    with open(run_dir / HISTORY, newline="") as lines:
        return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(lines)]


def build_float32(recipe: Recipe) -> "keras.Model":
    """The recipe's network in full precision, as it is evaluated, kept and exported."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        return _build(recipe)
    finally:
        keras.config.set_dtype_policy(policy)


def _build(recipe: Recipe) -> "keras.Model":
    return architectures.build(
        recipe.architecture,
        heads=recipe.heads,
        size=recipe.preprocessing.size,
        channels=recipe.preprocessing.channels,
        **recipe.options,
    )


def _compiled_model(recipe: Recipe, steps: int) -> "keras.Model":
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.precision)
    try:
        model = _build(recipe)
    finally:
        keras.config.set_dtype_policy(policy)
    smoothing = {"fer2013": recipe.label_smoothing, "ferplus": 0.0}
    model.compile(
        optimizer=_optimizer(recipe, steps),
        loss={
            head: keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=smoothing[head]
            )
            for head in recipe.heads
        },
        # On TensorFlow's CPU kernels XLA makes a step three times slower.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    return model


def _optimizer(recipe: Recipe, steps: int) -> "keras.optimizers.Optimizer":
    """The recipe's optimizer and learning rate for a run of so many steps."""
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


def _seed_dropout(model: "keras.Model", seed: int, epoch: int) -> None:
    """Checkpoints do not hold the states of dropout, so a resumed run would draw others."""
    for number, layer in enumerate(model.layers):
        if hasattr(layer, "seed_generator"):
            layer.seed_generator.state.assign([seed * 1000 + number, epoch << 16])


def _save_weights(model: "keras.Model", path: Path) -> None:
    """Save under another name first: an interrupted save must not spoil the weights before it."""
    unfinished = path.with_name("unfinished.weights.h5")
    model.save_weights(unfinished)
    unfinished.replace(path)


def _checkpoint(
    run_dir: Path, recipe: Recipe, model: "keras.Model", average: WeightAverage, history: History
) -> None:
    fresh, current, old = (run_dir / f"checkpoint{end}" for end in (".new", "", ".old"))
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir()
    model.save_weights(fresh / "model.weights.h5")  # the optimizer's state included
    np.savez(fresh / "average.npz", *average.weights)
    state = {"updates": average.updates, "history": history, "recipe": recipe.to_dict()}
    (fresh / "state.json").write_text(json.dumps(state))
    if current.exists():
        current.rename(old)
    fresh.rename(current)
    shutil.rmtree(old, ignore_errors=True)
    with open(run_dir / HISTORY, "w", newline="") as target:
        # A run may have been begun when fewer things were measured.
        writer = csv.DictWriter(target, fieldnames=list(history[0]), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(history)


def _restore(
    run_dir: Path, recipe: Recipe, model: "keras.Model", average: WeightAverage
) -> History:
    checkpoint = run_dir / "checkpoint"
    state = json.loads((checkpoint / "state.json").read_text())
    settings = _plain(recipe)
    # A run from before this was kept has no recipe to compare.
    kept = _plain(Recipe.from_dict(state["recipe"])) if "recipe" in state else settings
    changed = [name for name in settings if kept[name] != settings[name]]
    if changed:
        raise RecipeError(
            f"The run in {run_dir} was begun with another {', '.join(changed)}; go on with the "
            "same settings, or begin anew."
        )
    model.optimizer.build(model.trainable_variables)
    model.load_weights(checkpoint / "model.weights.h5")
    with np.load(checkpoint / "average.npz") as arrays:
        average.weights = [arrays[name] for name in arrays.files]
    average.updates = state["updates"]
    history: History = state["history"]
    return history


def _plain(recipe: Recipe) -> dict[str, Any]:
    """The recipe's fields as JSON gives them back."""
    values: dict[str, Any] = json.loads(json.dumps(recipe.to_dict()))
    return values
