import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.artifacts import find_artifact, load_metadata
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION
from mlcore.datasets.protocols import OFFICIAL, PROTOCOLS, load_protocol
from mlcore.ensembles import evaluate_ensemble
from mlcore.errors import MLCoreError
from mlcore.evaluation import Report, evaluate_artifact
from mlcore.recipes import Recipe
from mlcore.reports import report_text


class Command(BaseCommand):
    """Measures a model as it is served, or several that answer together; needs no TensorFlow."""

    help = (
        "Measure a trained model on a split of FER2013 or other data. Several models answer "
        "together, by the mean of their calibrated answers over all their looks."
    )
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("models", nargs="+", help="names that list_models prints")
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
                options["models"], options["data"], options["protocol"], options["split"]
            )
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(report) if options["json"] else report_text(report))

    def _evaluate(self, models: list[str], data: Path, protocol: str | None, split: str) -> Report:
        folders = [find_artifact(model, settings.MODEL_DIRS) for model in models]
        found = [load_metadata(folder) for folder in folders]
        recipes = [Recipe.from_dict(metadata.recipe) for metadata in found]
        if protocol is None and len({_division(recipe) for recipe in recipes}) > 1:
            raise CommandError(
                "These models were trained on faces that were divided in different ways, so what "
                "is new to one may be known to another; name a --protocol."
            )
        # Of colours a grey network makes grey; of grey nobody makes colours.
        preprocessing = max(
            (metadata.preprocessing for metadata in found), key=lambda one: one.channels
        )
        dataset = load_protocol(protocol or recipes[0].data, data, recipes[0].seed, preprocessing)
        if len(folders) == 1:
            return evaluate_artifact(folders[0], found[0], dataset, split)
        return evaluate_ensemble(folders, dataset, split)


def _division(recipe: Recipe) -> tuple[str, int]:
    return recipe.data, 0 if recipe.data in OFFICIAL else recipe.seed
