"""Numbers of an import that are none, infinite, or larger than what they stand for."""

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from rest_framework.test import APIClient

from recognition.import_documents import RecordDocumentSerializer
from recognition.tests.test_imports import send
from records.models import Media, Record
from records.tests.factories import probabilities_of

Place = tuple[str | int, ...]

NOON = "2026-03-02T12:00:00Z"

RECORD: dict[str, Any] = {
    "id": "3f0d5a10-0d6e-4a11-8f0e-2b1f0f8f0001",
    **dict.fromkeys(("name", "note", "error_code", "error_detail", "file_name"), "text"),
    **dict.fromkeys(("purpose", "detector", "model_name", "model_version"), "text"),
    "tags": ["lab"],
    "created_at": NOON,
    "recognized_at": NOON,
    "consent_at": NOON,
    "state": "done",
    "kind": "live",
    "width": 640,
    "height": 480,
    "files": {},
    "faces": [
        {
            "index": 0,
            "box": {"x": 1, "y": 2, "width": 3, "height": 4},
            "detection_score": 0.5,
            "expression": "happy",
            "probabilities": probabilities_of("happy", 0.9),
            "uncertain": False,
            "quality": 0.9,
            "quality_issues": ["blurred"],
            "corrected_expression": "sad",
            "corrected_at": NOON,
            "crop": None,
        }
    ],
    "timeline": {
        "duration": 3.5,
        "width": 640,
        "height": 480,
        "marks": [{"time": 1.5, "label": "laughs"}],
        "practice": {
            "rounds": [
                {"expression": "happy", "score": 0.5, "held": 1.5, "peak": 0.9}
                | {"started": 0.5, "ended": 2.5}
            ]
        },
        "samples": {
            "times": [0.5, 1.5],
            "tracks": [1, 2],
            "boxes": [[1.5, 2.0, 3.0, 4.0]] * 2,
            "probabilities": [[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]] * 2,
            "quality": [0.9, 0.9],
            "uncertain": [False, True],
        },
        "smoothing": "little",
        "edits": {"names": {"1": "Anna"}, "hidden": [2], "merged": {"3": 1}},
        "segments": [{"id": "0123456789ab", "name": "one", "start": 0.5, "end": 1.5}],
        "frame_rate": 25.0,
        "cuts": [0.5],
        "truncated": False,
    },
}


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where numbers are in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        if isinstance(one, dict | list):
            yield from places(one, (*at, key))
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield (*at, key)


def with_number(place: Place, number: object) -> dict[str, Any]:
    document = copy.deepcopy(RECORD)
    inner: Any = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = number
    return document


def finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(finite, value))
    if hasattr(value, "to_bytes") and not isinstance(value, int):
        return all(np.isfinite(getattr(value, column.name)).all() for column in fields(value))
    return not isinstance(value, float) or math.isfinite(value)


def test_the_document_is_right_as_it_is() -> None:
    checked = RecordDocumentSerializer(data=RECORD)

    assert checked.is_valid(), checked.errors
    assert len(list(places(RECORD))) > 50


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, "Infinity", "-inf", "NaN"])
def test_no_field_takes_a_number_that_is_none(number: object) -> None:
    for place in places(RECORD):
        checked = RecordDocumentSerializer(data=with_number(place, number))

        assert not checked.is_valid(), place


@pytest.mark.parametrize("number", [math.inf, math.nan, 10**30, -(10**400), 1e300])
def test_none_comes_of_a_number_elsewhere(number: object) -> None:
    """Where a text is expected it becomes one."""
    for place in [("name",), ("tags", 0), ("id",), ("created_at",), ("faces", 0, "expression")]:
        checked = RecordDocumentSerializer(data=with_number(place, number))

        assert not checked.is_valid() or finite(checked.validated_data), place


def sent(api: APIClient, record: dict[str, Any], **words: str) -> Any:
    """The answer to an export of this record; each word in it stands for what is written."""
    document = {"format": "expression-lab-records", "version": 1, "records": [record]}
    content = json.dumps(document)
    for word, written in words.items():
        content = content.replace(f'"{word}"', written)
    return send(api, content.encode())


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (("faces", 0, "detection_score"), "faces"),
        (("timeline", "frame_rate"), "timeline"),
        (("timeline", "samples", "times", 0), "timeline"),
    ],
    ids=str,
)
@pytest.mark.parametrize("written", ["1e999", "-1e999", "NaN", "Infinity"])
def test_nothing_is_stored_of_it(api: APIClient, place: Place, field: str, written: str) -> None:
    answer = sent(api, with_number(place, "HERE"), HERE=written)

    problem = answer.json()
    assert answer.status_code == 400
    if written.endswith("e999"):
        assert problem["code"] == "import_invalid"
        assert field in problem["detail"]
    else:
        assert problem["code"] == "import_unreadable"  # it is no JSON
    assert not Record.objects.exists()
    assert not Media.objects.exists()


@pytest.mark.parametrize(
    ("what", "edit"),
    [
        ("hidden", [10**30]),
        ("hidden", [2**31]),
        ("merged", {"2": 10**30}),
        ("merged", {"9" * 5000: 1}),
        ("merged", {str(2**31): 1}),
        ("names", {"9" * 5000: "Anna"}),
    ],
    ids=lambda value: str(value)[:20],
)
def test_tracks_have_numbers_that_there_can_be(api: APIClient, what: str, edit: object) -> None:
    record = with_number(("timeline", "edits", what), edit)

    answer = sent(api, record)

    assert (answer.status_code, answer.json()["code"]) == (400, "import_invalid")
    assert not Record.objects.exists()
