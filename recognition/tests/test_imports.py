"""Exports read back: by another person, twice, and when they are not what they should be."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of, stored_files
from records.models import Face, Media, Record, Tag
from records.tests.factories import NOON, make_record

URL = "/api/v1/records/import/"


def export(client: APIClient, kind: str) -> bytes:
    response = client.get("/api/v1/records/export/", {"format": kind})
    return b"".join(response.streaming_content)


def send(client: APIClient, content: bytes, name: str = "records.json"):
    file = SimpleUploadedFile(name, content)
    return client.post(URL, {"file": file}, format="multipart")


@pytest.fixture
def document(api: APIClient, user: User) -> dict[str, Any]:
    """A whole export of one record, to be spoilt; the record itself is gone."""
    record = make_record(user, [("happy", 0.9)])
    content: dict[str, Any] = json.loads(export(api, "json"))
    record.media.delete()
    return content


def test_a_zip_comes_back_whole(api: APIClient, upload, portrait: bytes, other_user: User) -> None:
    record = upload(api, portrait, name="Eileen").record
    Face.objects.update(corrected_expression="surprise", corrected_at=NOON)
    record.tags.add(Tag.objects.create(owner=record.owner, name="lab"))
    content = export(api, "zip")
    other = client_of(other_user)

    answer = send(other, content, "records.zip")

    assert (answer.status_code, answer.json()) == (201, {"records": 1, "skipped": 0})
    (summary,) = other.get("/api/v1/records/").json()["results"]
    copy = other.get(f"/api/v1/records/{summary['id']}/").json()
    original = api.get(f"/api/v1/records/{record.pk}/").json()
    assert copy["id"] != original["id"]
    for name in ("name", "created_at", "expression", "probability", "model", "tags", "face_count"):
        assert copy[name] == original[name], name
    assert copy["faces"][0]["probabilities"] == original["faces"][0]["probabilities"]
    assert copy["faces"][0]["correction"]["expression"] == "surprise"
    for address in (copy["original"], copy["thumbnail"], copy["annotated"]):
        assert other.get(address).status_code == 200
    assert other.get(copy["faces"][0]["crop"]).status_code == 200


def test_what_is_there_already_is_skipped(api: APIClient, user: User, other_user: User) -> None:
    make_record(user, [("happy", 0.9)])
    content = export(api, "json")
    other = client_of(other_user)

    assert send(api, content).json() == {"records": 0, "skipped": 1}
    assert send(other, content).json() == {"records": 1, "skipped": 0}
    assert send(other, content).json() == {"records": 0, "skipped": 1}
    assert Record.objects.count() == 2


def test_records_without_a_result_are_skipped(api: APIClient, document: dict[str, Any]) -> None:
    document["records"][0]["state"] = "queued"

    assert send(api, json.dumps(document).encode()).json() == {"records": 0, "skipped": 1}


SPOILT = [
    ("id", "no-uuid"),
    ("name", "x" * 121),
    ("tags", ["x" * 41]),
    ("state", "running"),
    ("kind", "film"),
    ("width", 0),
    ("created_at", "yesterday"),
    ("created_at", "0001-01-01T00:00:00Z"),
    ("created_at", "9999-12-31T23:59:59Z"),
    ("consent_at", "9999-12-31T23:59:59Z"),
    ("tags", ["bell\x07"]),
    ("note", "bell\x07"),
    ("faces", [{}]),
    ("faces", "none"),
    ("note", None),
]


@pytest.mark.parametrize(("field", "value"), SPOILT)
def test_a_record_that_is_not_right(
    api: APIClient, document: dict[str, Any], field: str, value: object
) -> None:
    good = {**document["records"][0], "id": "3f0d5a10-0d6e-4a11-8f0e-2b1f0f8f0001"}
    document["records"] = [good, {**document["records"][0], field: value}]

    answer = send(api, json.dumps(document).encode())

    assert (answer.status_code, answer.json()["code"]) == (400, "import_invalid")
    assert "2" in answer.json()["detail"]
    assert field in answer.json()["detail"]
    assert not Record.objects.exists()
    assert not Media.objects.exists()


def test_probabilities_must_add_up(api: APIClient, document: dict[str, Any]) -> None:
    document["records"][0]["faces"][0]["probabilities"]["happy"] = 0.1

    answer = send(api, json.dumps(document).encode())

    assert answer.json()["code"] == "import_invalid"


@pytest.mark.parametrize(
    ("side", "value"), [("width", 10**12), ("height", 2**31), ("x", -5), ("y", -1), ("y", "left")]
)
def test_boxes_are_within_bounds(
    api: APIClient, document: dict[str, Any], side: str, value: object
) -> None:
    document["records"][0]["faces"][0]["box"][side] = value

    answer = send(api, json.dumps(document).encode())

    assert (answer.status_code, answer.json()["code"]) == (400, "import_invalid")
    assert not Record.objects.exists()


def test_days_until_deletion_count_from_the_import(
    api: APIClient, user: User, document: dict[str, Any]
) -> None:
    User.objects.filter(pk=user.pk).update(keep_days=7)
    document["records"][0]["consent_at"] = "2020-01-01T00:00:00Z"

    assert send(api, json.dumps(document).encode()).status_code == 201

    in_days = Media.objects.get().delete_at - timezone.now()
    assert timedelta(days=6, hours=23) < in_days <= timedelta(days=7)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b'{"format": "something-else", "records": []}',
        b'{"format": "expression-lab-records", "version": 1, "records": 5}',
        b'{"format": "expression-lab-records", "version": 1, "records": [1]}',
        b'{"format": "expression-lab-records", "version": 1, "records": [NaN]}',
        b"[" * 100_000,
        b"PK\x03\x04 a truncated archive",
    ],
)
def test_not_an_export(api: APIClient, content: bytes) -> None:
    answer = send(api, content)

    assert (answer.status_code, answer.json()["code"]) in [
        (400, "import_unreadable"),
        (400, "no_file"),
        (400, "validation_error"),
    ]
    assert not Record.objects.exists()


def test_a_newer_version(api: APIClient, document: dict[str, Any]) -> None:
    document["version"] = 2

    assert send(api, json.dumps(document).encode()).json()["code"] == "import_unknown_version"


def test_a_zip_whose_picture_is_none(
    api: APIClient, document: dict[str, Any], upload, portrait: bytes
) -> None:
    good, bad = document["records"][0], dict(document["records"][0])
    bad["id"] = "3f0d5a10-0d6e-4a11-8f0e-2b1f0f8f0001"
    good["files"] = {"original": "good.jpg"}
    bad["files"] = {"original": "bad.jpg"}
    document["records"] = [good, bad]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("records.json", json.dumps(document))
        archive.writestr("good.jpg", portrait)
        archive.writestr("bad.jpg", b"no picture")
    before = stored_files()

    answer = send(api, buffer.getvalue(), "records.zip")

    assert (answer.status_code, answer.json()["code"]) == (400, "import_invalid")
    assert not Record.objects.exists()
    assert stored_files() == before


def test_a_zip_that_lacks_a_file(api: APIClient, document: dict[str, Any]) -> None:
    document["records"][0]["files"] = {"original": "../../etc/passwd"}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("records.json", json.dumps(document))

    answer = send(api, buffer.getvalue(), "records.zip")

    assert (answer.status_code, answer.json()["code"]) == (400, "import_unreadable")


@pytest.mark.parametrize("name", ["records.json", "good.jpg"])
@pytest.mark.parametrize("spoil", ["damaged", "encrypted"])
def test_a_zip_that_cannot_be_unpacked(
    api: APIClient, document: dict[str, Any], portrait: bytes, name: str, spoil: str
) -> None:
    document["records"][0]["files"] = {"original": "good.jpg"}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("records.json", json.dumps(document))
        archive.writestr("good.jpg", portrait)
        info = archive.getinfo(name)
        if spoil == "encrypted":
            info.flag_bits |= 1  # the directory, which comes last, says so
    content = bytearray(buffer.getvalue())
    if spoil == "encrypted":
        content[info.header_offset + 6] |= 1
    else:
        begin = info.header_offset + 30 + len(name)
        content[begin : begin + 20] = b"\xff" * 20
    before = stored_files()

    answer = send(api, bytes(content), "records.zip")

    assert (answer.status_code, answer.json()["code"]) == (400, "import_unreadable")
    assert not Record.objects.exists()
    assert stored_files() == before


def test_too_large(api: APIClient, settings) -> None:
    settings.IMPORT_MAX_BYTES = 1000

    answer = send(api, b" " * 200_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "import_too_large")
