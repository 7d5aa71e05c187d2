"""Networks of three channels get colours where the data has them, whichever command loads it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from PIL import Image

from mlcore import recipe_arguments, seed_command
from mlcore.artifacts import PACKAGED_MODELS
from mlcore.datasets import FaceDataset
from mlcore.errors import RecipeError
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe

COMMANDS = "mlcore.management.commands"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Image folders with one red face in each split."""
    for split in ("train", "val", "test"):
        folder = tmp_path / "data" / split / "happy"
        folder.mkdir(parents=True)
        Image.new("RGB", (48, 48), "red").save(folder / "face.png")
    return tmp_path / "data"


@pytest.fixture
def models(tmp_path: Path, settings: Any) -> None:
    """Models by the names "grey" and "colour", as far as their metadata goes."""
    settings.DATA_DIR = tmp_path / "data"
    settings.MODEL_DIRS = [tmp_path / "models"]
    for name, channels in (("grey", 1), ("colour", 3)):
        folder = tmp_path / "models" / name
        shutil.copytree(PACKAGED_MODELS / "compact_vgg", folder)
        metadata = json.loads((folder / "metadata.json").read_text())
        metadata["name"] = name
        metadata["recipe"]["data"] = "folders"
        metadata["preprocessing"]["channels"] = channels
        (folder / "metadata.json").write_text(json.dumps(metadata))


class LoadedError(Exception):
    """The command has loaded its faces."""


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("command", "asks", "place"),
    [
        (("evaluate_model", "colour"), "evaluate_model.evaluate_artifact", 2),
        (("evaluate_model", "grey", "colour"), "evaluate_model.evaluate_ensemble", 1),
        (("calibrate_model", "colour"), "calibrate_model.recalibrate", 2),
    ],
)
def test_a_command_loads_the_colours_that_its_model_takes(
    data: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], asks: str, place: int
) -> None:
    def ask(*arguments: Any, **_: Any) -> None:
        assert arguments[place].images.shape[1:] == (48, 48, 3)
        raise LoadedError

    monkeypatch.setattr(f"{COMMANDS}.{asks}", ask)
    with pytest.raises(LoadedError):
        call_command(*command, data=data)


@pytest.mark.usefixtures("models")
def test_models_are_compared_on_the_faces_that_each_takes(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def evaluate(folder: Path, metadata: object, dataset: FaceDataset, split: str) -> None:
        seen[folder.name] = dataset.images.shape[1:]

    monkeypatch.setattr(f"{COMMANDS}.compare_models.evaluate_artifact", evaluate)
    monkeypatch.setattr(f"{COMMANDS}.compare_models.comparison_text", lambda reports: "")
    call_command("compare_models", "grey", "colour", data=data, protocol="folders")
    assert seen == {"grey": (48, 48), "colour": (48, 48, 3)}


def test_seeds_of_grey_and_of_colour_are_not_measured_together(
    toy_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: dict[str, Recipe] = {
        "grey": replace(toy_recipe, data="folders"),
        "colour": replace(toy_recipe, data="folders", preprocessing=Preprocessing(16, channels=3)),
    }
    get: Callable[[str], Recipe] = named.__getitem__
    monkeypatch.setattr(recipe_arguments, "get_recipe", get)
    options = {"recipes": list(named), "set": [], "seeds": [1], "data": tmp_path, "runs": None}
    with pytest.raises(RecipeError, match="see different faces"):
        seed_command.run(options, data_dir=tmp_path, model_dirs=[], write=print)
