"""What a training run feeds its network: shuffled, augmented batches, made on the host."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.backend import keras
from mlcore.datasets.faces import TRAINING, FaceDataset
from mlcore.distillation import teacher_answers
from mlcore.errors import DatasetError
from mlcore.labels import EXPRESSIONS
from mlcore.mixup import mixup
from mlcore.recipes.base import Recipe


class TrainingBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Shuffled, augmented batches: (input, {head: target}, {head: weight}).

    With a FER+ head, a face without usable votes weighs nothing in its loss, and faces that most
    people voted not to be a face are left out.

    Raises:
        DatasetError: there is no face of an expression, and no model to start from that may know
            it; or no votes for the FER+ head.
        ArtifactError, RecipeError: a teacher cannot be asked, see `mlcore.distillation`.

    Args:
        recipe: what to change and what to mix.
        dataset: the faces to train on.
        teachers: the folders of the recipe's teachers.
        answers: a folder that keeps what they answer, see `mlcore.distillation`.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: FaceDataset,
        teachers: Sequence[Path] = (),
        answers: Path | None = None,
    ) -> None:
        super().__init__(workers=1)
        if "ferplus" in recipe.heads:
            votes = dataset.require_votes()
            dataset = dataset.take(votes[:, 9] <= votes[:, :9].max(axis=1))
        if not recipe.start_from:
            # What its first weights know already, training need not show again: CK+ has no neutral.
            require_every_expression(dataset)
        self.recipe = recipe
        self.images = dataset.images
        classes = recipe.heads["fer2013"]
        self.targets = {"fer2013": np.eye(classes, dtype=np.float32)[dataset.labels]}
        self.weights = {"fer2013": np.ones(len(dataset), np.float32)}
        if recipe.class_weights:
            self.weights["fer2013"] = inverse_frequency(dataset.labels, classes)
        if "ferplus" in recipe.heads:
            self.targets["ferplus"], self.weights["ferplus"] = dataset.vote_distribution()
        if teachers:
            taught = teacher_answers(teachers, self.images, recipe.heads, answers)
            for head, target in self.targets.items():
                self.targets[head] = target + recipe.distillation * (taught[head] - target)
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
        inputs = self.recipe.preprocessing.to_input(faces)
        targets = {head: values[rows] for head, values in self.targets.items()}
        weights = {head: values[rows] for head, values in self.weights.items()}
        if self.recipe.mixup:
            return mixup(inputs, targets, weights, self.recipe.mixup, random)
        return inputs, targets, weights


def require_every_expression(dataset: FaceDataset) -> None:
    """Raise `DatasetError` if an expression has no face: nobody could learn it."""
    missing = np.setdiff1d(np.arange(len(EXPRESSIONS)), dataset.labels)
    if missing.size:
        names = ", ".join(EXPRESSIONS[label] for label in missing)
        raise DatasetError(f"{TRAINING} has no face of: {names}.")


def inverse_frequency(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """(N,) weights that give every class of (N,) `labels` the same sum; their mean is 1."""
    counts = np.bincount(labels, minlength=classes)
    return np.asarray(len(labels) / (np.count_nonzero(counts) * counts[labels]), np.float32)
