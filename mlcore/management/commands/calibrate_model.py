from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.artifacts import Metadata, find_artifact, load_metadata
from mlcore.datasets.faces import TEST
from mlcore.datasets.protocols import PROTOCOLS, load_protocol
from mlcore.errors import MLCoreError
from mlcore.recalibration import recalibrate
from mlcore.recipes import Recipe
from mlcore.reports import comparison_text


class Command(BaseCommand):
    """Fits a model's mixture, temperatures and threshold anew; needs no TensorFlow."""

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

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            before, after, folder = self._calibrate(
                options["model"], options["data"], options["protocol"], options["models"]
            )
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
        self.stdout.write(self.style.SUCCESS(f"{folder} is {after.version}."))

    def _calibrate(
        self, model: str, data: Path, protocol: str | None, models: Path | None
    ) -> tuple[Metadata, Metadata, Path]:
        folder = find_artifact(model, settings.MODEL_DIRS if models is None else [models])
        before = load_metadata(folder)
        recipe = Recipe.from_dict(before.recipe)
        dataset = load_protocol(
            protocol or recipe.data, data, recipe.seed, before.preprocessing.channels
        )
        target = (models or settings.DATA_DIR / "models") / model
        return before, recalibrate(folder, target, dataset), target
