"""`manage.py train_seeds`, also without Django: `python -m mlcore.seed_command`.

A machine that is lent for its GPU has Keras on JAX or PyTorch, and seldom the product.
"""

import json
import logging
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mlcore.artifacts import PACKAGED_MODELS
from mlcore.datasets.faces import FaceDataset
from mlcore.datasets.protocols import OFFICIAL, load_protocol
from mlcore.errors import MLCoreError, RecipeError
from mlcore.progress import epoch_line
from mlcore.recipe_arguments import add_set_argument, recipe_as_set
from mlcore.recipes import Recipe, recipe_names

PAGE = "seeds.md"

HELP = (
    "Train recipes with several seeds each; print mean and deviation over the seeds, and what all "
    "of them reach as an ensemble. Stopped, the same command goes on where it was."
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("recipes", nargs="+", help=f"of: {', '.join(recipe_names())}")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of the data that the recipes name"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--runs", type=Path, help="folder for checkpoints (default: DATA_DIR/runs)")
    parser.add_argument(
        "--models", type=Path, help="folder for the models (default: DATA_DIR/models)"
    )
    parser.add_argument(
        "--page",
        type=Path,
        help=f"the page to write, and a .json beside it (default: RUNS/{PAGE})",
    )
    add_set_argument(parser, "all recipes")
    parser.add_argument("--quiet", action="store_true", help="print only the result")


def run(
    options: dict[str, Any],
    *,
    data_dir: Path,
    model_dirs: Sequence[Path],
    write: Callable[[str], object],
) -> None:
    """Do what the command says.

    Args:
        options: of the arguments above.
        data_dir: where runs and models go that `options` name no folder for.
        model_dirs: where the models that the recipes name lie.
        write: takes each line of the output.

    Raises:
        MLCoreError: a recipe or the data is wrong, or a run cannot be gone on with or saved.
    """
    named = [recipe_as_set(name, options["set"]) for name in options["recipes"]]
    if len({(recipe.data, recipe.preprocessing.form) for recipe in named}) > 1:
        raise RecipeError(
            "These recipes see different faces, so they cannot be measured together; train them "
            "in a command each."
        )
    # Not at the top: they import Keras, which a serving installation lacks.
    from mlcore.distillation import keras_answers
    from mlcore.seed_runs import seeded, seeds_page, seeds_report, train_seeds

    recipes = [seeded(recipe, seed) for recipe in named for seed in options["seeds"]]
    runs = options["runs"] or data_dir / "runs"
    loaded: dict[int, FaceDataset] = {}

    def load(recipe: Recipe) -> FaceDataset:
        # One at a time, for faces fill the memory; and anew where the seed divides them.
        key = 0 if recipe.data in OFFICIAL else recipe.seed
        if key not in loaded:
            loaded.clear()
            loaded[key] = load_protocol(
                recipe.data,
                options["data"],
                recipe.seed,
                recipe.preprocessing,
            )
        return loaded[key]

    def told(recipe: Recipe, row: dict[str, float]) -> None:
        if not options["quiet"]:
            write(f"{recipe.name}, {epoch_line(row, recipe.epochs)}")

    folders = train_seeds(
        recipes,
        load,
        runs,
        options["models"] or data_dir / "models",
        model_dirs=model_dirs,
        bar=not options["quiet"] and sys.stderr.isatty(),
        on_epoch=told,
    )
    dataset = load(recipes[0]) if recipes[0].data in OFFICIAL else None
    report = seeds_report(recipes, folders, dataset, by_keras=keras_answers())
    page = options["page"] or runs / PAGE
    text = seeds_page(report, _command(options))
    page.write_text(text)
    page.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    write(text)
    write(f"{page} is written; the models are {', '.join(map(str, folders))}.")


def _command(options: dict[str, Any]) -> str:
    """What makes the same result, without places of this machine."""
    words = ["manage.py train_seeds", *options["recipes"], "--data DIR --seeds"]
    words += [*map(str, options["seeds"]), *(f"--set {change}" for change in options["set"])]
    return " ".join(words)


def main() -> None:
    parser = ArgumentParser(prog="python -m mlcore.seed_command", description=HELP)
    add_arguments(parser)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    data_dir = Path("data")
    try:
        run(
            vars(parser.parse_args()),
            data_dir=data_dir,
            model_dirs=[data_dir / "models", PACKAGED_MODELS],
            write=lambda text: sys.stdout.write(f"{text}\n") and sys.stdout.flush(),
        )
    except (MLCoreError, OSError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
