"""Recipes of several seeds: trained once each, measured alone and together, then taught from."""

import importlib.util
import io
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mlcore.datasets import FaceDataset
from mlcore.errors import RecipeError
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe, get_recipe
from mlcore.recipes.base import HEADS

ROOT = Path(__file__).parents[2]
SMALL_RESNET = {"filters": (4, 8), "blocks": (1, 1)}


@pytest.fixture
def large() -> list[Recipe]:
    """`large_resnet` with two seeds and `large_vgg` with one, of a few filters and one epoch."""
    from mlcore.seed_runs import seeded

    def small(name: str, **options: object) -> Recipe:
        recipe = replace(get_recipe(name), options=options, epochs=1, batch_size=32)
        return replace(recipe, preprocessing=Preprocessing(size=16), precision="float32")

    resnet = small("large_resnet", **SMALL_RESNET)
    vgg = small("large_vgg", filters=(4, 8), squeeze=2, dense=8)
    return [seeded(resnet, 1), seeded(resnet, 2), seeded(vgg, 1)]


@pytest.fixture
def taught(large: list[Recipe], toy_recipe: Recipe) -> Recipe:
    """`compact_se_taught` by those, as small as them."""
    return replace(
        get_recipe("compact_se_taught"),
        **{field: getattr(toy_recipe, field) for field in ("options", "preprocessing")},
        teachers=tuple(recipe.name for recipe in large),
        teaching="once",
        start_from="",
        epochs=1,
        batch_size=32,
        precision="float32",
    )


def test_the_teachers_are_what_the_one_command_makes() -> None:
    from mlcore.seed_runs import seeded

    made = [seeded(get_recipe("large_resnet"), seed) for seed in (1, 2, 3)]
    taught = get_recipe("compact_se_taught")
    assert taught.teachers == tuple(recipe.name for recipe in made)
    for recipe in made:
        assert recipe.heads == taught.heads == HEADS
        assert recipe.preprocessing.size == taught.preprocessing.size
        # On a GPU their faces are changed there.
        assert recipe.augmentation.occlude == 0
    assert replace(made[1], name=made[0].name, seed=1) == made[0]


@pytest.mark.training
def test_seeds_are_trained_measured_and_taught_from(
    large: list[Recipe], taught: Recipe, toy_faces: FaceDataset, tmp_path: Path
) -> None:
    pytest.importorskip("keras")
    from mlcore import training
    from mlcore.seed_runs import seeds_page, seeds_report, train_seeds

    runs, models = tmp_path / "runs", tmp_path / "models"
    epochs: list[str] = []

    def trained(recipes: list[Recipe]) -> list[Path]:
        return train_seeds(
            recipes,
            lambda recipe: toy_faces,
            runs,
            models,
            on_epoch=lambda recipe, row: epochs.append(recipe.name),
        )

    trained(large[:1])
    folders = trained(large)
    assert folders == [models / recipe.name for recipe in large]
    assert epochs == [recipe.name for recipe in large]  # the first was not trained again
    other = replace(large[0], learning_rate=0.01)
    with pytest.raises(RecipeError, match="with another learning_rate"):
        trained([other])
    (models / large[0].name).rename(models / "elsewhere")
    with pytest.raises(RecipeError, match="with another learning_rate"):
        trained([other])
    (models / "elsewhere").rename(models / large[0].name)

    report = seeds_report(large, folders, toy_faces)
    resnet, vgg = report["single"]["large_resnet"], report["single"]["large_vgg"]
    assert resnet["seeds"] == [1, 2]
    one_crop = resnet["all"]["fer2013"]
    scores = [json.loads((folder / "report.json").read_text()) for folder in folders]
    values = [score["PrivateTest"]["all"]["fer2013"]["value"] for score in scores]
    assert one_crop["values"] == values[:2]
    assert one_crop["mean"] == pytest.approx(np.mean(values[:2]), abs=1e-4)
    assert one_crop["deviation"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5, abs=1e-4)
    assert vgg["all"]["fer2013"]["deviation"] is None
    assert len(report["ensemble"]["models"]) == 3
    page = seeds_page(report, "the command")
    together = report["ensemble"]["all"]["ferplus"]["value"]
    assert f"| {together:.4f} (" in page
    assert f"{one_crop['mean']:.4f} ± {one_crop['deviation']:.4f}" in page
    alone = seeds_page(seeds_report(large, folders, None), "the command")
    assert "| measure | `large_resnet` | `large_vgg` |\n" in alone

    training.train(taught, toy_faces, runs / "taught", model_dirs=[models])
    assert len(list((runs / training.ANSWERS).glob("*.npz"))) == 3


