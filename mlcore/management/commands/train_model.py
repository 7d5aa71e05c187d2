import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.datasets.protocols import load_protocol
from mlcore.errors import MLCoreError
from mlcore.progress import epoch_line
from mlcore.recipe_arguments import add_set_argument, recipe_as_set
from mlcore.recipes import recipe_names


class Command(BaseCommand):
    """Reads the data, trains, and makes a model that can be served."""

    help = "Train a recipe on the data that it names, measure the result and save the model."
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
            "--finish",
            action="store_true",
            help="train no further: make the model from the best epoch so far",
        )
        parser.add_argument(
            "--augment-on",
            choices=("host", "device"),
            help="where faces are changed (default: the device where there is a GPU)",
        )
        parser.add_argument(
            "--restart", action="store_true", help="throw an earlier run of this recipe away"
        )
        add_set_argument(parser)
        parser.add_argument("--quiet", action="store_true", help="print only the result")

    def handle(self, *args: Any, **options: Any) -> None:
        runs = options["runs"] or settings.DATA_DIR / "runs"
        models = options["models"] or settings.DATA_DIR / "models"
        try:
            self._train(runs, models, options)
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write(
                "\nStopped; the best epoch so far is kept. The same command goes on with --resume, "
                "or makes a model of that epoch with --finish."
            )
            sys.exit(130)

    def _train(self, runs: Path, models: Path, options: dict[str, Any]) -> None:
        recipe = recipe_as_set(options["recipe"], options["set"])
        # Not at the top: they import Keras, which a serving installation lacks.
        from mlcore.backend import keras
        from mlcore.finishing import finish_run
        from mlcore.run_folder import has_checkpoint
        from mlcore.training import best_network, train

        quiet = options["quiet"]
        model_dirs = [models, *settings.MODEL_DIRS]
        run_dir = runs / recipe.name
        if has_checkpoint(run_dir) and not any(
            options[choice] for choice in ("resume", "restart", "finish")
        ):
            raise CommandError(
                f"{run_dir} holds an earlier run: pass --resume to go on with it, --finish to make "
                "a model of its best epoch, or --restart to throw it away."
            )
        dataset = load_protocol(
            recipe.data,
            options["data"],
            recipe.seed,
            recipe.preprocessing,
        )
        if options["finish"]:
            model = best_network(recipe, dataset, run_dir)
        else:
            model = train(
                recipe,
                dataset,
                run_dir,
                resume=options["resume"],
                model_dirs=model_dirs,
                on_device={"host": False, "device": True}.get(options["augment_on"]),
                bar=not quiet and sys.stderr.isatty(),
                on_epoch=lambda row: None if quiet else self._print_epoch(row, recipe.epochs),
            )
        if keras.backend.backend() != "tensorflow":
            self.stdout.write(
                f"{run_dir} is trained. Exporting needs TensorFlow: run the same command with "
                "KERAS_BACKEND=tensorflow and --finish."
            )
            return
        if not quiet:
            self.stdout.write("Exporting and measuring the best epoch's network.")
        folder = finish_run(recipe, model, dataset, run_dir, models, model_dirs)
        self.stdout.write(self.style.SUCCESS(f"{folder} is ready; its README.md has the scores."))

    def _print_epoch(self, row: dict[str, float], epochs: int) -> None:
        self.stdout.write(epoch_line(row, epochs))
