import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from mlcore.artifacts import list_artifacts, load_metadata
from mlcore.errors import ArtifactError


class Command(BaseCommand):
    """Lists every model that can be served, and says what is wrong with those that cannot."""

    help = "List the trained models in MODEL_DIRS."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the list as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        models = []
        for folder in list_artifacts(settings.MODEL_DIRS):
            try:
                metadata = load_metadata(folder)
            except ArtifactError as error:
                self.stderr.write(str(error))
                continue
            models.append(
                {
                    "name": metadata.name,
                    "version": metadata.version,
                    "parameters": metadata.parameters,
                    "folder": str(folder),
                }
            )
        if options["json"]:
            self.stdout.write(json.dumps(models))
            return
        for model in models:
            self.stdout.write(
                f"{model['name']:<16} {model['version']:<20} "
                f"{model['parameters']:>12,} parameters  {model['folder']}"
            )
        if not models:
            self.stdout.write("There is no trained model; see train_model --help.")
