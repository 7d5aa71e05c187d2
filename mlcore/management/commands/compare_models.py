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
from mlcore.reports import comparison_text


class Command(BaseCommand):
    """Measures several models on the same faces and prints them side by side."""

    help = "Compare trained models on a split of FER2013 or other data."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("models", nargs="+", help="names that list_models prints")
        parser.add_argument("--data", type=Path, required=True, help="folder of the data")
        parser.add_argument("--protocol", choices=PROTOCOLS, default="fer2013")
        parser.add_argument("--seed", type=int, default=1, help="of a protocol that draws")
        parser.add_argument("--split", default=TEST, choices=(TRAINING, VALIDATION, TEST))
        parser.add_argument("--json", action="store_true", help="print the reports as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reports = self._compare(options)
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(reports) if options["json"] else comparison_text(reports))

    def _compare(self, options: dict[str, Any]) -> dict[str, Report]:
        folders = {name: find_artifact(name, settings.MODEL_DIRS) for name in options["models"]}
        found = {name: load_metadata(folder) for name, folder in folders.items()}
        reports: dict[str, Report] = {}
        by_form: dict[tuple[int, int], list[str]] = {}
        for name, metadata in found.items():
            by_form.setdefault(metadata.preprocessing.form, []).append(name)
        # One form at a time, for faces fill the memory.
        for names in by_form.values():
            dataset = load_protocol(
                options["protocol"],
                options["data"],
                options["seed"],
                found[names[0]].preprocessing,
            )
            reports |= {
                name: evaluate_artifact(folders[name], found[name], dataset, options["split"])
                for name in names
            }
        return {name: reports[name] for name in folders}
