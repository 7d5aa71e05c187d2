"""A person's data handed out whole, and deleted whole, over all rooms and with real files."""

import csv
import io
import json
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import data_exports
from accounts.audit import audit_note
from accounts.data_exports import data_export_make, data_exports_ring_again, data_exports_sweep
from accounts.deletion import accounts_erase_again
from accounts.models import ApiToken, AuditEntry, DataExport, User
from accounts.personal_data import sections, sessions_of
from conftest import PASSWORD, client_of, post_pictures, stored_files
from recognition import tasks
from recognition.films.uploads import film_piece_append, film_upload_begin
from recognition.live.services import live_finish, live_samples_append, live_start
from recognition.models import Job
from records.models import Face, Media, Record, Tag
from records.tests.factories import make_film_record
from records.timelines import Samples

EXPORTS = "/api/v1/data-exports/"
DELETE = "/api/v1/me/delete/"


SAMPLES = Samples.of(
    times=[0.0, 0.1],
    tracks=[1, 1],
    boxes=[[10, 20, 100, 100]] * 2,
    probabilities=[[0, 0, 0, 1, 0, 0, 0]] * 2,
    quality=[0.9, 0.9],
    uncertain=[False, True],
)


@pytest.fixture
def full(api: APIClient, user: User, other_user: User, portrait: bytes, upload) -> User:
    """A person with something in every corner, beside another one with the same."""
    for person in (user, other_user):
        session = live_start(owner=person, detector="dlib_hog", model="m@1", purpose="")
        live_samples_append(session=session, sequence=0, samples=SAMPLES)
        live_finish(session=session, name=f"Camera of {person.username}")
        left_open = live_start(owner=person, detector="dlib_hog", model="m@1", purpose="")
        live_samples_append(session=left_open, sequence=0, samples=SAMPLES)
        job = upload(client_of(person), portrait, name=f"=Eileen of {person.username}")
        record = job.record
        record.tags.add(Tag.objects.create(owner=person, name="astronaut"))
        token = {"hint": "el_abc", "digest": f"digest of {person.username}"}
        ApiToken.objects.create(user=person, name="laptop", **token)
    theirs = Face.objects.filter(record__owner=other_user)
    theirs.update(corrected_expression="sad", corrected_by=user, corrected_at=timezone.now())
    audit_note(actor=other_user, action="viewed", thing=Record.objects.first(), owner=user)
    return user


def exported(api: APIClient, run_jobs) -> zipfile.ZipFile:
    with run_jobs():
        assert api.post(EXPORTS).status_code == 202
    (export,) = api.get(EXPORTS).json()["results"]
    assert export["state"] == "done", export
    response = api.get(export["file"], headers={"Accept": "application/zip"})
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"].startswith("attachment")
    content = b"".join(response.streaming_content)
    assert len(content) == export["size"]
    return zipfile.ZipFile(io.BytesIO(content))


# --- Download my data --------------------------------------------------------------------------


def test_the_zip_holds_everything(api: APIClient, full: User, run_jobs) -> None:
    archive = exported(api, run_jobs)

    assert archive.testzip() is None
    names = set(archive.namelist())
    for section in sections():
        rows = json.loads(archive.read(f"data/{section.name}.json"))
        text = archive.read(f"data/{section.name}.csv").decode("utf-8-sig")
        assert len(list(csv.DictReader(io.StringIO(text)))) == len(rows), section.name
    tables = {name: json.loads(archive.read(name)) for name in names if name.endswith(".json")}
    assert tables["data/account.json"][0]["username"] == full.username
    assert tables["data/consents.json"][0]["version"] == django_settings.CONSENT_VERSION
    assert tables["data/api_tokens.json"][0]["hint"] == "el_abc"
    assert tables["data/audit.json"][0]["action"] == "viewed"
    assert len(tables["data/sessions.json"]) == 2
    record, live = sorted(tables["data/records.json"], key=lambda row: row["name"])
    assert live["name"] == f"Camera of {full.username}"
    assert len(tables["data/live_sessions.json"]) == 2
    timeline, left_open = sorted(
        tables["data/timelines.json"], key=lambda row: row["record"] is None
    )
    assert (timeline["record"], left_open["record"]) == (live["id"], None)
    assert timeline["summary"]["shares"]["happy"] == 1
    of_one = [row for row in tables["data/samples.json"] if row["timeline"] == timeline["id"]]
    assert [(row["time"], row["probability_happy"]) for row in of_one] == [(0.0, 1.0), (0.1, 1.0)]
    assert len(tables["data/samples.json"]) == 4
    (face,) = tables["data/faces.json"]
    (picture,) = [row for row in tables["data/pictures.json"] if row["original"]]
    assert (record["tags"], record["expression"]) == (["astronaut"], "happy")
    assert face["probability_happy"] == face["probability"]
    assert tables["data/corrections.json"][0]["corrected_expression"] == "sad"
    files = (picture["original"], picture["thumbnail"], record["annotated"], face["crop"])
    assert {name for name in names if name.startswith("files/")} == {
        f"files/{path}" for path in files
    }
    stored = Media.objects.get(owner=full, kind="picture").original.read()
    assert archive.read(f"files/{picture['original']}") == stored


