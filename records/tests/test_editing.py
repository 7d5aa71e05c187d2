"""Renaming, notes, tags, and of two edits at once the second."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of
from records.models import Record, Tag
from records.services import record_edit, unused_tags_delete


@pytest.fixture
def record(user: User, make_record) -> Record:
    return make_record(user)


def patch(api: APIClient, record: Record, **fields: object) -> dict:
    response = api.patch(f"/api/v1/records/{record.pk}/", fields)
    return {"status_code": response.status_code, **response.json()}


def test_all_at_once(api: APIClient, record: Record) -> None:
    answer = patch(
        api, record, name=" Beach ", note=" Two\r\nlines\t! \n", tags=["Sea", " sun  set "]
    )

    assert answer["name"] == "Beach"
    assert answer["note"] == "Two\nlines\t!"
    assert answer["tags"] == ["Sea", "sun set"]
    assert answer["revision"] == 2
    assert api.get(f"/api/v1/records/{record.pk}/").json()["tags"] == ["Sea", "sun set"]
    assert api.get("/api/v1/records/").json()["results"][0]["tags"] == ["Sea", "sun set"]


def test_what_is_not_sent_stays(api: APIClient, record: Record) -> None:
    patch(api, record, note="a note", tags=["sea"])

    answer = patch(api, record, name="Beach")

    assert (answer["name"], answer["note"], answer["tags"]) == ("Beach", "a note", ["sea"])
    record.refresh_from_db()
    assert record.search_text == "beach\na note\na.jpg"


def test_the_second_of_two_edits_is_told_and_changes_nothing(
    api: APIClient, record: Record
) -> None:
    assert patch(api, record, name="first", revision=1)["revision"] == 2

    answer = patch(api, record, name="second", note="lost?", tags=["lost"], revision=1)

    assert (answer["status_code"], answer["code"]) == (409, "edit_conflict")
    record.refresh_from_db()
    assert (record.name, record.note, record.revision) == ("first", "", 2)
    assert not Tag.objects.exists()
    assert patch(api, record, name="second", revision=2)["name"] == "second"


def test_without_a_revision_the_last_edit_counts(api: APIClient, record: Record) -> None:
    patch(api, record, name="first")

    assert patch(api, record, name="second")["revision"] == 3


def test_an_edit_of_nothing_is_none(api: APIClient, record: Record) -> None:
    patch(api, record, tags=["sea"])

    assert patch(api, record)["revision"] == 2
    assert patch(api, record, name="Somebody", note="", tags=["SEA"])["revision"] == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"note": "n" * 2001}, "note_too_long"),
        ({"note": "bell\x07"}, "note_has_control_characters"),
        ({"note": "\u202eturned"}, "note_has_control_characters"),
        ({"note": "nul\0"}, "note_has_control_characters"),
        ({"note": None}, "null"),
        ({"note": ["a"]}, "invalid"),
        ({"tags": ["t" * 41]}, "tag_too_long"),
        ({"tags": ["a\x07b"]}, "tag_has_control_characters"),
        ({"tags": [" "]}, "blank"),
        ({"tags": [""]}, "blank"),
        ({"tags": [f"tag {number}" for number in range(21)]}, "too_many_tags"),
        ({"tags": "sea"}, "not_a_list"),
        ({"tags": None}, "null"),
        ({"revision": 0}, "min_value"),
        ({"revision": "new"}, "invalid"),
        ({"name": "good", "note": "n" * 2001}, "note_too_long"),
    ],
)
def test_a_bad_edit_is_told_and_changes_nothing(
    api: APIClient, record: Record, fields: dict, code: str
) -> None:
    answer = patch(api, record, **fields)

    assert (answer["status_code"], answer["code"]) == (400, code)
    record.refresh_from_db()
    assert (record.name, record.note, record.revision) == ("Somebody", "", 1)
    assert not Tag.objects.exists()


def test_tags_are_one_whatever_their_case(
    api: APIClient, user: User, make_record, record: Record
) -> None:
    other = make_record(user, "other")
    patch(api, record, tags=["Größe", "GRÖSSE", "größe"])
    patch(api, other, tags=["grösse", "Meer"])

    assert api.get("/api/v1/tags/").json() == [
        {"name": "Größe", "records": 2},
        {"name": "Meer", "records": 1},
    ]


def test_unused_tags_disappear(api: APIClient, user: User, make_record, record: Record) -> None:
    other = make_record(user, "other")
    patch(api, record, tags=["sea", "sun"])
    patch(api, other, tags=["sun"])

    patch(api, record, tags=[])

    assert list(Tag.objects.values_list("name", flat=True)) == ["sun"]
    other.delete()
    assert unused_tags_delete() == 1
    assert not Tag.objects.exists()


def test_tags_are_each_persons_own(
    api: APIClient, other_user: User, make_record, record: Record
) -> None:
    patch(api, record, tags=["Sea"])
    patch(client_of(other_user), make_record(other_user), tags=["sea"])

    assert api.get("/api/v1/tags/").json() == [{"name": "Sea", "records": 1}]
    assert client_of(other_user).get("/api/v1/tags/").json() == [{"name": "sea", "records": 1}]


def test_a_record_that_went_meanwhile_is_told(
    api: APIClient, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(**fields: object) -> Record:
        Record.objects.all().delete()
        return record_edit(**fields)

    monkeypatch.setattr("records.api.views.record_edit", too_late)

    assert patch(api, record, name="new")["code"] == "not_found"
