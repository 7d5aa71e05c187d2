from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.artifacts import PRECISIONS, find_artifact, load_metadata
from mlcore.errors import MLCoreError

FORMATS = ("litert", "tf_saved_model", "onnx", "openvino")


class Command(BaseCommand):
    """Writes a model's network in another program's format, from its float32 weights."""

    help = "Export a trained model's network: LiteRT, SavedModel, ONNX or OpenVINO."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a name that list_models prints")
        parser.add_argument("output", type=Path, help="file or folder to write; must not exist")
        parser.add_argument("--format", choices=FORMATS, default="litert")
        parser.add_argument(
            "--precision",
            choices=PRECISIONS,
            help="what LiteRT's weights are stored in (default: as they are where it is served)",
        )

    def handle(self, *args: Any, model: str, output: Path, **options: Any) -> None:
        try:
            self._export(model, output, options["format"], options["precision"])
        except (MLCoreError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{output} is written."))

    def _export(self, model: str, output: Path, file_format: str, precision: str | None) -> None:
        if output.exists():
            raise CommandError(f"{output} is there already.")
        if precision and file_format != "litert":
            raise CommandError("Only --format litert has a --precision.")
        folder = find_artifact(model, settings.MODEL_DIRS)
        # Not at the top: they import Keras, which a serving installation lacks.
        from mlcore.backend import load_network
        from mlcore.export import export_litert

        network = load_network(folder)
        if file_format == "litert":
            export_litert(network, output, precision or load_metadata(folder).precision)
            return
        # TensorFlow makes folders too, but what it raises where it cannot is no OSError.
        output.parent.mkdir(parents=True, exist_ok=True)
        output.touch(exist_ok=False)
        output.unlink()
        try:
            network.export(str(output), format=file_format, verbose=False)
        except ImportError as error:
            raise CommandError(
                f"The format {file_format} needs one more package: {error}"
            ) from error
