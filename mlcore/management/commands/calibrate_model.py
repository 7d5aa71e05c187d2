from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.artifacts import PRECISIONS, Metadata, find_artifact, load_metadata
from mlcore.datasets.faces import TEST, VALIDATION
from mlcore.datasets.protocols import PROTOCOLS, load_protocol
from mlcore.errors import MLCoreError
from mlcore.recalibration import recalibrate
from mlcore.recipes import Recipe
from mlcore.reports import comparison_text
from mlcore.views import Views


class Command(BaseCommand):
    """Fits a model's mixture, temperatures and threshold anew; --precision takes TensorFlow."""

    help = "Calibrate a trained model anew on PublicTest and measure it on PrivateTest."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a name that list_models prints")
        parser.add_argument("--data", type=Path, required=True, help="folder of the data")
        parser.add_argument(
            "--protocol",
            choices=PROTOCOLS,
            help="how the data is loaded and divided (default: as for the model's training)",
        )
        parser.add_argument(
            "--models",
            type=Path,
            help="folder in which the model lies and is written (default: it is taken from where "
            "it is served and written to DATA_DIR/models)",
        )
        parser.add_argument(
            "--zooms",
            type=float,
            nargs="+",
            help="average over looks of these zooms, the first of which is 1 (default: as now)",
        )
        parser.add_argument(
            "--flip",
            action=BooleanOptionalAction,
            help="average over the mirror image of each look too (default: as now)",
        )
        parser.add_argument(
            "--precision",
            choices=PRECISIONS,
            help="export the network anew, with its weights stored so (default: leave it as it is)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            before, after, folder = self._calibrate(options)
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        if TEST in before.scores:
            scores = {found.version: found.scores[TEST] for found in (before, after)}
            self.stdout.write(comparison_text(scores))
        abstention = after.abstention or {}
        self.stdout.write(
            f"\nUncertain below {abstention['threshold']:.2f}: on {abstention['fitted_on']}, "
            f"{abstention['coverage']:.1%} of the faces are answered, {abstention['accuracy']:.1%} "
            f"of them right instead of {abstention['accuracy_without']:.1%}."
        )
        if options["precision"]:
            self.stdout.write(f"{after.precision} weights, {_lost(after.export_loss or {})}.")
        self.stdout.write(self.style.SUCCESS(f"{folder} is {after.version}."))

    def _calibrate(self, options: Mapping[str, Any]) -> tuple[Metadata, Metadata, Path]:
        model, models = options["model"], options["models"]
        folder = find_artifact(model, settings.MODEL_DIRS if models is None else [models])
        before = load_metadata(folder)
        recipe = Recipe.from_dict(before.recipe)
        dataset = load_protocol(
            options["protocol"] or recipe.data,
            options["data"],
            recipe.seed,
            before.preprocessing,
        )
        target = (models or settings.DATA_DIR / "models") / model
        flip, zooms = options["flip"], options["zooms"]
        try:
            views = Views(
                flip=before.flip if flip is None else flip,
                zooms=before.zooms if zooms is None else tuple(zooms),
            )
        except ValueError as error:
            raise CommandError(f"--zooms: {error}") from error
        after = recalibrate(folder, target, dataset, views=views, precision=options["precision"])
        return before, after, target


def _lost(losses: Mapping[str, float]) -> str:
    heads = ", ".join(f"{head} {100 * loss:+.2f} points" for head, loss in losses.items())
    return f"which on {VALIDATION} lose {heads} of accuracy, one crop"
