"""What `manage.py check` and every start look at, so that a broken installation says so at once."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004


@register()
def check_model(**_: Any) -> list[CheckMessage]:
    from mlcore.artifacts import find_artifact, load_metadata
    from mlcore.errors import MLCoreError

    try:
        load_metadata(find_artifact(settings.MODEL, settings.MODEL_DIRS))
    except MLCoreError as error:
        return [
            Error(str(error), hint="Set MODEL to one of `manage.py list_models`.", id="fer.E001")
        ]
    return []


@register()
def check_classifier(**_: Any) -> list[CheckMessage]:
    from mlcore.classifiers import TENSORFLOW, tensorflow_installed

    if settings.CLASSIFIER == TENSORFLOW and not tensorflow_installed():
        return [
            Error(
                "CLASSIFIER=tensorflow, but TensorFlow or Keras is not installed.",
                hint="Run `make install-full`, or set CLASSIFIER to litert or auto.",
                id="fer.E004",
            )
        ]
    return []


@register()
def check_detector(**_: Any) -> list[CheckMessage]:
    from recognition.detectors import detector_choices

    if settings.DETECTOR not in detector_choices():
        return [
            Error(
                f"DETECTOR={settings.DETECTOR} cannot run here.",
                hint=f"There are: {', '.join(detector_choices())}.",
                id="fer.E007",
            )
        ]
    return []


@register()
def check_upload_rate(**_: Any) -> list[CheckMessage]:
    from rest_framework.throttling import ScopedRateThrottle

    try:
        ScopedRateThrottle().parse_rate(settings.UPLOAD_RATE)
    except (KeyError, ValueError):
        return [
            Error(
                f"UPLOAD_RATE={settings.UPLOAD_RATE} is no rate.",
                hint="Write a number and a time: 240/min, 20/sec or 1000/hour.",
                id="fer.E008",
            )
        ]
    return []


@register()
def check_data_dir(**_: Any) -> list[CheckMessage]:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.DATA_DIR, os.W_OK):
        return [
            Error(f"{settings.DATA_DIR} cannot be written to.", hint="Set DATA_DIR.", id="fer.E002")
        ]
    return []


@register()
def check_throttles_are_shared(**_: Any) -> list[CheckMessage]:
    if settings.PRODUCTION and settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
        return [
            Warning(
                "Failed sign-ins are counted by each web process for itself.",
                hint="With more than one web process set CACHE_URL, as redis://host/1.",
                id="fer.W001",
            )
        ]
    return []


@register()
def check_job_times(**_: Any) -> list[CheckMessage]:
    if (
        settings.JOB_SWEEP_SECONDS < 1
        or settings.JOB_LEASE_SECONDS < 1
        or settings.JOB_MAX_ATTEMPTS < 1
    ):
        return [
            Error(
                "JOB_SWEEP_SECONDS, JOB_LEASE_SECONDS and JOB_MAX_ATTEMPTS must be positive.",
                id="fer.E003",
            )
        ]
    return []


@register()
def check_purposes(**_: Any) -> list[CheckMessage]:
    from recognition.purposes import BANNED, ID_MAX_LENGTH

    messages: list[CheckMessage] = []
    if settings.PURPOSE_REQUIRED and not settings.PURPOSES:
        messages.append(Error("PURPOSE_REQUIRED needs PURPOSES to choose from.", id="fer.E006"))
    for key in settings.PURPOSES:
        if key in BANNED or not key.isidentifier() or len(key) > ID_MAX_LENGTH:
            messages.append(
                Error(
                    f"{key!r} cannot be an id in PURPOSES.",
                    hint=f"At most {ID_MAX_LENGTH} letters, digits and _; not {', '.join(BANNED)}.",
                    id="fer.E005",
                )
            )
    return messages
