"""Listing, opening, renaming and deleting records."""

import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of, stored_files
from records.models import Media
from records.services import ORPHAN_AGE, orphaned_files_delete


def test_the_list_is_newest_first_and_paged(api: APIClient, user: User, make_record) -> None:
    for number in range(5):
        make_record(user, f"number {number}")

    first = api.get("/api/v1/records/?page_size=3").json()
    second = api.get(first["next"]).json()

    names = [record["name"] for record in first["results"] + second["results"]]
    assert names == [f"number {number}" for number in (4, 3, 2, 1, 0)]
    assert second["next"] is None


def test_a_cursor_that_is_none_is_told(api: APIClient) -> None:
    response = api.get("/api/v1/records/?cursor=nonsense")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_list_takes_the_same_few_queries_however_long(
    api: APIClient, user: User, make_record, django_assert_max_num_queries
) -> None:
    for _ in range(20):
        make_record(user)
    api.get("/api/v1/me/")  # a session's first request notes where it is from

    with django_assert_max_num_queries(5):  # session twice, user, records, tags
        assert len(api.get("/api/v1/records/").json()["results"]) == 20


def test_renaming(api: APIClient, user: User, make_record) -> None:
    record = make_record(user)

    response = api.patch(f"/api/v1/records/{record.pk}/", {"name": "  On the   beach "})

    assert response.json()["name"] == "On the beach"
    record.refresh_from_db()
    assert record.name == "On the beach"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "blank"),
        ("   ", "blank"),
        ("n" * 121, "name_too_long"),
        ("a\tb\x7f", "name_has_control_characters"),
    ],
)
def test_a_bad_new_name_changes_nothing(
    api: APIClient, user: User, make_record, name: str, code: str
) -> None:
    record = make_record(user)

    response = api.patch(f"/api/v1/records/{record.pk}/", {"name": name})

    assert (response.status_code, response.json()["code"]) == (400, code)
    record.refresh_from_db()
    assert record.name == "Somebody"


def test_nothing_else_can_be_written(api: APIClient, user: User, make_record) -> None:
    record = make_record(user)

    api.patch(f"/api/v1/records/{record.pk}/", {"expression": "happy", "state": "done", "owner": 1})

    record.refresh_from_db()
    assert (record.expression, record.state) == ("", "queued")


def test_files_come_typed_and_locked_in(api: APIClient, portrait: bytes, upload) -> None:
    job = upload(api, portrait, name='Jo "the" £\r\nX: y'.replace("\r\n", " "))
    record = api.get(f"/api/v1/records/{job.record_id}/").json()

    urls = [
        record["original"],
        record["annotated"],
        record["thumbnail"],
        record["faces"][0]["crop"],
    ]
    for url, kind in zip(urls, ("JPEG", "JPEG", "WEBP", "PNG"), strict=True):
        response = api.get(url, headers={"Accept": "image/avif,image/webp,*/*"})
        content = b"".join(response.streaming_content)
        assert Image.open(io.BytesIO(content)).format == kind
        assert response["Content-Type"] == f"image/{kind.lower()}"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        assert response["Cache-Control"] == "private, no-cache"
        again = api.get(url, headers={"If-None-Match": response["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        stranger = client_of(None).get(url, headers={"If-None-Match": response["ETag"]})
        assert stranger.status_code == 401


def test_a_file_that_is_gone_is_404(api: APIClient, user: User, make_record) -> None:
    record = make_record(user)
    record.media.original.storage.delete(record.media.original.name)

    response = api.get(f"/api/v1/records/{record.pk}/original/")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert api.get(f"/api/v1/records/{record.pk}/annotated/").status_code == 404


def test_orphans_are_swept_and_nothing_else(
    user: User, make_record, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = make_record(user)
    lost = make_record(user, "lost")
    Media.objects.filter(pk=lost.media_id).delete()  # the row is gone, the files are not

    assert orphaned_files_delete() == 0  # too young: an upload might still be under way
    future = timezone.now() + ORPHAN_AGE + timedelta(minutes=1)
    monkeypatch.setattr("records.services.storing.timezone.now", lambda: future)

    assert orphaned_files_delete() == 2
    assert stored_files() == {kept.media.original.name, kept.media.thumbnail.name}


def test_a_folder_that_goes_meanwhile_does_not_end_the_sweep(
    user: User, make_record, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        make_record(user, f"lost {number}")
    Media.objects.all().delete()
    listed = default_storage.listdir

    def late(path: str) -> tuple[list[str], list[str]]:
        """Folders beside those that are there: they were when they were listed."""
        folders, names = listed(path)
        return (["zz", *folders] if path.count("/") < 2 else folders), names

    monkeypatch.setattr(default_storage, "listdir", late)
    future = timezone.now() + ORPHAN_AGE + timedelta(minutes=1)
    monkeypatch.setattr("records.services.storing.timezone.now", lambda: future)

    assert orphaned_files_delete() == 6
    assert stored_files() == set()
