"""From a trained network to a model that is served: export, calibrate, measure, save."""

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import EXPORTED, LABELS, WEIGHTS, DataSource, Metadata, save_artifact
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION, FaceDataset
from mlcore.evaluation import Report, evaluate_answers
from mlcore.export import export_without_loss, heads_of, multiply_adds
from mlcore.network import Network
from mlcore.recalibration import calibrate
from mlcore.recipes.base import Recipe
from mlcore.run_folder import HISTORY, History, read_hardware, read_history, writing
from mlcore.run_report import write_run_report
from mlcore.training import fitted
from mlcore.views import Views

if TYPE_CHECKING:
    import keras

_LICENCES: Mapping[str, tuple[str, str]] = {
    "FER2013": (
        "for research; the rights in the photos are their owners'",
        "https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-"
        "recognition-challenge",
    ),
    "FER+": ("MIT (the votes)", "https://github.com/microsoft/FERPlus"),
    "CK+": (
        "for research, non-commercial",
        "Lucey et al. 2010, https://doi.org/10.1109/CVPRW.2010.5543262",
    ),
    "image folders": ("as their owner says", "the folder that was given"),
}
"""Licence and source of what a model can be made from."""

LICENCE = (
    "MIT, as the product; the photos it learned from were collected for research, so take advice "
    "before commercial use"
)
NON_COMMERCIAL = "for research, non-commercial, as CK+, which it learned from"


def finish_run(
    recipe: Recipe,
    model: "keras.Model",
    dataset: FaceDataset,
    run_dir: Path,
    models_dir: Path,
) -> Path:
    """Make the model that a training run was for.

    Mixture, temperatures and threshold are fitted on PublicTest; PrivateTest is measured once, at
    the end, with the exported network.

    Args:
        recipe, model, dataset, run_dir: of the run, see `mlcore.training.train`.
        models_dir: the model's folder `recipe.name` is written there, see `mlcore.artifacts`.

    Returns:
        The model's folder.

    Raises:
        ArtifactError: the export costs accuracy, or the folder cannot be written.
    """
    recipe = fitted(recipe, dataset)
    views = Views(flip=True, zooms=recipe.zooms)
    history = read_history(run_dir)
    files = {name: run_dir / name for name in (EXPORTED, WEIGHTS, "report.json", HISTORY)}
    validation = dataset.split(VALIDATION)
    with writing(run_dir):
        model.save(files[WEIGHTS])
        export = export_without_loss(
            model, files[EXPORTED], recipe.preprocessing, validation, recipe.export
        )
    network = Network(files[EXPORTED].read_bytes(), heads_of(model), os.cpu_count() or 1)
    logits = [
        network.logits(recipe.preprocessing.to_input(look)) for look in views.of(validation.images)
    ]
    calibration, abstention = calibrate(logits, validation, by_votes="ferplus" in recipe.heads)
    scores: dict[str, Report] = {}
    served: dict[str, NDArray[np.float32]] = {}
    for split in (VALIDATION, TEST):
        scores[split], served[split] = evaluate_answers(
            network,
            recipe.preprocessing,
            calibration,
            views=views,
            dataset=dataset.split(split),
            training=dataset.split(TRAINING),
            threshold=abstention.threshold,
        )
    files["report.json"].write_text(json.dumps(scores, indent=2) + "\n")
    metadata = Metadata(
        name=recipe.name,
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        architecture=recipe.architecture,
        options=recipe.options,
        preprocessing=recipe.preprocessing,
        heads=heads_of(model),
        calibration=calibration,
        abstention=abstention.to_dict(),
        export_loss=export.lost,
        precision=export.precision,
        flip=views.flip,
        zooms=views.zooms,
        parameters=model.count_params(),
        multiply_adds=multiply_adds(model),
        recipe=recipe.to_dict(),
        data=tuple(_sources(recipe)),
        licence=NON_COMMERCIAL if "CK+" in data_names(recipe) else LICENCE,
        scores=scores,
        labels={head: LABELS[head] for head in recipe.heads},
        hardware=f"{read_hardware(run_dir)}, {epochs_in_words(history)}",
    )
    folder = models_dir / recipe.name
    metadata = save_artifact(folder, metadata, files)
    write_run_report(run_dir, metadata, history, dataset, served[TEST])
    return folder


def epochs_in_words(history: History) -> str:
    minutes = sum(row["seconds"] for row in history) / 60
    return f"{len(history)} epoch{'s' * (len(history) != 1)} in {minutes:.0f} minutes"


def data_names(recipe: Recipe) -> list[str]:
    """What the recipe learns from, by the names of `_LICENCES`."""
    if recipe.data.startswith("folders"):
        return ["image folders"]
    names = ["FER2013"]
    # The hybrid takes its labels from the votes, and so may have done what training starts from.
    if "ferplus" in recipe.heads or recipe.data.startswith("hybrid") or recipe.start_from:
        names.append("FER+")
    return [*names, "CK+"] if "ckplus" in recipe.data or "hybrid" in recipe.data else names


def _sources(recipe: Recipe) -> Iterator[DataSource]:
    roles = f"{TRAINING}, {VALIDATION} (selection, calibration), {TEST} (report)"
    for name in data_names(recipe):
        yield DataSource(name, f"{roles}; divided as {recipe.data}", *_LICENCES[name])
