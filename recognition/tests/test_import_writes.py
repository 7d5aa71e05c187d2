"""How an import is written: all of it or nothing, and without holding others' writes up."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of, stored_files
from recognition.tests.test_imports import export, send
from records.models import Face, Media, Record, SampleBlock, Tag, Timeline
from records.services import timeline_append, timeline_begin, timeline_close
from records.tests.factories import NOON, make_record, samples_shown


@pytest.fixture
def document(user: User) -> dict[str, Any]:
    """A whole export of two records, a picture and what a camera saw, with tags; its owner goes."""
    record = make_record(user, [("happy", 0.9), ("sad", 0.7)])
    record.tags.add(*(Tag.objects.create(owner=user, name=n, folded=n) for n in ("lab", "sea")))
    timeline = timeline_begin(owner=user, purpose="", consent_at=NOON)
    samples = samples_shown([(at / 5, 1, "happy") for at in range(20)])
    timeline_append(timeline=timeline, samples=samples)
    size = {"duration": 4.0, "width": 640, "height": 480}
    timeline_close(timeline=timeline, kind="live", name="A talk", **size)
    content: dict[str, Any] = json.loads(export(client_of(user), "json"))
    content["records"].sort(key=lambda one: one["kind"])
    return content


def many(document: dict[str, Any], times: int) -> bytes:
    """The same records so many times, each under an id of its own."""
    copies = [
        {**one, "id": str(uuid.uuid4()), "created_at": (NOON + timedelta(days=day)).isoformat()}
        for day in range(times)
        for one in document["records"]
    ]
    return json.dumps({**document, "records": copies}).encode()


def writes(client: APIClient, content: bytes, records: int) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert send(client, content).json() == {"records": records, "skipped": 0}
    reads = ("SELECT", "SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(reads) for query in captured)


def test_writes_do_not_grow_with_the_records(other_user: User, document: dict[str, Any]) -> None:
    """On SQLite nobody else writes meanwhile."""
    other = client_of(other_user)

    few = writes(other, many(document, 1), 2)

    assert writes(other, many(document, 30), 60) <= few
    assert Record.objects.filter(owner=other_user).count() == 62
    assert Face.objects.filter(record__owner=other_user).count() == 62
    assert SampleBlock.objects.filter(timeline__owner=other_user).count() == 31


def test_what_is_written_is_what_was_exported(other_user: User, document: dict[str, Any]) -> None:
    document["records"][0]["tags"] = ["lab", "Sea", "sun"]
    document["records"][1]["tags"] = ["SUN"]
    Tag.objects.create(owner=other_user, name="sea", folded="sea")

    assert send(client_of(other_user), many(document, 2)).status_code == 201

    records = Record.objects.filter(owner=other_user).order_by("created_at", "kind")
    assert [one.created_at for one in records] == [NOON] * 2 + [NOON + timedelta(days=1)] * 2
    assert [one.media.created_at for one in records] == [one.created_at for one in records]
    live, picture = records[:2]
    assert [tag.name for tag in live.tags.all()] == ["lab", "sea", "sun"]
    assert [tag.name for tag in picture.tags.all()] == ["sun"]
    assert (live.kind, live.expression, live.timeline.sample_count) == ("live", "happy", 20)
    assert Tag.objects.filter(owner=other_user).count() == 3


@pytest.mark.parametrize("last", [Tag, Timeline, SampleBlock])
def test_what_fails_at_the_end_has_changed_nothing(
    other_user: User, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch, last: type
) -> None:
    before = stored_files()

    def fail(*_: object, **__: object) -> None:
        raise IntegrityError("somebody else was faster")

    monkeypatch.setattr(last.objects, "bulk_create", fail)

    answer = send(client_of(other_user), many(document, 2))

    assert (answer.status_code, answer.json()["code"]) == (400, "import_running")
    for model in (Media, Record, Tag, Timeline):
        assert not model.objects.filter(owner=other_user).exists(), model
    assert stored_files() == before


def test_of_two_imports_at_once_one_is_refused(
    other_user: User, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = many(document, 2)
    assert send(client_of(other_user), content).status_code == 201
    monkeypatch.setattr("recognition.imports.is_known", lambda **_: False)  # as it was for both

    answer = send(client_of(other_user), content)

    assert (answer.status_code, answer.json()["code"]) == (400, "import_running")
    for model in (Media, Record):
        assert model.objects.filter(owner=other_user).count() == 4
