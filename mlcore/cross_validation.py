"""How right a recipe is about people whom it has never seen: k-fold cross-validation by person.

Each fold is tested once, by a network that was trained on the others for a fixed number of epochs;
nothing is selected by the faces that are tested. The folder of a run keeps a file for each fold,
so an interrupted run loses one fold at most.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import PACKAGED_MODELS, find_artifact, load_metadata
from mlcore.calibration import softmax
from mlcore.datasets.faces import FaceDataset
from mlcore.datasets.kinds import detect_kind, load_dataset
from mlcore.datasets.splits import folds_apart
from mlcore.errors import RecipeError
from mlcore.preprocessing import Preprocessing
from mlcore.recipes.base import Recipe
from mlcore.run_folder import writing
from mlcore.views import Views

logger = logging.getLogger(__name__)

EXPORT = "CK+48"
"""The folder's name as people share it."""


@dataclass(frozen=True)
class Fold:
    """A fold that was tested.

    Attributes:
        number: from 1.
        rows: which faces of the dataset are in it.
        training_faces: how many the network learned from.
        one_crop, views: what it answered to each, an index into `EXPRESSIONS`: to the face as it
            is, and by the mean over the recipe's looks and their mirror images.
        minutes: it took, training and test.
        hardware: it ran on, in words.
    """

    number: int
    rows: list[int]
    training_faces: int
    one_crop: list[int]
    views: list[int]
    minutes: float
    hardware: str


def load_people(path: Path, preprocessing: Preprocessing) -> FaceDataset:
    """The faces below `path`: of CK+48/ where it is there, else of whatever kind lies there.

    CK+ as sequences comes with its neutral faces, which the export lacks.

    Args:
        preprocessing: of the network that takes them, see `datasets.protocols.load_protocol`.

    Raises:
        DatasetError: the data is not there or not right.
    """
    place = path / EXPORT if (path / EXPORT).is_dir() else path
    kind = detect_kind(place)
    options: dict[str, Any] = {"neutral": True} if kind == "ckplus" else {}
    size, channels = preprocessing.form
    return load_dataset(kind, place, size=size, channels=channels, **options)


def cross_validate(
    recipe: Recipe,
    dataset: FaceDataset,
    folds: int,
    out: Path,
    *,
    model_dirs: Iterable[Path] = (PACKAGED_MODELS,),
    on_fold: Callable[[Fold, float], None] = lambda fold, accuracy: None,
) -> list[Fold]:
    """Train on all folds but one, test on that one, and so on for each.

    Args:
        recipe: its seed divides the faces and seeds every training.
        dataset: faces with known subjects; official splits do not count.
        folds: how many.
        out: of the files fold_1.json and so on; folds that are there already are left, but for
            those of other settings or faces.
        model_dirs: where the models that the recipe names lie.
        on_fold: called with each fold and its accuracy on one crop.

    Raises:
        DatasetError: the faces cannot be divided by people.
        RecipeError: the recipe starts from a model that may know the people, `out` holds folds of
            another run, or see `mlcore.training.train_to_end`.
        ArtifactError: a model that the recipe names is not whole, or `out` cannot be written.
    """
    model_dirs = list(model_dirs)
    for name in (recipe.start_from, *recipe.teachers):
        if name:
            refuse_acquainted(find_artifact(name, model_dirs))
    numbers = folds_apart(dataset, folds, recipe.seed)
    settings = run_settings(recipe, dataset, folds)
    results = []
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    for number in range(1, folds + 1):
        path = out / f"fold_{number}.json"
        if path.exists():
            fold = read_fold(path, settings)
        else:
            fold = run_fold(recipe, dataset, numbers, number, model_dirs)
            with writing(out):
                unfinished = path.with_suffix(".unfinished")
                unfinished.write_text(json.dumps({"settings": settings, **asdict(fold)}))
                unfinished.replace(path)
        on_fold(fold, accuracy(fold.one_crop, dataset.labels[fold.rows]))
        results.append(fold)
    return results


def run_fold(
    recipe: Recipe,
    dataset: FaceDataset,
    numbers: NDArray[np.int64],
    number: int,
    model_dirs: Sequence[Path],
) -> Fold:
    """Train without the fold `number`, from 1, of (N,) `numbers`, from 0, and test on it."""
    # Not at the top: they import Keras, and the page is written without.
    from mlcore.backend import describe_hardware, keras
    from mlcore.evaluation import predict_logits
    from mlcore.training import train_to_end

    started = time.monotonic()
    # Ten networks one after another would fill the memory.
    keras.backend.clear_session()
    tested = numbers == number - 1
    training, test = dataset.take(~tested), dataset.take(tested)
    recipe = replace(recipe, preprocessing=recipe.preprocessing.fitted(training.images))
    model = train_to_end(recipe, training, model_dirs=model_dirs)
    chances = [
        softmax(predict_logits(model, look, recipe.preprocessing)["fer2013"])
        for look in Views(flip=True, zooms=recipe.zooms).of(test.images)
    ]
    return Fold(
        number=number,
        rows=np.flatnonzero(tested).tolist(),
        training_faces=len(training),
        one_crop=chances[0].argmax(axis=1).tolist(),
        views=np.mean(chances, axis=0).argmax(axis=1).tolist(),
        minutes=round((time.monotonic() - started) / 60, 2),
        hardware=describe_hardware(),
    )


def refuse_acquainted(folder: Path) -> None:
    """Raise `RecipeError` if the model in `folder` learned from more than FER2013 and FER+: the
    people who are to be tested may be among it."""
    known = {source.name for source in load_metadata(folder).data}
    if more := sorted(known - {"FER2013", "FER+"}):
        raise RecipeError(
            f"The model {folder.name} learned from {', '.join(more)}, where the people of the test "
            "may be; start from one that learned from FER2013 alone."
        )


def run_settings(recipe: Recipe, dataset: FaceDataset, folds: int) -> dict[str, Any]:
    """What must be the same in all folds of a run, as JSON gives it back."""
    faces = hashlib.sha256(dataset.images.tobytes() + dataset.labels.tobytes()).hexdigest()
    settings: dict[str, Any] = json.loads(
        json.dumps({"recipe": recipe.to_dict(), "folds": folds, "faces": faces})
    )
    return settings


def read_fold(path: Path, settings: dict[str, Any]) -> Fold:
    """The fold that an earlier run left in `path`.

    Raises:
        RecipeError: it was another run, or the file is damaged.
    """
    try:
        values: dict[str, Any] = json.loads(path.read_text())
        found = values.pop("settings")
        fold = Fold(**values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecipeError(f"{path} is not a tested fold: {error}.") from error
    if found != settings:
        raise RecipeError(
            f"{path} was tested with another recipe, other faces or another number of folds; "
            "begin anew with --restart, or elsewhere."
        )
    return fold


def accuracy(answers: Sequence[int], labels: NDArray[np.int64]) -> float:
    return float((np.array(answers) == labels).mean())
