import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.datasets.protocols import load_protocol
from mlcore.errors import MLCoreError
from mlcore.recipes import get_recipe, recipe_names, recipe_override


class Command(BaseCommand):
    """Reads the data, trains, and makes the model that is served."""

    help = "Train a recipe on FER2013 and its FER+ votes, measure the result and save the model."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("recipe", help=f"one of: {', '.join(recipe_names())}")
        parser.add_argument(
            "--data",
            type=Path,
            required=True,
            help="folder of the data that the recipe names",
        )
        parser.add_argument(
            "--runs", type=Path, help="folder for checkpoints (default: DATA_DIR/runs)"
        )
        parser.add_argument(
            "--models", type=Path, help="folder for the model (default: DATA_DIR/models)"
        )
        parser.add_argument(
            "--resume", action="store_true", help="go on after the last whole epoch"
        )
        parser.add_argument(
            "--restart", action="store_true", help="throw an earlier run of this recipe away"
        )
        parser.add_argument(
            *("--set", "-s"),
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="change a field of the recipe; may be given again",
        )
        parser.add_argument("--quiet", action="store_true", help="print only the result")

    def handle(self, *args: Any, **options: Any) -> None:
        runs = options["runs"] or settings.DATA_DIR / "runs"
        models = options["models"] or settings.DATA_DIR / "models"
        try:
            self._train(runs, models, options)
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("\nStopped. Run the same command with --resume to go on.")
            sys.exit(130)

    def _train(self, runs: Path, models: Path, options: dict[str, Any]) -> None:
        changes = dict(change.partition("=")[::2] for change in options["set"])
        recipe = recipe_override(get_recipe(options["recipe"]), changes)
        # Not at the top: they import Keras, which a serving installation lacks.
        from mlcore.finishing import describe_hardware, finish_run
        from mlcore.training import read_history, train

        quiet = options["quiet"]
        dataset = load_protocol(recipe.data, options["data"], recipe.seed)
        run_dir = runs / recipe.name
        if (run_dir / "checkpoint").exists() and not (options["resume"] or options["restart"]):
            raise CommandError(
                f"{run_dir} holds an earlier run: pass --resume to go on with it, or --restart to "
                "throw it away."
            )
        model = train(
            recipe,
            dataset,
            run_dir,
            resume=options["resume"],
            verbose=0 if quiet else 1,
            on_epoch=lambda row: None if quiet else self._print_epoch(row, recipe.epochs),
        )
        if not quiet:
            self.stdout.write("Exporting and measuring the best epoch's network.")
        history = read_history(run_dir)
        folder = finish_run(
            recipe,
            model,
            dataset,
            run_dir,
            models,
            hardware=describe_hardware(),
            seconds=sum(row["seconds"] for row in history),
            history=history,
        )
        self.stdout.write(self.style.SUCCESS(f"{folder} is ready; its README.md has the scores."))

    def _print_epoch(self, row: dict[str, float], epochs: int) -> None:
        scores = ", ".join(
            f"{words} {row[name]:.4f}"
            for name, words in (("public_fer2013", "FER2013"), ("public_ferplus", "FER+"))
            if name in row
        )
        self.stdout.write(
            f"epoch {row['epoch']:.0f} of {epochs}: loss {row['loss']:.3f}, PublicTest {scores} "
            f"({row['seconds']:.0f} s)"
        )
