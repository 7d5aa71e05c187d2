"""What `manage.py check` and every start look at, so that a broken installation says so at once."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


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
def check_data_dir(**_: Any) -> list[CheckMessage]:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.DATA_DIR, os.W_OK):
        return [
            Error(f"{settings.DATA_DIR} cannot be written to.", hint="Set DATA_DIR.", id="fer.E002")
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
