from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.artifacts import find_artifact
from mlcore.errors import MLCoreError
from mlcore.explanation import draw, grad_cam, occlusion_map
from mlcore.labels import EXPRESSIONS
from mlcore.management.recognizers import add_recognizer_arguments, recognizer_of
from mlcore.pictures import decode_picture, encode_png


class Command(BaseCommand):
    """Occlusion needs what serving needs; Grad-CAM needs Keras and TensorFlow."""

    help = "Draw what the answer for each face of a picture rests on."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("picture", type=Path, metavar="PICTURE")
        parser.add_argument(
            "--method",
            default="occlusion",
            choices=("occlusion", "grad_cam"),
            help="cover the face place by place, or follow the network's gradients "
            "(default: %(default)s)",
        )
        parser.add_argument(
            "--expression", choices=EXPRESSIONS, help="default: the one that each face shows"
        )
        add_recognizer_arguments(parser)
        parser.add_argument(
            "--output",
            type=Path,
            help="a PNG with a row for each face: its crop, and the crop with the map over it "
            "(default: NAME.explained.png beside the picture)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["picture"]
        target = options["output"] or path.with_name(f"{path.stem}.explained.png")
        if target.exists() and path.exists() and target.samefile(path):
            raise CommandError(f"{target} is the picture itself, which is never overwritten.")
        try:
            rows = self._rows(path, options)
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        if not rows:
            raise CommandError(f"No face was found in {path}.")
        try:
            target.write_bytes(encode_png(np.vstack(rows)))
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"written: {target}")

    def _rows(self, path: Path, options: dict[str, Any]) -> list[Any]:
        """A picture for each face."""
        recognizer = recognizer_of(options)
        folder = find_artifact(options["model"], settings.MODEL_DIRS)
        rows = []
        for number, face in enumerate(recognizer.recognize(decode_picture(path)), start=1):
            expression = options["expression"] or face.expression
            if options["method"] == "grad_cam":
                heat = grad_cam(folder, face.crop, expression)
            else:
                heat = occlusion_map(recognizer, face.crop, expression)
            probability = face.probabilities[EXPRESSIONS.index(expression)]
            self.stdout.write(f"face {number}: {expression} {probability:.1%}")
            rows.append(draw(face.crop, heat))
        return rows
