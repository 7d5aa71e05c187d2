import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.artifacts import find_artifact, load_metadata, read_verified
from mlcore.datasets import load_fer2013
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION
from mlcore.errors import MLCoreError
from mlcore.evaluation import Report, evaluate
from mlcore.network import Network
from mlcore.reports import report_text


class Command(BaseCommand):
    """Measures a model as it is served; needs no TensorFlow."""

    help = "Measure a trained model on FER2013 and its FER+ votes."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a name that list_models prints")
        parser.add_argument(
            "--data", type=Path, required=True, help="folder of fer2013.csv and fer2013new.csv"
        )
        parser.add_argument("--split", default=TEST, choices=(TRAINING, VALIDATION, TEST))
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._evaluate(options["model"], options["data"], options["split"])
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(report) if options["json"] else report_text(report))

    def _evaluate(self, model: str, data: Path, split: str) -> Report:
        folder = find_artifact(model, settings.MODEL_DIRS)
        metadata = load_metadata(folder)
        cores = os.cpu_count() or 1
        network = Network(read_verified(folder, metadata), metadata.heads, num_threads=cores)
        votes = data / "fer2013new.csv"
        wanted = votes.exists() or "ferplus" in metadata.heads
        dataset = load_fer2013(data / "fer2013.csv", votes if wanted else None)
        return evaluate(
            network,
            metadata.preprocessing,
            metadata.calibration,
            flip=metadata.flip,
            dataset=dataset.split(split),
            training=dataset.split(TRAINING),
        )
