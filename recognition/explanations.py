"""What an answer rests on, as it is kept with its face. Light: the web process reads it.

It holds all seven expressions, since covering a face once answers for all of them:
`{method, model_name, model_version, patch, rows, columns, probabilities: {expression: share},
values: {expression: [[drop in probability, ...], ...]}}`, see `mlcore.explanation.Occlusion`.
As long as a worker is to do it: `{state: "queued"}`; where it failed: `{error: a sentence in
English, code: see records.failures}`. The first is only for whoever asks: a worker does the work
whether it is there or not.
"""

from collections.abc import Mapping
from typing import Any

from mlcore.artifacts import load_metadata
from mlcore.errors import ArtifactError
from recognition.selectors import active_model_folder

DIGITS = 4
"""Decimals that are kept of each probability."""

QUEUED = {"state": "queued"}


def is_current(explanation: Mapping[str, Any] | None) -> bool:
    """Whether this is an explanation by the model that is active now."""
    if explanation is None or "values" not in explanation:
        return False
    try:
        active = load_metadata(active_model_folder())
    except ArtifactError:
        return False  # the worker will say what is wrong with it
    made_by = (explanation["model_name"], explanation["model_version"])
    return made_by == (active.name, active.version)


def explanation_of(explanation: Mapping[str, Any], expression: str) -> dict[str, Any]:
    """The part of it that is about one expression."""
    return {
        **explanation,
        "expression": expression,
        "probability": explanation["probabilities"][expression],
        "values": explanation["values"][expression],
    }
