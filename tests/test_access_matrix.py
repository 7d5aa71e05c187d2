"""Who may reach what: every endpoint and every file, for everyone.

Success and denial share one set-up, so a denial cannot pass for the wrong reason. A route that is
not in the matrix fails the last test.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver
from PIL import Image
from rest_framework.test import APIClient

from accounts.audit import audit_note
from accounts.models import DataExport, User
from accounts.services import token_create
from conftest import client_of, picture_bytes
from mlcore.labels import EXPRESSIONS
from recognition.films.uploads import film_upload_begin
from recognition.live.services import live_finish, live_start
from records.models import Record
from records.services import face_store_explanation
from records.tests.factories import make_film_record


class Row(NamedTuple):
    method: str
    path: str
    owner: int
    other: int
    nobody: int
    moderator: int


GIF = picture_bytes(Image.new("RGB", (32, 32)), "GIF")

# Paths name the rows of the owner's upload. "other" is signed in and owns nothing; "moderator" is
# staff with every permission, who gets no more from the API than any other person.
MATRIX = [
    Row("GET", "/", 200, 200, 200, 200),
    Row("GET", "/healthz", 200, 200, 200, 200),
    Row("GET", "/sw.js", 200, 200, 200, 200),
    Row("GET", "/offline", 200, 200, 200, 200),
    Row("GET", "/api/v1/config/", 200, 200, 200, 200),
    Row("GET", "/api/v1/schema/", 200, 200, 200, 200),
    Row("GET", "/api/v1/docs/", 200, 200, 200, 200),
    Row("GET", "/api/v1/nothing/here/", 404, 404, 404, 404),
    Row("GET", "/api/v1/me/", 200, 200, 401, 200),
    Row("PATCH", "/api/v1/me/", 200, 200, 401, 200),
    Row("GET", "/api/v1/tokens/", 200, 200, 401, 200),
    Row("POST", "/api/v1/tokens/", 400, 400, 401, 400),
    Row("GET", "/api/v1/tokens/{token}/", 405, 405, 401, 405),
    Row("DELETE", "/api/v1/tokens/{token}/", 204, 404, 401, 404),
    Row("GET", "/api/v1/records/", 200, 200, 401, 200),
    Row("POST", "/api/v1/records/delete/", 400, 400, 401, 400),
    Row("POST", "/api/v1/records/restore/", 400, 400, 401, 400),
    Row("GET", "/api/v1/records/statistics/", 200, 200, 401, 200),
    Row("GET", "/api/v1/records/export/", 400, 400, 401, 400),
    Row("POST", "/api/v1/records/import/", 400, 400, 401, 400),
    Row("GET", "/api/v1/tags/", 200, 200, 401, 200),
    Row("GET", "/api/v1/models/", 200, 200, 401, 200),
    Row("GET", "/api/v1/records/{record}/", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{record}/original/", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{record}/thumbnail/", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{record}/annotated/", 200, 404, 401, 404),
    Row("GET", "/api/v1/faces/{face}/crop/", 200, 404, 401, 404),
    Row("GET", "/api/v1/faces/{face}/explanation/", 200, 404, 401, 404),
    Row("POST", "/api/v1/faces/{face}/explanation/", 200, 404, 401, 404),
    Row("PUT", "/api/v1/faces/{face}/correction/", 400, 404, 401, 404),
    Row("DELETE", "/api/v1/faces/{face}/correction/", 204, 404, 401, 404),
    Row("POST", "/api/v1/records/{record}/recognize/", 202, 404, 401, 404),
    Row("GET", "/api/v1/records/{live_record}/samples/", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{live_record}/samples.csv", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{live_record}/samples.json", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{record}/samples/", 404, 404, 401, 404),  # a picture has none
    Row("POST", "/api/v1/live/", 400, 400, 401, 400),
    Row("GET", "/api/v1/live/", 405, 405, 401, 405),
    Row("GET", "/api/v1/live/{live}/", 405, 405, 401, 405),
    Row("POST", "/api/v1/live/{live}/frames/", 415, 415, 401, 415),
    Row("POST", "/api/v1/live/{live}/frames/?time=1", 400, 404, 401, 404),
    Row("POST", "/api/v1/live/{live}/samples/", 400, 404, 401, 404),
    Row("PUT", "/api/v1/live/{live}/picture/", 415, 404, 401, 404),
    Row("POST", "/api/v1/live/{live}/finish/", 400, 404, 401, 404),
    Row("DELETE", "/api/v1/live/{live}/", 204, 404, 401, 404),
    Row("GET", "/api/v1/practice/", 200, 200, 401, 200),
    Row("GET", "/api/v1/jobs/", 200, 200, 401, 200),
    Row("GET", "/api/v1/jobs/{job}/", 200, 404, 401, 404),
    Row("POST", "/api/v1/jobs/{job}/retry/", 409, 404, 401, 404),
    Row("POST", "/api/v1/recognitions/", 400, 400, 401, 400),
    Row("POST", "/api/v1/jobs/{job}/cancel/", 409, 404, 401, 404),
    Row("POST", "/api/v1/films/", 400, 400, 401, 400),
    Row("GET", "/api/v1/films/{upload}/", 200, 404, 401, 404),
    Row("PATCH", "/api/v1/films/{upload}/?offset=7", 409, 404, 401, 404),
    Row("DELETE", "/api/v1/films/{upload}/", 204, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/original/", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/samples/", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/samples.csv", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/samples.json", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/samples.jsonl", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/summary.csv", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/captions.vtt", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/elan.eaf", 200, 404, 401, 404),
    Row("GET", "/api/v1/records/{film}/segments/", 200, 404, 401, 404),
    Row("POST", "/api/v1/records/{film}/segments/import/", 200, 404, 401, 404),
    Row("PATCH", "/api/v1/records/{film}/timeline/", 200, 404, 401, 404),
    Row("POST", "/api/v1/records/{film}/tracks/merge/", 400, 404, 401, 404),
    Row("POST", "/api/v1/records/{film}/tracks/unmerge/", 400, 404, 401, 404),
    Row("POST", "/api/v1/records/{film}/film/", 202, 404, 401, 404),
    Row("PUT", "/api/v1/records/{record}/", 405, 405, 401, 405),
    Row("PATCH", "/api/v1/records/{record}/", 200, 404, 401, 404),
    Row("GET", "/api/v1/consent/", 200, 200, 401, 200),
    Row("POST", "/api/v1/consent/", 400, 400, 401, 400),
    Row("DELETE", "/api/v1/consent/", 204, 204, 401, 204),
    Row("GET", "/api/v1/audit/", 200, 200, 401, 200),
    Row("POST", "/api/v1/me/delete/", 400, 400, 401, 400),
    Row("GET", "/api/v1/data-exports/", 200, 200, 401, 200),
    Row("POST", "/api/v1/data-exports/", 202, 202, 401, 202),
    Row("GET", "/api/v1/data-exports/{export}/", 200, 404, 401, 404),
    Row("GET", "/api/v1/data-exports/{export}/file/", 200, 404, 401, 404),
    Row("DELETE", "/api/v1/data-exports/{export}/", 204, 404, 401, 404),
    Row("GET", "/admin/", 302, 302, 302, 200),
    Row("GET", "/admin/records/record/{record}/picture/", 302, 302, 302, 200),
    Row("GET", "/admin/records/media/{media}/picture/", 302, 302, 302, 200),
    Row("GET", "/admin/records/face/{face}/picture/", 302, 302, 302, 200),
    Row("GET", "/media/{original}", 200, 200, 200, 200),  # the app's page: files have no address
    Row("DELETE", "/api/v1/records/{record}/", 204, 404, 401, 404),
]


class Cast(NamedTuple):
    clients: dict[str, APIClient]
    ids: dict[str, str]


def explanation_by(record: Record) -> dict[str, object]:
    """Stands for a worker's second of work; made by the model that is active."""
    return {
        "method": "occlusion",
        "model_name": record.model_name,
        "model_version": record.model_version,
        "patch": 0.25,
        "rows": 1,
        "columns": 1,
        "probabilities": dict.fromkeys(EXPRESSIONS, 0.1),
        "values": {name: [[0.1]] for name in EXPRESSIONS},
    }