def test_nothing_secret_and_nobody_else_is_in_it(api: APIClient, full: User, run_jobs) -> None:
    archive = exported(api, run_jobs)

    text = b"".join(archive.read(name) for name in archive.namelist() if "data/" in name).decode()
    assert full.password not in text
    assert "digest of" not in text
    assert not any(key in text for key in Session.objects.values_list("session_key", flat=True))
    assert "Eileen of grace.hopper" not in text


def test_a_cell_starts_no_formula(api: APIClient, full: User, run_jobs) -> None:
    archive = exported(api, run_jobs)

    text = archive.read("data/records.csv").decode("utf-8-sig")
    names = [row["name"] for row in csv.DictReader(io.StringIO(text))]
    assert "'=Eileen of ada.lovelace" in names
    assert not [name for name in names if name.startswith("=")]


def test_one_at_a_time_and_the_newer_takes_the_place_of_the_older(
    api: APIClient, user: User, run_jobs
) -> None:
    first = api.post(EXPORTS).json()
    assert (first["state"], first["file"]) == ("queued", None)
    assert api.get(f"{EXPORTS}{first['id']}/file/").status_code == 404
    second = api.post(EXPORTS)
    assert (second.status_code, second.json()["code"]) == (409, "export_running")

    data_export_make(export_id=first["id"])
    assert len(stored_files()) == 1
    with run_jobs():
        third = api.post(EXPORTS).json()

    assert [row["id"] for row in api.get(EXPORTS).json()["results"]] == [third["id"]]
    assert len(stored_files()) == 1
    assert api.delete(f"{EXPORTS}{third['id']}/").status_code == 204
    assert stored_files() == set()


def test_exports_expire(api: APIClient, user: User, run_jobs) -> None:
    exported(api, run_jobs)
    assert data_exports_sweep() == 0
    export = DataExport.objects.get()
    assert export.expires_at - export.finished_at == timedelta(days=7)
    DataExport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert data_exports_sweep() == 1

    assert api.get(EXPORTS).json()["results"] == []
    assert stored_files() == set()


