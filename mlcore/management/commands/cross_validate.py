import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.cross_validation import Fold, cross_validate, load_people
from mlcore.cross_validation_report import (
    cross_validation_page,
    cross_validation_report,
    seed_report,
)
from mlcore.errors import MLCoreError
from mlcore.recipe_arguments import add_set_argument, recipe_as_set
from mlcore.recipes import recipe_names

RESULT, PAGE = "result.json", "result.md"


class Command(BaseCommand):
    """Tests a recipe on people whom it has not seen, fold by fold, and writes down the result."""

    help = "Train and test a recipe in folds by person, as CK+ is measured."
    # The checks are of the server; a model that is missing must not keep one from training.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("recipe", help=f"one of: {', '.join(recipe_names())}")
        parser.add_argument(
            "--data",
            type=Path,
            required=True,
            help="folder with CK+48/, or of other data that says whose faces they are",
        )
        parser.add_argument("--folds", type=int, default=10)
        parser.add_argument(
            "--seeds", type=int, nargs="+", help="a run each (default: the recipe's own seed)"
        )
        parser.add_argument(
            "--out", type=Path, help="folder for the folds (default: DATA_DIR/folds/RECIPE)"
        )
        parser.add_argument("--page", type=Path, help=f"the page to write (default: OUT/{PAGE})")
        add_set_argument(parser)
        parser.add_argument(
            "--restart", action="store_true", help="throw earlier folds of these seeds away"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(options)
        except (MLCoreError, OSError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as stop:
            raise CommandError("Stopped. The same command goes on after the last fold.") from stop

    def _run(self, options: dict[str, Any]) -> None:
        recipe = recipe_as_set(options["recipe"], options["set"])
        out = options["out"] or settings.DATA_DIR / "folds" / recipe.name
        seeds = list(dict.fromkeys(options["seeds"] or [recipe.seed]))
        dataset = load_people(options["data"], recipe.preprocessing)
        reports = []
        for seed in seeds:
            place = out / f"seed_{seed}"
            if options["restart"]:
                for path in place.glob("fold_*.json"):
                    path.unlink()
            self.stdout.write(f"Seed {seed}")
            folds = cross_validate(
                replace(recipe, seed=seed),
                dataset,
                options["folds"],
                place,
                model_dirs=settings.MODEL_DIRS,
                on_fold=self._print_fold,
            )
            reports.append(seed_report(seed, dataset, folds))
        command = self._command(options, seeds)
        report = cross_validation_report(recipe, dataset, reports, command)
        page = options["page"] or out / PAGE
        page.write_text(cross_validation_page(report))
        (out / RESULT).write_text(json.dumps(report, indent=2) + "\n")
        self.stdout.write(cross_validation_page(report))
        self.stdout.write(self.style.SUCCESS(f"{page} and {out / RESULT} are written."))

    def _print_fold(self, fold: Fold, accuracy: float) -> None:
        self.stdout.write(
            f"fold {fold.number}: {accuracy:.4f} of {len(fold.rows)} faces ({fold.minutes:.1f} min)"
        )

    def _command(self, options: dict[str, Any], seeds: list[int]) -> str:
        """What makes the same result, without places of this machine."""
        words = [f"manage.py cross_validate {options['recipe']} --data DIR"]
        words += [f"--folds {options['folds']}", f"--seeds {' '.join(map(str, seeds))}"]
        words += [f"--set {change}" for change in options["set"]]
        if options["page"]:
            words.append("--page FILE")
        return " ".join(words)