@pytest.fixture
def scene(
    user: User,
    other_user: User,
    make_user: Callable[..., User],
    portrait: bytes,
    upload,
    tmp_path: Path,
) -> Cast:
    moderator = make_user("moderator", is_staff=True, is_superuser=True)
    clients = {
        "owner": client_of(user),
        "other": client_of(other_user),
        "nobody": client_of(None),
        "moderator": client_of(moderator),
    }
    job = upload(clients["owner"], portrait)
    face = job.record.faces.get()
    face_store_explanation(face=face, explanation=explanation_by(job.record))
    export = DataExport.objects.create(
        user=user, state=DataExport.State.DONE, file=ContentFile(b"PK", name="own.zip")
    )
    live, over = (
        live_start(owner=user, detector="dlib_hog", model="m@1", purpose="") for _ in range(2)
    )
    finished, _ = live_finish(session=over)
    audit_note(actor=moderator, action="viewed", thing=job.record, owner=user)
    way = film_upload_begin(
        owner=user, file_name="a.mp4", size=9, name="", rate=5, detector="", purpose="", keep=""
    )
    ids = {
        "upload": str(way.pk),
        "film": str(make_film_record(user, tmp_path).pk),
        "job": str(job.pk),
        "export": str(export.pk),
        "record": str(job.record_id),
        "media": str(job.record.media_id),
        "face": str(face.pk),
        "original": job.record.media.original.name,
        "live": str(live.pk),
        "live_record": str(finished.pk),
        "token": str(token_create(user=user, name="laptop")[0].pk),
    }
    return Cast(clients, ids)


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row.method} {row.path}")
@pytest.mark.parametrize("who", ["nobody", "other", "moderator", "owner"])
def test_access(scene: Cast, row: Row, who: str) -> None:
    path = row.path.format(**scene.ids)
    forms = ("recognitions/", "records/import/")
    options = {"format": "multipart"} if path.endswith(forms) else {}
    if "?time=" in path:
        options = {"content_type": "image/jpeg"}

    response = (
        scene.clients[who].generic(row.method, path)
        if row.method == "PUT"
        else getattr(scene.clients[who], row.method.lower())(path, **options)
    )

    assert response.status_code == getattr(row, who), getattr(response, "content", b"")[:300]
    if path.startswith("/api/") and response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
        assert set(response.json()) >= {"type", "title", "status", "code", "detail"}


