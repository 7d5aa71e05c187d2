"""Several models that answer as one: the mean of their calibrated answers over all their looks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import Metadata, load_metadata
from mlcore.calibration import Logits, combine, fit_temperature, softmax
from mlcore.datasets.faces import TRAINING, VALIDATION, FaceDataset
from mlcore.distillation import open_network
from mlcore.errors import ArtifactError
from mlcore.evaluation import Report, judge, seven_votes
from mlcore.labels import EXPRESSIONS

Chances = NDArray[np.float64]

_LEAST = 1e-12


@dataclass(frozen=True)
class JointAnswer:
    """What several models say of N faces, as means over the models.

    Attributes:
        by_look: (N, classes) of each head by the names of `mlcore.evaluation.judge`: to one crop,
            with the mirror image, with all views; over the models that have the head.
        served: (N, 7) of the answers that they serve.
    """

    by_look: dict[str, Chances]
    served: Chances


def ask_together(
    folders: Sequence[Path], images: NDArray[np.uint8], *, by_keras: bool = False
) -> JointAnswer:
    """Ask the models in `folders` about (N, size, size) uint8 faces.

    Raises:
        ArtifactError: a folder holds no whole model, or one takes faces of another size.
    """
    sums: dict[str, Chances] = {}
    models: dict[str, int] = {}
    served = np.zeros((len(images), len(EXPRESSIONS)))
    for folder in folders:
        metadata = load_metadata(folder)
        looks = _logits_by_look(folder, metadata, images, by_keras)
        shown = looks if metadata.flip else looks[::2]
        served += combine(shown, metadata.calibration)
        for head in metadata.heads:
            temperature = metadata.calibration.temperatures.get(head, 1.0)
            for name, views in (
                (head, looks[:1]),
                (f"{head}_flip", looks[:2]),
                (f"{head}_views", shown),
            ):
                chances = np.mean([softmax(view[head], temperature) for view in views], axis=0)
                sums[name] = sums.get(name, 0) + chances
                models[name] = models.get(name, 0) + 1
    means = {name: total / models[name] for name, total in sums.items()}
    return JointAnswer(means, served / len(folders))


def evaluate_ensemble(
    folders: Sequence[Path], dataset: FaceDataset, split: str, *, by_keras: bool = False
) -> Report:
    """`mlcore.evaluation.evaluate` for several models that answer together.

    The mean of calibrated answers is less certain than it should be, because the models do not err
    on the same faces; so one temperature, fitted on PublicTest, sharpens it. It changes no
    answer, only the probabilities.

    Args:
        folders: of the models, see `mlcore.artifacts`.
        dataset: with the splits PublicTest and Training beside `split`.
        split: the one to judge on.
        by_keras: ask the networks through Keras instead of the exported ones.

    Returns:
        That report, and `models`, {name, version} of each, and `temperature`.

    Raises:
        ArtifactError: see `ask_together`.
        DatasetError: a split is empty.
    """
    validation, judged = dataset.split(VALIDATION), dataset.split(split)
    fitted_on = ask_together(folders, validation.images, by_keras=by_keras)
    answer = (
        fitted_on
        if split == VALIDATION
        else ask_together(folders, judged.images, by_keras=by_keras)
    )
    temperature = _temperature(fitted_on.served, validation)
    report = judge(
        {name: chances.argmax(axis=1) for name, chances in answer.by_look.items()},
        softmax(_logs(answer.served), temperature),
        judged,
        dataset.split(TRAINING),
    )
    models = [load_metadata(folder) for folder in folders]
    return {
        **report,
        "models": [{"name": model.name, "version": model.version} for model in models],
        "temperature": round(temperature, 4),
    }


def _logits_by_look(
    folder: Path, metadata: Metadata, images: NDArray[np.uint8], by_keras: bool
) -> list[Logits]:
    """Mirrored in any case: that is reported whether or not it is served."""
    side = metadata.preprocessing.size
    if images.shape[1:3] != (side, side):
        raise ArtifactError(f"{folder} takes faces of {side} pixels, and the data has others.")
    ask = open_network(folder, metadata, by_keras=by_keras)
    looks = replace(metadata.views, flip=True).of(images)
    return [ask(metadata.preprocessing.to_input(look)) for look in looks]


def _temperature(served: Chances, validation: FaceDataset) -> float:
    """By the votes, as the models themselves are calibrated; by the labels where there are none."""
    targets = np.eye(len(EXPRESSIONS))[validation.labels]
    rows = np.ones(len(validation), bool)
    if validation.votes is not None and (votes := seven_votes(validation)).any():
        targets, rows = votes.astype(np.float64), votes.sum(axis=1) > 0
    return fit_temperature(_logs(served)[rows], targets[rows])


def _logs(chances: Chances) -> NDArray[np.float32]:
    return np.log(np.maximum(chances, _LEAST)).astype(np.float32)
