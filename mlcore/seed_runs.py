"""Recipes trained several times, with a seed each: what a recipe reaches beyond one lucky draw,
and what its networks reach together."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mlcore.artifacts import METADATA, load_metadata
from mlcore.datasets.faces import TEST, FaceDataset
from mlcore.ensembles import evaluate_ensemble
from mlcore.errors import RecipeError
from mlcore.evaluation import Report
from mlcore.recipes.base import Recipe
from mlcore.reports import MEASURES
from mlcore.run_folder import has_checkpoint, plain, read_history, require_same_settings

logger = logging.getLogger(__name__)

SETS = ("all", "without_copies")
"""The faces that a measure is of: all, and those that Training does not know."""


def seeded(recipe: Recipe, seed: int) -> Recipe:
    """`recipe` with that seed, and with a name that says so."""
    return replace(recipe, name=f"{recipe.name}_seed{seed}", seed=seed)


def train_seeds(
    recipes: Sequence[Recipe],
    load: Callable[[Recipe], FaceDataset],
    runs: Path,
    models: Path,
    *,
    model_dirs: Iterable[Path] = (),
    bar: bool = False,
    on_epoch: Callable[[Recipe, dict[str, float]], None] = lambda recipe, row: None,
) -> list[Path]:
    """Train and finish each of `recipes`; one that is done is left, one begun goes on.

    Args:
        recipes: with seeds, see `seeded`.
        load: gives the faces of a recipe.
        runs, models: folders for the runs and the models.
        model_dirs: where else the models that the recipes name lie.
        bar: see `mlcore.training.train`.
        on_epoch: called with each finished epoch.

    Returns:
        The models' folders. Where Keras runs on another backend than TensorFlow, which exporting
        needs, they lie in `runs`/unexported, see `mlcore.unexported`; the same on TensorFlow makes
        models of what is trained.

    Raises:
        RecipeError: a run or a model of that name was begun with other settings.
        MLCoreError: a run cannot be gone on with, trained or saved.
    """
    # Not at the top: they import Keras.
    from mlcore.backend import keras
    from mlcore.training import best_network, fitted, train
    from mlcore.unexported import UNEXPORTED, finish_unexported

    exports = keras.backend.backend() == "tensorflow"
    places = [models] if exports else [models, runs / UNEXPORTED]
    model_dirs = [*places, *model_dirs]
    folders = []
    for recipe in recipes:
        run_dir = runs / recipe.name
        done = [
            place / recipe.name for place in places if (place / recipe.name / METADATA).exists()
        ]
        if done:
            _require_same_model(done[0], recipe)
            logger.info("%s is done.", recipe.name)
            folders.append(done[0])
            continue
        dataset = load(recipe)
        if has_checkpoint(run_dir) and len(read_history(run_dir)) == recipe.epochs:
            # Perhaps by another backend, whose optimizer's state would not fit.
            require_same_settings(run_dir, fitted(recipe, dataset))
            model = best_network(recipe, dataset, run_dir)
        else:
            model = train(
                recipe,
                dataset,
                run_dir,
                resume=True,
                model_dirs=model_dirs,
                bar=bar,
                on_epoch=partial(on_epoch, recipe),
            )
        if exports:
            from mlcore.finishing import finish_run

            folders.append(finish_run(recipe, model, dataset, run_dir, models, model_dirs))
        else:
            folders.append(
                finish_unexported(recipe, model, dataset, run_dir, runs / UNEXPORTED, model_dirs)
            )
        # The next network needs the memory of this one.
        keras.backend.clear_session()
    return folders


def seeds_report(
    recipes: Sequence[Recipe],
    folders: Sequence[Path],
    dataset: FaceDataset | None,
    *,
    by_keras: bool = False,
) -> dict[str, Any]:
    """What the models reached on PrivateTest, alone and together.

    Args:
        recipes, folders: as `train_seeds` took and gave them.
        dataset: the faces that all of them were trained and measured on; None where the seed
            divides them, so that one's test faces are another's Training.
        by_keras: see `mlcore.ensembles.evaluate_ensemble`.

    Returns:
        `single`: {recipe without its seed: {seeds, hardware, all, without_copies}}, the last two
        with {measure: {faces, mean, deviation, values}}, a value for each seed and the sample
        deviation, None of a single one; `ensemble`: the report of all models together, None
            without `dataset`.
    """
    single: dict[str, dict[str, Any]] = {}
    for recipe, folder in zip(recipes, folders, strict=True):
        metadata = load_metadata(folder)
        name = recipe.name.removesuffix(f"_seed{recipe.seed}")
        row = single.setdefault(name, {"seeds": [], "hardware": [], **{key: {} for key in SETS}})
        row["seeds"].append(recipe.seed)
        row["hardware"].append(metadata.hardware)
        for key in SETS:
            for measure, found in metadata.scores[TEST][key].items():
                kept = row[key].setdefault(measure, {"faces": found["faces"], "values": []})
                kept["values"].append(found["value"])
    for row in single.values():
        for key in SETS:
            for kept in row[key].values():
                values = kept["values"]
                kept["mean"] = round(float(np.mean(values)), 4)
                several = len(values) > 1
                kept["deviation"] = round(float(np.std(values, ddof=1)), 4) if several else None
    together = None
    if dataset is not None:
        together = evaluate_ensemble(folders, dataset, TEST, by_keras=by_keras)
    return {"single": single, "ensemble": together}


def seeds_page(report: Mapping[str, Any], command: str) -> str:
    """The report in Markdown; no figure in it is typed by hand."""
    single, together = report["single"], report["ensemble"]
    names = list(single)
    lines = [
        f"# {', '.join(names)}: seeds",
        "",
        "Written by the following command; do not edit.",
        "",
        "```sh",
        command,
        "```",
        "",
        "PrivateTest: mean over the seeds ± their standard deviation; in brackets the same without "
        "the faces that Training knows.",
    ]
    if together:
        lines[-1] += (
            f" The ensemble: the mean calibrated answer of all {len(together['models'])} networks "
            f"over all looks, sharpened by one temperature ({together['temperature']:.2f}) that "
            "was fitted on PublicTest."
        )
    heads = [f"`{name}`" for name in names] + ["ensemble"] * bool(together)
    lines += ["", f"| measure | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for measure, words in MEASURES.items():
        cells = [_over_seeds(single[name], measure) for name in names]
        if together:
            cells.append(_together(together, measure))
        if set(cells) != {"-"}:
            lines.append(f"| {words} | {' | '.join(cells)} |")
    lines += ["", "| network | seeds | trained on |", "|---|---|---|"]
    for name in names:
        row = single[name]
        seeds = ", ".join(map(str, row["seeds"]))
        lines.append(f"| `{name}` | {seeds} | {'; '.join(dict.fromkeys(row['hardware']))} |")
    return "\n".join([*lines, ""])


def _over_seeds(row: Report, measure: str) -> str:
    if measure not in row["all"]:
        return "-"
    whole, fresh = (row[key][measure] for key in SETS)
    deviation = "" if whole["deviation"] is None else f" ± {whole['deviation']:.4f}"
    return f"{whole['mean']:.4f}{deviation} ({fresh['mean']:.4f})"


def _together(report: Report, measure: str) -> str:
    if measure not in report["all"]:
        return "-"
    whole, fresh = (report[key][measure]["value"] for key in SETS)
    return f"{whole:.4f} ({fresh:.4f})"


def _require_same_model(folder: Path, recipe: Recipe) -> None:
    """Raise `RecipeError` if the model in `folder` was made by other settings."""
    # Where the preprocessing is fitted on Training, the model's was.
    kept = Recipe.from_dict(load_metadata(folder).recipe)
    fitted = kept.preprocessing
    asked = plain(
        replace(
            recipe,
            preprocessing=replace(
                recipe.preprocessing, mean=fitted.mean, deviation=fitted.deviation
            ),
        )
    )
    made = plain(kept)
    if changed := [name for name in asked if json.dumps(made[name]) != json.dumps(asked[name])]:
        raise RecipeError(
            f"The model {folder} was made with another {', '.join(changed)}; move it away, or "
            "train with the same settings."
        )
