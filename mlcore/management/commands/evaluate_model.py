import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.artifacts import find_artifact, load_metadata
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION
from mlcore.datasets.protocols import PROTOCOLS, load_protocol
from mlcore.errors import MLCoreError
from mlcore.evaluation import Report, evaluate_artifact
from mlcore.recipes import Recipe
from mlcore.reports import report_text


class Command(BaseCommand):
    """Measures a model as it is served; needs no TensorFlow."""

    help = "Measure a trained model on a split of FER2013 or other data."
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
        parser.add_argument("--split", default=TEST, choices=(TRAINING, VALIDATION, TEST))
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._evaluate(
                options["model"], options["data"], options["protocol"], options["split"]
            )
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(report) if options["json"] else report_text(report))

    def _evaluate(self, model: str, data: Path, protocol: str | None, split: str) -> Report:
        folder = find_artifact(model, settings.MODEL_DIRS)
        metadata = load_metadata(folder)
        recipe = Recipe.from_dict(metadata.recipe)
        dataset = load_protocol(protocol or recipe.data, data, recipe.seed)
        return evaluate_artifact(folder, metadata, dataset, split)
