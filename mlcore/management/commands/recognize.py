import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from numpy.typing import NDArray

from mlcore.annotation import annotate
from mlcore.classifiers import CLASSIFIERS
from mlcore.detectors import available_detectors
from mlcore.errors import MLCoreError
from mlcore.labels import EXPRESSIONS
from mlcore.pictures import decode_picture, encode_jpeg
from mlcore.recognizer import DEFAULT_MODEL, RecognizedFace, get_recognizer


class Command(BaseCommand):
    """Recognises faces without web server, database or queue."""

    help = "Recognise the expressions of the faces in pictures."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE")
        parser.add_argument("--model", default=DEFAULT_MODEL)
        parser.add_argument(
            "--detector",
            default=settings.DETECTOR,
            choices=available_detectors(settings.DETECTOR_WEIGHTS),
            help="what finds the faces (default: %(default)s)",
        )
        parser.add_argument(
            "--classifier",
            default=settings.CLASSIFIER,
            choices=CLASSIFIERS,
            help="what runs the network (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print the faces as JSON")
        output = parser.add_mutually_exclusive_group()
        output.add_argument(
            "--output",
            type=Path,
            help="the annotated picture, or a folder for it "
            "(default: NAME.annotated.jpg beside the picture)",
        )
        output.add_argument("--no-output", action="store_true", help="write no annotated picture")

    def handle(self, *args: Any, **options: Any) -> None:
        pictures: list[Path] = options["pictures"]
        output: Path | None = options["output"]
        if output and len(pictures) > 1 and not output.is_dir():
            raise CommandError(f"{output} must be a folder for more than one picture.")
        answers = []
        try:
            recognizer = get_recognizer(
                options["model"],
                options["detector"],
                settings.MODEL_DIRS,
                settings.DETECTOR_WEIGHTS.get(options["detector"]),
                options["classifier"],
            )
            for path in pictures:
                image = decode_picture(path)
                faces = recognizer.recognize(image)
                target = None
                if not options["no_output"]:
                    target = self._write(path, output, annotate(image, faces))
                answers.append(_answer(path, target, image, faces))
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(answers))
            return
        for answer in answers:
            self._print(answer)

    def _write(self, path: Path, output: Path | None, image: NDArray[np.uint8]) -> Path:
        target = output or path.with_name(f"{path.stem}.annotated.jpg")
        if target.is_dir():
            target = target / f"{path.stem}.annotated.jpg"
        if target.exists() and target.samefile(path):
            raise CommandError(f"{target} is the picture itself, which is never overwritten.")
        try:
            target.write_bytes(encode_jpeg(image))
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error
        return target

    def _print(self, answer: dict[str, Any]) -> None:
        faces = answer["faces"]
        self.stdout.write(f"{answer['picture']}: {len(faces)} face{'s' * (len(faces) != 1)}")
        if faces:
            header = "".join(f"{name:>10}" for name in EXPRESSIONS)
            self.stdout.write(f"  {'x, y, width, height':<24}{'shows':<11}{header}   quality")
        for face in faces:
            place = ", ".join(str(value) for value in face["box"].values())
            chances = "".join(f"{value:>10.3f}" for value in face["probabilities"].values())
            shows = face["expression"] + "?" * face["uncertain"]
            quality = ", ".join((f"{face['quality']['score']:.2f}", *face["quality"]["issues"]))
            self.stdout.write(f"  {place:<24}{shows:<11}{chances}   {quality}")
        if any(face["uncertain"] for face in faces):
            self.stdout.write("  ?: uncertain, not to be relied on")
        if answer["annotated"]:
            self.stdout.write(f"  annotated: {answer['annotated']}")


def _answer(
    path: Path, target: Path | None, image: NDArray[np.uint8], faces: list[RecognizedFace]
) -> dict[str, Any]:
    """One picture's faces in plain values."""
    return {
        "picture": str(path),
        "width": image.shape[1],
        "height": image.shape[0],
        "annotated": str(target) if target else None,
        "faces": [
            {
                "box": {
                    "x": face.box.x,
                    "y": face.box.y,
                    "width": face.box.width,
                    "height": face.box.height,
                },
                "score": round(face.score, 4),
                "expression": face.expression,
                "uncertain": face.uncertain,
                "quality": {"score": face.quality.score, "issues": list(face.quality.issues)},
                "probabilities": {
                    name: round(float(value), 6)
                    for name, value in zip(EXPRESSIONS, face.probabilities, strict=True)
                },
            }
            for face in faces
        ],
    }
