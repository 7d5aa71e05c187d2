"""The recogniser that a command's options name."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from mlcore.classifiers import DEFAULT_CLASSIFIER
from mlcore.detectors import available_detectors
from mlcore.recognizer import DEFAULT_MODEL, Recognizer, get_recognizer


def add_recognizer_arguments(parser: ArgumentParser) -> None:
    """`--model` and `--detector`."""
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument(
        "--detector",
        default=settings.DETECTOR,
        choices=available_detectors(settings.DETECTOR_WEIGHTS),
        help="what finds the faces (default: %(default)s)",
    )


def recognizer_of(options: Mapping[str, Any]) -> Recognizer:
    """The recogniser of these options; without a `classifier` with the default one.

    Raises:
        MLCoreError: see `mlcore.recognizer.get_recognizer`.
    """
    return get_recognizer(
        options["model"],
        options["detector"],
        settings.MODEL_DIRS,
        settings.DETECTOR_WEIGHTS.get(options["detector"]),
        options.get("classifier", DEFAULT_CLASSIFIER),
    )
