"""Networks that are trained, calibrated and measured, but not exported yet.

A machine with a GPU may have Keras on JAX or PyTorch and neither TensorFlow, which exports, nor
LiteRT, which serves. What it trained can still be judged there, alone and together, and taught
from: in a folder as a model's, with model.keras and metadata.json alone. It is not served; the same
command on TensorFlow makes the model.
"""

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import LABELS, METADATA, PACKAGED_MODELS, WEIGHTS, Metadata
from mlcore.calibration import Logits
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION, FaceDataset
from mlcore.evaluation import evaluate
from mlcore.export import heads_of, multiply_adds
from mlcore.provenance import data_sources
from mlcore.recalibration import calibrate
from mlcore.recipes.base import Recipe
from mlcore.run_folder import read_hardware, writing
from mlcore.training import fitted
from mlcore.views import Views

if TYPE_CHECKING:
    import keras

UNEXPORTED = "unexported"
"""The folder beside the runs where they lie."""


class KerasNetwork:
    """A Keras network that answers as `mlcore.network.Network` does."""

    def __init__(self, model: "keras.Model") -> None:
        self.model = model
        self.heads: Mapping[str, int] = heads_of(model)

    def logits(self, faces: NDArray[np.float32]) -> Logits:
        """Logits of each head, (N, classes), for (N, size, size, channels) standardised faces."""
        return dict(self.model.predict(faces, batch_size=256, verbose=0))


def finish_unexported(
    recipe: Recipe,
    model: "keras.Model",
    dataset: FaceDataset,
    run_dir: Path,
    out: Path,
    model_dirs: Iterable[Path] = (PACKAGED_MODELS,),
) -> Path:
    """What `mlcore.finishing.finish_run` does, without the export.

    Returns:
        The folder `recipe.name` in `out`.

    Raises:
        ArtifactError: the folder cannot be written.
    """
    recipe = fitted(recipe, dataset)
    views = Views(flip=True, zooms=recipe.zooms)
    network = KerasNetwork(model)
    validation = dataset.split(VALIDATION)
    logits = [
        network.logits(recipe.preprocessing.to_input(look)) for look in views.of(validation.images)
    ]
    calibration, abstention = calibrate(logits, validation, by_votes="ferplus" in recipe.heads)
    scores = {
        split: evaluate(
            network,
            recipe.preprocessing,
            calibration,
            views=views,
            dataset=dataset.split(split),
            training=dataset.split(TRAINING),
            threshold=abstention.threshold,
        )
        for split in (VALIDATION, TEST)
    }
    created = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    folder, unfinished = out / recipe.name, out / f".{recipe.name}.unfinished"
    with writing(run_dir):
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        model.save(unfinished / WEIGHTS)
        weights = hashlib.sha256((unfinished / WEIGHTS).read_bytes()).hexdigest()
        metadata = Metadata(
            name=recipe.name,
            version=f"{created[:10].replace('-', '.')}-{weights[:8]}-{UNEXPORTED}",
            created_at=created,
            architecture=recipe.architecture,
            options=recipe.options,
            preprocessing=recipe.preprocessing,
            heads=network.heads,
            calibration=calibration,
            abstention=abstention.to_dict(),
            flip=views.flip,
            zooms=views.zooms,
            parameters=model.count_params(),
            multiply_adds=multiply_adds(model),
            recipe=recipe.to_dict(),
            data=data_sources(recipe, [out, *model_dirs]),
            licence="that of the model which is exported from it",
            scores=scores,
            labels={head: LABELS[head] for head in recipe.heads},
            hardware=read_hardware(run_dir),
            files={WEIGHTS: weights},
        )
        (unfinished / METADATA).write_text(json.dumps(metadata.to_dict(), indent=2) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    return folder