def test_a_lost_worker_is_noticed(
    api: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(data_exports, "_ring", rung.append)
    pk = api.post(EXPORTS).json()["id"]
    for attempt in range(1, 4):
        lost = data_exports._claim(pk)
        assert lost is not None
        assert lost.attempts == attempt
        assert data_exports_ring_again() == 0  # its worker may be alive
        default_storage.save(lost.file.name, ContentFile(b"half a ZIP"))
        DataExport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        data_exports_ring_again()
        assert api.get(f"{EXPORTS}{pk}/file/").status_code == 404
    assert rung == [pk, pk]
    assert stored_files() == set()
    assert api.get(f"{EXPORTS}{pk}/").json()["state"] == "failed"
    assert api.post(EXPORTS).status_code == 202  # the failed one is in nobody's way


def test_an_export_that_breaks_leaves_no_file(
    api: APIClient, full: User, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored_files()

    def break_down(user: User) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(data_exports, "personal_files", break_down)
    with run_jobs():
        api.post(EXPORTS)

    assert api.get(EXPORTS).json()["results"][0]["state"] == "failed"
    assert stored_files() == before


def test_an_export_deleted_while_it_is_made_stops(
    api: APIClient, full: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored_files()
    pk = api.post(EXPORTS).json()["id"]
    files = data_exports.personal_files

    def delete_meanwhile(user: User):
        assert api.delete(f"{EXPORTS}{pk}/").status_code == 204
        yield from files(user)

    monkeypatch.setattr(data_exports, "personal_files", delete_meanwhile)

    assert data_export_make(export_id=pk) is None
    assert stored_files() == before


def running_export(user: User) -> DataExport:
    """One that a worker has just claimed, whose lease is nearly over."""
    return DataExport.objects.create(
        user=user, state="running", attempts=1, lease_until=timezone.now()
    )


def slowly(chunks: int = 40) -> Iterator[bytes]:
    for _ in range(chunks):
        time.sleep(0.05)
        yield b"bytes"


def test_an_export_that_takes_long_is_kept_without_a_write_amid_its_reading(
    transactional_db: None, make_user, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite that would fail, once another process wrote."""
    monkeypatch.setattr(data_exports, "SIGN_OF_LIFE_SECONDS", 0.2)
    export = running_export(make_user())

    with CaptureQueriesContext(connection) as captured:
        assert len(list(data_exports._with_signs_of_life(export, slowly()))) == 40

    assert len(captured) == 0
    assert DataExport.objects.get().lease_until > timezone.now() + timedelta(seconds=100)


def test_an_export_that_is_another_workers_by_now_stops(
    transactional_db: None, make_user, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_exports, "SIGN_OF_LIFE_SECONDS", 0.2)
    export = running_export(make_user())
    DataExport.objects.update(attempts=2)

    with pytest.raises(data_exports.ExportDroppedError):
        list(data_exports._with_signs_of_life(export, slowly()))


def test_queries_do_not_grow_with_the_records(api: APIClient, full: User, portrait: bytes) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            data_export_make(export_id=api.post(EXPORTS).json()["id"])
        return len(captured)

    few = queries()
    post_pictures(api, [(f"{number}.jpg", portrait) for number in range(10)])

    assert Record.objects.filter(owner=full).count() == 12
    assert queries() <= few + 3  # the older export's deletion


def test_no_model_is_forgotten() -> None:
    """Whatever leads to a person is in a section of the data export."""
    exempt = {
        "auth.Group",  # no personal data
        "recognition.TrainedModel",  # who activated a model is the site's matter
    }
    shown = {model for section in sections() for model in section.models}
    leading = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model is User
    }
    assert leading >= {"records.Record", "recognition.Job", "accounts.Consent"}
    assert leading - shown - exempt == set()


# --- Delete my account -------------------------------------------------------------------------


def mentions(user_id: int, *words: str) -> list[str]:
    """Rows of any table that refer to the person, or hold one of these words in any column."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        fields = model._meta.concrete_fields
        people = [f.attname for f in fields if f.is_relation and f.related_model is User]
        for row in model._default_manager.values(*(field.attname for field in fields)):
            if any(row[name] == user_id for name in people) or any(
                word in str(value) for value in row.values() for word in words
            ):
                found.append(f"{model._meta.label} {row}")
    return found


def test_everything_is_gone(api: APIClient, full: User, other_user: User, run_jobs) -> None:
    exported(api, run_jobs)
    theirs = {path for path in stored_files() if full_path_belongs(path, other_user)}
    elsewhere = client_of(full)
    user_id, email = full.pk, "ada@example.org"
    full.emailaddress_set.create(email=email)
    assert mentions(user_id, full.username, email)

    response = api.post(DELETE, {"password": PASSWORD})

    assert response.status_code == 204
    assert mentions(user_id, "ada.lovelace", email) == []
    assert stored_files() == theirs
    assert len(theirs) == 4
    folders = [path for path in django_settings.MEDIA_ROOT.glob("media/*/*") if path.is_dir()]
    assert len(folders) == 1  # not even an empty folder says that there was something
    for client in (api, elsewhere):
        assert client.get("/api/v1/records/").status_code == 401
    assert not any(
        session.get_decoded().get("_auth_user_id") == str(user_id)
        for session in Session.objects.all()
    )
    # The other person's are untouched, but for who corrected them.
    assert client_of(other_user).get("/api/v1/records/").json()["results"][0]["thumbnail"]
    assert Face.objects.get().corrected_by is None
    assert AuditEntry.objects.get().owner is None


def test_sessions_are_read_before_the_first_is_deleted(
    api: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite refuses to write amid reading, once another process wrote."""
    for _ in range(3):
        client_of(user)
    left: list[int] = []

    def watched(user: User) -> Iterator[Session]:
        yield from sessions_of(user)
        left.append(Session.objects.count())

    monkeypatch.setattr("accounts.deletion.sessions_of", watched)

    assert api.post(DELETE, {"password": PASSWORD}).status_code == 204

    assert left == [3]
    assert not Session.objects.exists()


def full_path_belongs(path: str, owner: User) -> bool:
    return any(media.pk.hex in path for media in Media.objects.filter(owner=owner))


def test_films_are_handed_out_and_deleted_too(
    api: APIClient, user: User, tmp_path: Path, run_jobs
) -> None:
    """One that is analysed, and one that is on its way."""
    film = make_film_record(user, tmp_path)
    upload = film_upload_begin(
        owner=user, file_name="b.mp4", size=9, name="", rate=5, detector="", purpose="", keep=""
    )
    film_piece_append(upload=upload, offset=0, content=b"pieces")
    (piece,) = upload.pieces.all()

    archive = exported(api, run_jobs)

    (row,) = json.loads(archive.read("data/film_uploads.json"))
    assert (row["file_name"], row["offset"], row["size"]) == ("b.mp4", 6, 9)
    (timeline,) = json.loads(archive.read("data/timelines.json"))
    assert [track["track"] for track in timeline["tracks"]] == [1, 2, 3]
    assert len(json.loads(archive.read("data/samples.json"))) == 50
    assert archive.read(f"files/{piece.file.name}") == b"pieces"
    names = {name for name in archive.namelist() if name.endswith("original.mp4")}
    assert [archive.read(name) for name in names] == [film.media.original.read()]
    assert api.post(DELETE, {"password": PASSWORD}).status_code == 204
    assert stored_files() == set()
    assert mentions(user.pk, "b.mp4", "talk.mp4") == []


def test_a_wrong_password_deletes_nothing(api: APIClient, full: User) -> None:
    before = stored_files()

    for password in ({}, {"password": ""}, {"password": "wrong wrong"}):
        response = api.post(DELETE, password)
        assert (response.status_code, response.json()["code"]) == (400, "wrong_password")

    assert User.objects.get(pk=full.pk).is_active
    assert stored_files() == before


def test_passwords_cannot_be_tried_out_here(api: APIClient, user: User) -> None:
    codes = [api.post(DELETE, {"password": f"guess {n}"}).status_code for n in range(12)]

    assert codes[-1] == 429
    assert User.objects.filter(pk=user.pk, is_active=True).exists()


@pytest.mark.parametrize(("minutes", "status"), [(4, 204), (6, 403)])
def test_who_has_no_password_signed_in_just_now(user: User, minutes: int, status: int) -> None:
    client = APIClient()
    login = {"username": user.username, "password": PASSWORD}
    client.post("/_allauth/browser/v1/auth/login", login)
    user.set_unusable_password()  # as if they had come through a provider
    user.save()
    session = client.session
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session["account_authentication_methods"][0]["at"] = time.time() - minutes * 60
    session.save()

    response = client.post(DELETE, {})

    assert response.status_code == status, response.content
    assert User.objects.filter(pk=user.pk).exists() == (status == 403)


def test_a_job_that_runs_meanwhile_ends_quietly(
    api: APIClient, user: User, portrait: bytes, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    from recognition import pipeline

    original = pipeline.record_store_faces

    def delete_first(**fields):
        assert api.post(DELETE, {"password": PASSWORD}).status_code == 204
        return original(**fields)

    monkeypatch.setattr(pipeline, "record_store_faces", delete_first)
    post_pictures(api, [("a.jpg", portrait), ("b.jpg", portrait)])
    running, waiting = Job.objects.values_list("pk", flat=True)

    tasks.recognize_picture(str(running))
    tasks.recognize_picture(str(waiting))

    assert not any(model.objects.exists() for model in (User, Record, Job))
    assert stored_files() == set()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_large_account_is_closed_at_once_and_deleted_by_a_worker(
    api: APIClient, full: User, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.deletion.IN_REQUEST_SECONDS", -1)
    rung: list[int] = []
    monkeypatch.setattr("accounts.deletion._ring", rung.append)

    assert api.post(DELETE, {"password": PASSWORD}).status_code == 204

    assert rung == [full.pk]
    assert Record.objects.filter(owner=full).exists()  # not done yet
    assert not ApiToken.objects.filter(user=full).exists()
    login = {"username": full.username, "password": PASSWORD}
    answer = APIClient().post("/_allauth/browser/v1/auth/login", login)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "username_password_mismatch"
    assert client_of(full).get("/api/v1/records/").status_code == 401


def test_a_deletion_that_crashed_is_finished(
    api: APIClient, full: User, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = full.pk

    def crash(**_: object) -> None:
        raise SystemError("the machine went down")

    with monkeypatch.context() as patch:
        patch.setattr("records.keeping.media_delete_batch", crash)
        api.raise_request_exception = False
        assert api.post(DELETE, {"password": PASSWORD}).status_code == 500
    assert Record.objects.filter(owner=full).exists()
    with run_jobs():
        assert accounts_erase_again() == 0  # somebody may be at it
    User.objects.filter(pk=user_id).update(erase_at=timezone.now() - timedelta(seconds=1))

    with run_jobs():
        assert accounts_erase_again() == 1

    assert mentions(user_id, "ada.lovelace") == []
    assert accounts_erase_again() == 0