@pytest.mark.training
@pytest.mark.timeout(900)
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_what_another_backend_trained_becomes_models_on_tensorflow(
    backend: str, large: list[Recipe], taught: Recipe, toy_faces: FaceDataset, tmp_path: Path
) -> None:
    pytest.importorskip("tensorflow")
    if not importlib.util.find_spec(backend):
        pytest.skip(f"{backend} is not installed")
    from mlcore.seed_runs import seeds_report, train_seeds

    large = large[1:]  # one of each
    taught = replace(taught, teachers=tuple(recipe.name for recipe in large))
    (tmp_path / "work.pickle").write_bytes(pickle.dumps((large, toy_faces, taught)))
    answer = subprocess.run(
        [sys.executable, "-m", "mlcore.tests.test_seed_runs", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-4000:]
    assert not (tmp_path / "models").exists()
    elsewhere = json.loads((tmp_path / "report.json").read_text())

    def no_epoch(recipe: Recipe, row: dict[str, float]) -> None:
        raise AssertionError(f"{recipe.name} was trained twice")

    folders = train_seeds(
        large,
        lambda recipe: toy_faces,
        tmp_path / "runs",
        tmp_path / "models",
        on_epoch=no_epoch,
    )
    assert len(folders) == 2
    assert backend in json.loads((folders[0] / "metadata.json").read_text())["hardware"]
    # Measured there in full precision, here as exported: two faces in forty may fall otherwise.
    report = seeds_report(large, folders, toy_faces)
    for measure in ("fer2013", "ferplus_views", "served_ferplus"):
        for name, row in report["single"].items():
            there = elsewhere["single"][name]["all"][measure]
            assert row["all"][measure]["values"] == pytest.approx(there["values"], abs=0.051)
        one, other = (found["ensemble"]["all"][measure] for found in (report, elsewhere))
        assert one["value"] == pytest.approx(other["value"], abs=0.051)


def train(folder: Path) -> None:
    """Train what lies in `folder` under this process's backend, measure it, and learn from it."""
    # As on a machine that has neither.
    sys.modules.update({"tensorflow": None, "ai_edge_litert.interpreter": None, "dlib": None})
    from mlcore.seed_runs import seeds_report, train_seeds

    recipes, faces, taught = pickle.loads((folder / "work.pickle").read_bytes())
    runs, models = folder / "runs", folder / "models"
    folders = train_seeds(recipes, lambda recipe: faces, runs, models)
    assert folders == [runs / "unexported" / recipe.name for recipe in recipes]
    report = seeds_report(recipes, folders, faces, by_keras=True)
    (folder / "report.json").write_text(json.dumps(report))
    (pupil,) = train_seeds([taught], lambda recipe: faces, runs, models)
    assert pupil.is_dir()
    assert len(list((runs / "answers").glob("*.npz"))) == len(recipes)


@pytest.mark.training
def test_the_command_trains_measures_and_writes(
    write_fer2013: Callable[..., Path], settings: object, tmp_path: Path
) -> None:
    pytest.importorskip("keras")
    settings.DATA_DIR = tmp_path / "data"
    settings.MODEL_DIRS = [settings.DATA_DIR / "models"]
    random = np.random.default_rng(0)
    data = write_fer2013(
        *(
            (str(row % 7), " ".join(map(str, random.integers(0, 256, 48 * 48))), split)
            for row, split in enumerate(
                ["Training"] * 28 + ["PublicTest"] * 14 + ["PrivateTest"] * 14
            )
        )
    ).parent
    small = ["epochs=1", "batch_size=14", "heads=fer2013", "precision=float32"]
    small += ["options.filters=[4,8]", "options.dense=8"]
    options = {"data": data, "seeds": [1, 2], "set": small}
    out = io.StringIO()
    call_command("train_seeds", "compact_vgg", **options, stdout=out)

    runs = settings.DATA_DIR / "runs"
    assert (runs / "seeds.md").read_text() in out.getvalue()
    assert "manage.py train_seeds compact_vgg --data DIR --seeds 1 2 --set epochs=1" in (
        out.getvalue()
    )
    assert "compact_vgg_seed2, epoch 1 of 1" in out.getvalue()
    report = json.loads((runs / "seeds.json").read_text())
    assert report["single"]["compact_vgg"]["seeds"] == [1, 2]

    evaluated = io.StringIO()
    names = ["compact_vgg_seed1", "compact_vgg_seed2"]
    call_command("evaluate_model", *names, data=data, json=True, stdout=evaluated)
    assert json.loads(evaluated.getvalue()) == report["ensemble"]

    with pytest.raises(CommandError, match="see different faces"):
        call_command("train_seeds", "compact_vgg", "vgg9_hybrid", **options)
    with pytest.raises(CommandError, match="with another batch_size"):
        call_command("train_seeds", "compact_vgg", **{**options, "set": [*small, "batch_size=7"]})


if __name__ == "__main__":
    train(Path(sys.argv[1]))
