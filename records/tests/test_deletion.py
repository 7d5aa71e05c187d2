"""Deleting, having it back, and deletion for good."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from conftest import stored_files
from records.models import Face, Media, Record, Tag
from records.services import discarded_records_delete, record_edit
from records.tests.recognized import face_result, recognize


@pytest.fixture
def record(user: User, make_record) -> Record:
    return recognize(make_record(user), face_result())


def address(record: Record) -> str:
    return f"/api/v1/records/{record.pk}/"


def later(settings, seconds: float = 1) -> None:
    """As if the moment for undoing, and so many seconds more, had passed."""
    Record.objects.filter(deleted_at__isnull=False).update(
        deleted_at=timezone.now() - timedelta(seconds=settings.RECORD_UNDO_SECONDS + seconds)
    )


def test_a_deleted_record_is_gone_at_once_and_can_be_had_back(
    api: APIClient, record: Record
) -> None:
    before = api.get(address(record)).json()

    assert api.delete(address(record)).status_code == 204
    assert api.get(address(record)).json()["code"] == "not_found"
    assert api.get("/api/v1/records/").json()["results"] == []
    assert api.delete(address(record)).status_code == 404
    assert discarded_records_delete() == 0

    answer = api.post("/api/v1/records/restore/", {"ids": [str(record.pk)]})

    assert (answer.status_code, answer.json()) == (200, {"restored": [str(record.pk)]})
    assert api.get(address(record)).json() == before
    assert len(stored_files()) == 4


def test_then_it_is_deleted_for_good_with_rows_and_files(
    api: APIClient,
    record: Record,
    user: User,
    make_record,
    settings,
    django_capture_on_commit_callbacks,
) -> None:
    kept = make_record(user, "kept")
    record_edit(record=record, tags=["sea"])
    api.delete(address(record))
    later(settings)

    answer = api.post("/api/v1/records/restore/", {"ids": [str(record.pk)]})
    assert answer.json() == {"restored": []}
    with django_capture_on_commit_callbacks(execute=True):
        assert discarded_records_delete() == 1

    assert (Record.objects.get(), Media.objects.get()) == (kept, kept.media)
    assert not Face.objects.exists()
    assert not Tag.objects.exists()
    assert stored_files() == {kept.media.original.name, kept.media.thumbnail.name}
    assert discarded_records_delete() == 0


def test_the_task_runs_often_enough_for_a_minute(settings) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["delete-discarded-records"]

    assert entry["task"] == "records.tasks.delete_discarded_records"
    assert settings.RECORD_UNDO_SECONDS + entry["schedule"] < 60


def test_a_medium_stays_as_long_as_another_record_is_of_it(
    record: Record, settings, django_capture_on_commit_callbacks
) -> None:
    twin = Record.objects.create(owner=record.owner, media=record.media, name="twin")
    Record.objects.filter(pk=record.pk).update(deleted_at=timezone.now())
    later(settings)
    assert Media.objects.visible_to(record.owner).count() == 1

    with django_capture_on_commit_callbacks(execute=True):
        assert discarded_records_delete() == 1

    assert Record.objects.get() == twin
    assert stored_files() == {record.media.original.name, record.media.thumbnail.name}


def test_many_at_once(api: APIClient, user: User, other_user: User, make_record) -> None:
    mine = [str(make_record(user, str(number)).pk) for number in range(3)]
    stay = make_record(user, "stays")
    others = str(make_record(other_user).pk)
    unknown = str(uuid.uuid4())

    answer = api.post(
        "/api/v1/records/delete/", {"ids": [mine[2], others, mine[0], unknown, mine[2]]}
    )

    assert (answer.status_code, answer.json()) == (200, {"deleted": [mine[2], mine[0]]})
    assert Record.objects.filter(deleted_at__isnull=False).count() == 2
    answer = api.post("/api/v1/records/restore/", {"ids": [*mine, others, str(stay.pk)]})
    assert answer.json() == {"restored": [mine[0], mine[2]]}
    assert not Record.objects.filter(deleted_at__isnull=False).exists()


@pytest.mark.parametrize("what", ["delete", "restore"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"ids": []}, "empty"),
        ({"ids": None}, "null"),
        ({"ids": "all"}, "not_a_list"),
        ({"ids": ["1"]}, "invalid"),
        ({"ids": ["1' OR '1'='1"]}, "invalid"),
        ({"ids": [str(uuid.uuid4()) for _ in range(501)]}, "max_length"),
        ([], "invalid"),
    ],
)
def test_a_bad_list_of_ids_deletes_nothing(
    api: APIClient, record: Record, what: str, body: object, code: str
) -> None:
    answer = api.post(f"/api/v1/records/{what}/", body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert Record.objects.get().deleted_at is None


def test_five_hundred_at_once(api: APIClient, record: Record) -> None:
    ids = [str(record.pk), *(str(uuid.uuid4()) for _ in range(499))]

    assert api.post("/api/v1/records/delete/", {"ids": ids}).json() == {"deleted": ids[:1]}


def test_tags_of_deleted_records_are_not_counted(
    api: APIClient, user: User, make_record, record: Record
) -> None:
    record_edit(record=record, tags=["sea", "sun"])
    record_edit(record=make_record(user), tags=["sun"])

    api.delete(address(record))

    assert api.get("/api/v1/tags/").json() == [{"name": "sun", "records": 1}]
    api.post("/api/v1/records/restore/", {"ids": [str(record.pk)]})
    assert len(api.get("/api/v1/tags/").json()) == 2


def test_what_was_not_kept_has_no_address(api: APIClient, record: Record) -> None:
    Media.objects.update(original="", thumbnail="")
    Record.objects.update(annotated="")
    Face.objects.update(crop="")

    shown = api.get(address(record)).json()

    assert [shown[name] for name in ("original", "thumbnail", "annotated")] == [None] * 3
    assert shown["faces"][0]["crop"] is None
    assert api.get("/api/v1/records/").json()["results"][0]["thumbnail"] is None
    for name in ("original", "thumbnail", "annotated"):
        assert api.get(f"{address(record)}{name}/").json()["code"] == "not_found"