def test_lists_hold_only_ones_own(scene: Cast) -> None:
    paths = ("records/", "jobs/", "data-exports/", "audit/")
    for path in (f"/api/v1/{path}" for path in paths):
        counts = {
            who: len(scene.clients[who].get(path).json()["results"])
            for who in ("owner", "other", "moderator")
        }
        mine = 3 if path.endswith("records/") else 1  # a picture's, a camera's and a film's
        assert counts == {"owner": mine, "other": 0, "moderator": 0}, path


OF_A_RECORD = ("record", "live_record", "film", "face", "media", "job")

HIDDEN = [
    row
    for row in MATRIX
    if row.other == 404 != row.owner and any(f"{{{name}}}" in row.path for name in OF_A_RECORD)
]


@pytest.mark.parametrize("row", HIDDEN, ids=lambda row: f"{row.method} {row.path}")
def test_what_a_person_deleted_is_gone_for_them_too(scene: Cast, row: Row) -> None:
    """Rows and files, from the very moment; the files themselves go a little later."""
    owner = scene.clients["owner"]
    for record in ("record", "live_record", "film"):
        assert owner.delete(f"/api/v1/records/{scene.ids[record]}/").status_code == 204

    response = owner.generic(row.method, row.path.format(**scene.ids))

    assert response.status_code == row.other == 404


def test_nobody_deletes_or_brings_back_others_records(scene: Cast) -> None:
    ids = {"ids": [scene.ids["record"]]}
    detail = "/api/v1/records/{record}/".format(**scene.ids)
    for who in ("other", "moderator"):
        answer = scene.clients[who].post("/api/v1/records/delete/", ids)
        assert (answer.status_code, answer.json()) == (200, {"deleted": []})
    assert scene.clients["owner"].get(detail).status_code == 200
    assert scene.clients["owner"].delete(detail).status_code == 204
    for who in ("other", "moderator"):
        answer = scene.clients[who].post("/api/v1/records/restore/", ids)
        assert (answer.status_code, answer.json()) == (200, {"restored": []})
    assert scene.clients["owner"].get(detail).status_code == 404


def test_a_list_cannot_be_filtered_into_others_rows(scene: Cast) -> None:
    jobs = scene.clients["other"].get(f"/api/v1/jobs/?record={scene.ids['record']}")

    assert jobs.status_code == 200
    assert jobs.json()["results"] == []


def test_moderators_without_the_permission_see_no_picture(
    scene: Cast, make_user: Callable[..., User]
) -> None:
    helper = client_of(make_user("helper", is_staff=True))

    path = "/admin/records/record/{record}/picture/".format(**scene.ids)

    assert helper.get(path).status_code == 403


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    found = []
    for pattern in patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, route)
        else:
            found.append(route)
    return found


def test_every_route_of_ours_is_in_the_matrix(db: None) -> None:
    """allauth's and Django's own routes are tested where they come from."""
    from django.urls import resolve

    placeholder = "00000000-0000-0000-0000-000000000000"
    keys = dict.fromkeys(("record", "job", "face", "media", "film", "upload"), placeholder)
    keys |= {"original": "x", "token": "1", "export": "1"}
    keys |= {"live": placeholder, "live_record": placeholder}
    paths = (row.path.format(**keys).partition("?")[0] for row in MATRIX)
    covered = {resolve(path).route.removeprefix("^") for path in paths}

    ours = {
        route
        for route in routes(get_resolver().url_patterns)
        if not route.startswith("_allauth/")
        and (not route.startswith("admin/") or "picture" in route)
    }

    assert ours - covered == set()
