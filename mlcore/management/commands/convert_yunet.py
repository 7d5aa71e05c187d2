from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mlcore.errors import MLCoreError


class Command(BaseCommand):
    """Writes YuNet's ONNX file as a LiteRT file, which takes little more than half the time."""

    help = "Convert the face detector YuNet from ONNX to LiteRT."
    # The checks are of the server; a model that is missing must not keep one from converting.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="the .onnx file of OpenCV's model zoo")
        parser.add_argument("target", type=Path, help="the .tflite file to write; must not exist")

    def handle(self, *args: Any, source: Path, target: Path, **options: Any) -> None:
        if target.exists():
            raise CommandError(f"{target} is there already.")
        if target.suffix != ".tflite":
            raise CommandError(f"{target} must end in .tflite: the detector tells by it.")
        try:
            # Not at the top: it imports Keras, which a serving installation lacks.
            from mlcore.detectors.yunet_export import export_yunet

            export_yunet(source, target)
        except (MLCoreError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{target} is written."))
