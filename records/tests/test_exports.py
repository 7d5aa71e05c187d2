"""Exports: what stands in them, and that spreadsheets run none of it."""

import csv
import io
import json
import zipfile
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from mlcore.labels import EXPRESSIONS
from records.models import Face, Record, Tag
from records.tests.factories import make_record

URL = "/api/v1/records/export/"


def exported(api: APIClient, kind: str, **params: str) -> bytes:
    response = api.get(URL, {"format": kind, **params})
    assert response.status_code == 200
    assert response.streaming
    assert response["Content-Disposition"].startswith('attachment; filename="records-')
    assert response["Content-Disposition"].endswith(f'.{kind}"')
    return b"".join(response.streaming_content)


def rows_of(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_has_a_line_for_each_face(api: APIClient, user: User) -> None:
    record = make_record(user, [("happy", 0.9), ("sad", 0.6)], name='Ünïcode, "quoted"\nline')
    make_record(user, [], name="Nobody")
    Face.objects.filter(expression="sad").update(corrected_expression="fear")
    record.tags.add(Tag.objects.create(owner=user, name="lab"))

    rows = rows_of(exported(api, "csv"))

    assert [row["expression"] for row in rows] == ["", "happy", "sad"] or [
        row["expression"] for row in rows
    ] == ["happy", "sad", ""]
    happy = next(row for row in rows if row["expression"] == "happy")
    assert happy["name"] == 'Ünïcode, "quoted"\nline'
    assert happy["tags"] == "lab"
    assert sum(float(happy[name]) for name in EXPRESSIONS) == pytest.approx(1)
    assert [row["corrected_expression"] for row in rows if row["expression"] == "sad"] == ["fear"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0"])
def test_csv_starts_no_formula(api: APIClient, user: User, text: str) -> None:
    make_record(user, [("happy", 0.9)], name=text, note=text, file_name=text)

    (row,) = rows_of(exported(api, "csv"))

    assert {row["name"], row["note"], row["file_name"]} == {f"'{text}"}


def test_json_names_everything(api: APIClient, user: User) -> None:
    record = make_record(user, [("happy", 0.9)], note="a note")

    export = json.loads(exported(api, "json"))

    assert (export["format"], export["version"]) == ("expression-lab-records", 1)
    (document,) = export["records"]
    assert document["id"] == str(record.pk)
    assert document["note"] == "a note"
    assert document["faces"][0]["box"] == {"x": 0, "y": 0, "width": 10, "height": 10}
    assert document["faces"][0]["probabilities"]["happy"] == pytest.approx(0.9)


def test_json_of_nothing_is_still_json(api: APIClient) -> None:
    assert json.loads(exported(api, "json"))["records"] == []


def test_zip_holds_the_pictures(api: APIClient, upload, portrait: bytes) -> None:
    record = upload(api, portrait).record

    content = exported(api, "zip")

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        folder = f"pictures/{record.pk}"
        assert names == {
            *("records.json", "records.csv", f"{folder}/original.jpg"),
            *(f"{folder}/annotated.jpg", f"{folder}/face-1.png"),
        }
        with record.media.original.open("rb") as original:
            assert archive.read(f"{folder}/original.jpg") == original.read()
        (document,) = json.loads(archive.read("records.json"))["records"]
        assert document["files"]["original"] == f"{folder}/original.jpg"
        assert document["faces"][0]["crop"] == f"{folder}/face-1.png"


def test_a_picture_that_is_gone_is_left_out(api: APIClient, user: User) -> None:
    record = make_record(user, [("happy", 0.9)], files=True)
    record.media.original.storage.delete(record.media.original.name)

    with zipfile.ZipFile(io.BytesIO(exported(api, "zip"))) as archive:
        assert set(archive.namelist()) == {"records.json", "records.csv"}


def test_a_selection_by_filter_or_by_name(api: APIClient, user: User, other_user: User) -> None:
    happy = make_record(user, [("happy", 0.9)])
    sad = make_record(user, [("sad", 0.6)])
    foreign = make_record(other_user, [("sad", 0.6)])

    def ids(**params: str) -> set[str]:
        return {one["id"] for one in json.loads(exported(api, "json", **params))["records"]}

    assert ids(expression="sad") == {str(sad.pk)}
    assert ids(ids=f"{happy.pk},{foreign.pk}") == {str(happy.pk)}
    assert ids() == {str(happy.pk), str(sad.pk)}


def test_a_selection_too_long_for_an_address(api: APIClient, user: User, other_user: User) -> None:
    """As a program sends it, and as the app's form does."""
    own = {str(make_record(user, [("happy", 0.9)]).pk) for _ in range(120)}
    make_record(user, [("sad", 0.6)])
    foreign = make_record(other_user, [("sad", 0.6)])
    ids = [*own, str(foreign.pk), *(str(uuid4()) for _ in range(379))]
    assert len(ids) == 500

    json_body, form_body = json.dumps({"ids": ids}), urlencode({"ids": ids}, doseq=True)
    for body, kind in ((json_body, "json"), (form_body, "x-www-form-urlencoded")):
        answer = api.post(f"{URL}?format=json", body, content_type=f"application/{kind}")

        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
        exported = json.loads(b"".join(answer.streaming_content))
        assert {one["id"] for one in exported["records"]} == own

    assert api.post(f"{URL}?format=json", {"ids": [*ids, ids[0]]}).status_code == 400


@pytest.mark.parametrize("kind", ["", "xml", "exe"])
def test_an_unknown_format(api: APIClient, kind: str) -> None:
    answer = api.get(URL, {"format": kind})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_export_format")


def test_many_records_take_few_queries(
    api: APIClient, user: User, django_assert_max_num_queries
) -> None:
    for _ in range(30):
        make_record(user, [("happy", 0.9)])
    api.get("/api/v1/me/")  # a session's first request notes where it is from
    with django_assert_max_num_queries(6):  # session twice, user, records, faces, tags
        assert len(rows_of(exported(api, "csv"))) == 30
    assert Record.objects.count() == 30
