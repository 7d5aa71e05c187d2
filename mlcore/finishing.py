"""From a trained network to a model that is served: export, calibrate, measure, save."""

import datetime as dt
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import (
    EXPORTED,
    LABELS,
    PACKAGED_MODELS,
    WEIGHTS,
    Metadata,
    save_artifact,
)
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION, FaceDataset
from mlcore.evaluation import Report, evaluate_answers
from mlcore.export import export_without_loss, heads_of, multiply_adds
from mlcore.network import Network
from mlcore.provenance import data_sources, licence_for
from mlcore.recalibration import calibrate
from mlcore.recipes.base import Recipe
from mlcore.run_folder import HISTORY, History, read_hardware, read_history, writing
from mlcore.run_report import write_run_report
from mlcore.training import fitted
from mlcore.views import Views

if TYPE_CHECKING:
    import keras


def finish_run(
    recipe: Recipe,
    model: "keras.Model",
    dataset: FaceDataset,
    run_dir: Path,
    models_dir: Path,
    model_dirs: Iterable[Path] = (PACKAGED_MODELS,),
) -> Path:
    """Make the model that a training run was for.

    Mixture, temperatures and threshold are fitted on PublicTest; PrivateTest is measured once, at
    the end, with the exported network.

    Args:
        recipe, model, dataset, run_dir: of the run, see `mlcore.training.train`.
        models_dir: the model's folder `recipe.name` is written there, see `mlcore.artifacts`.
        model_dirs: where else the models that the recipe names lie, see `mlcore.provenance`.

    Returns:
        The model's folder.

    Raises:
        ArtifactError: the export costs accuracy, or the folder cannot be written.
    """
    recipe = fitted(recipe, dataset)
    sources = data_sources(recipe, [models_dir, *model_dirs])
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
        data=sources,
        licence=licence_for(sources),
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
