"""Films over the API, decoded, analysed and made by the real thing."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import pytest
from celery.signals import worker_shutting_down
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from conftest import PORTRAIT, client_of, stored_files
from ferproject import celery_app
from mlcore.films import analysis as film_analysis
from mlcore.films.columns import Columns
from mlcore.films.reading import probe
from mlcore.films.tracks import finish_tracks
from mlcore.pictures import decode_picture
from mlcore.tests.films import detail_of_who_passes, one_who_passes, write_shots
from recognition import tasks
from recognition.films.analysis import film_analyse
from recognition.films.making import making_options
from recognition.films.uploads import (
    OffsetMismatchError,
    film_piece_append,
    film_uploads_sweep,
)
from recognition.films.work import STOPPING, JobLostError
from recognition.models import FilmBlock, FilmPiece, FilmUpload, FilmWork, Job
from recognition.pipeline import current_recognizer
from recognition.services import job_claim
from recognition.tests.films import FILMS, begin, film_bytes, piece, send
from records.models import Media, Record, Timeline
from records.services import film_made_store, timeline_read
from records.tests.factories import make_film_record
from records.timelines import Samples
from records.tracks import samples_of


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three seconds with one face."""
    return film_bytes(tmp_path_factory.mktemp("film"))


@pytest.fixture(autouse=True)
def _own_scratch(settings, tmp_path: Path) -> None:
    settings.FILM_SCRATCH_DIR = tmp_path / "scratch"


@pytest.fixture
def analysed(api: APIClient, film: bytes, run_jobs: Callable) -> dict[str, Any]:
    """The record of a film that was analysed."""
    with run_jobs():
        answer = send(api, film)
    assert answer.status_code == 200, answer.content
    return api.get(f"/api/v1/records/{answer.json()['record']}/").json()


def test_a_film_is_sent_in_pieces_and_analysed(
    api: APIClient, film: bytes, run_jobs: Callable
) -> None:
    with run_jobs():
        answer = send(api, film, name="A talk")

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["offset"] == len(film)
    upload = FilmUpload.objects.get()
    assert api.get(f"{FILMS}{upload.pk}/").json()["state"] == "done"
    job = api.get(f"/api/v1/jobs/{body['job']['id']}/").json()
    assert (job["kind"], job["state"], job["error"]) == ("film", "done", None)
    assert job["film"]["done_seconds"] == pytest.approx(2.9, abs=0.2)
    record = api.get(f"/api/v1/records/{body['record']}/").json()
    assert (record["name"], record["kind"], record["state"]) == ("A talk", "video", "done")
    assert (record["face_count"], record["expression"]) == (1, "happy")
    timeline = record["timeline"]
    assert (timeline["width"], timeline["height"]) == (320, 240)
    assert timeline["duration"] == pytest.approx(3.0, abs=0.2)
    assert timeline["sample_count"] == 15  # five a second
    samples = api.get(f"/api/v1/records/{body['record']}/samples/").json()
    assert len(samples["times"]) == 15
    assert set(samples["tracks"]) == {1}
    assert record["thumbnail"]
    assert not FilmPiece.objects.exists()
    assert not FilmBlock.objects.exists()
    media = Media.objects.get()
    folder = media.original.name.rsplit("/", 1)[0]
    assert stored_files() == {media.original.name, media.thumbnail.name}
    assert folder.endswith(media.pk.hex)


# --- Pieces ------------------------------------------------------------------------------------


def test_an_upload_goes_on_where_it_was(api: APIClient, user: User) -> None:
    upload = begin(api, b"x" * 100).json()
    assert (upload["offset"], upload["size"], upload["state"]) == (0, 100, "uploading")
    assert upload["piece_max_bytes"] == 8 * 1024 * 1024

    assert piece(api, upload["id"], 0, b"x" * 40).json()["offset"] == 40
    for offset in (0, 39, 41, 100):  # sent again, or ahead
        again = piece(api, upload["id"], offset, b"x" * 10)
        assert (again.status_code, again.json()["code"]) == (409, "offset_mismatch")
        assert again.json()["offset"] == 40
    assert piece(api, upload["id"], 40, b"x" * 10).json()["offset"] == 50

    assert api.get(f"{FILMS}{upload['id']}/").json()["offset"] == 50
    assert len(stored_files()) == FilmPiece.objects.count() == 2


@pytest.mark.parametrize(
    ("offset", "content", "status", "code"),
    [
        ("0", b"", 400, "piece_wrong"),
        ("0", b"x" * 101, 400, "piece_wrong"),
        ("0", b"x" * 201, 413, "piece_too_large"),
        ("-1", b"x", 400, "invalid"),
        ("no", b"x", 400, "invalid"),
    ],
)
def test_pieces_that_are_not_taken(
    api: APIClient, settings, offset: str, content: bytes, status: int, code: str
) -> None:
    settings.FILM_PIECE_MAX_BYTES = 200
    pk = begin(api, b"x" * 100).json()["id"]

    response = piece(api, pk, offset, content)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert FilmUpload.objects.get().offset == 0
    assert stored_files() == set()


def test_two_that_send_one_piece_at_once_store_it_once(api: APIClient, user: User) -> None:
    begin(api, b"x" * 100)
    first, second = FilmUpload.objects.get(), FilmUpload.objects.get()

    film_piece_append(upload=first, offset=0, content=b"x" * 10)
    with pytest.raises(OffsetMismatchError):
        film_piece_append(upload=second, offset=0, content=b"x" * 10)

    assert FilmPiece.objects.count() == len(stored_files()) == 1


def test_a_session_sends_pieces_with_its_csrf_token_only(film: bytes, user: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    upload = FilmUpload.objects.create(
        owner=user,
        size=10,
        rate=5,
        file_name="a.mp4",
        consent_at=timezone.now(),
        expires_at=timezone.now() + timedelta(hours=1),
    )
    assert piece(client, str(upload.pk), 0, b"x").status_code == 403
    client.get("/")
    token = client.cookies["csrftoken"].value

    response = client.generic(
        "PATCH", f"{FILMS}{upload.pk}/?offset=0", b"x", headers={"X-CSRFToken": token}
    )

    assert (response.status_code, response.json()["offset"]) == (200, 1)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"people_agreed": False}, 400, "consent_required"),
        ({"purpose": "work"}, 400, "purpose_banned"),
        ({"detector": "nobody"}, 400, "unknown_detector"),
        ({"rate": 11}, 400, "invalid_choice"),
        ({"size": 0}, 400, "empty_file"),
        ({"size": 500 * 1024 * 1024 + 1}, 413, "film_too_large"),
    ],
)
def test_what_a_film_may_not_be(
    api: APIClient, fields: dict[str, Any], status: int, code: str
) -> None:
    response = begin(api, b"x", **fields)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert not FilmUpload.objects.exists()


def test_only_so_many_are_on_their_way(api: APIClient, settings) -> None:
    settings.FILM_UPLOADS_OPEN = 2
    first = begin(api, b"x").json()["id"]
    assert begin(api, b"x").status_code == 201

    third = begin(api, b"x")
    assert (third.status_code, third.json()["code"]) == (409, "too_many_uploads")

    assert api.delete(f"{FILMS}{first}/").status_code == 204
    assert begin(api, b"x").status_code == 201


def test_without_consent_no_film_begins(make_user: Callable[..., User]) -> None:
    client = client_of(make_user("nobody.yet", consents=False))

    response = begin(client, b"x")

    assert (response.status_code, response.json()["code"]) == (403, "consent_missing")


def test_a_cancelled_upload_leaves_nothing(api: APIClient) -> None:
    pk = begin(api, b"x" * 100).json()["id"]
    piece(api, pk, 0, b"x" * 40)
    assert stored_files()

    assert api.delete(f"{FILMS}{pk}/").status_code == 204

    assert stored_files() == set()
    assert api.get(f"{FILMS}{pk}/").status_code == 404
    assert piece(api, pk, 40, b"x").status_code == 404


def test_an_upload_cancelled_while_its_pieces_are_joined_is_gone(
    api: APIClient, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = begin(api, film).json()["id"]
    half = len(film) // 2
    piece(api, pk, 0, film[:half])
    copy = shutil.copyfileobj

    def cancel_after(*args: Any) -> None:
        copy(*args)
        api.delete(f"{FILMS}{pk}/")

    monkeypatch.setattr("recognition.films.uploads.shutil.copyfileobj", cancel_after)

    answer = piece(api, pk, half, film[half:])

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Record.objects.exists()
    assert stored_files() == set()


def test_unfinished_uploads_are_swept(api: APIClient) -> None:
    for _ in range(2):
        piece(api, begin(api, b"x" * 100).json()["id"], 0, b"x" * 40)
    late, open_one = FilmUpload.objects.all()
    FilmUpload.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    # What a crash leaves between a file and its row.
    stray = default_storage.save(f"films/ab/{uuid4().hex}/000-x", ContentFile(b"x"))
    old = time.time() - 7200
    os.utime(default_storage.path(stray), (old, old))

    assert film_uploads_sweep() == 1

    assert FilmUpload.objects.get() == open_one
    assert stored_files() == {open_one.pieces.get().file.name}


# --- Bad input ---------------------------------------------------------------------------------


def bad_files(film: bytes, folder: Path) -> dict[str, tuple[bytes, str]]:
    """What somebody may send in place of a film, and the code that says so."""
    portrait = PORTRAIT.read_bytes()
    return {
        "text": (b"#EXTM3U\nhttp://127.0.0.1:9/secret.ts\n", "not_a_film"),
        "zeros": (bytes(5000), "not_a_film"),
        "picture": (portrait, "no_video_stream"),
        "no index": (film[: len(film) // 2], "film_unreadable"),
        "too long": (film, "film_too_long"),
        "too large": (film, "film_too_large"),
    }


@pytest.mark.parametrize("name", ["text", "zeros", "picture", "no index", "too long", "too large"])
def test_what_is_no_film_leaves_nothing(
    api: APIClient, film: bytes, settings, tmp_path: Path, name: str
) -> None:
    if name == "too long":
        settings.FILM_MAX_SECONDS = 2
    if name == "too large":
        settings.FILM_MAX_SIDE = 300
    content, code = bad_files(film, tmp_path)[name]

    answer = send(api, content, size=300_000)

    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert not FilmUpload.objects.exists()
    assert not Record.objects.exists()
    assert not Media.objects.exists()
    assert stored_files() == set()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_place_and_camera_are_taken_out(api: APIClient, film: bytes, tmp_path: Path) -> None:
    """As a phone writes them into a MOV."""
    source, marked = tmp_path / "film.mp4", tmp_path / "marked.mov"
    source.write_bytes(film)
    with (
        av.open(str(source)) as inside,
        av.open(str(marked), "w", options={"movflags": "use_metadata_tags"}) as outside,
    ):
        outside.metadata["location"] = "+48.8577+002.295/"
        outside.metadata["com.apple.quicktime.make"] = "Acme"
        copy = outside.add_stream_from_template(inside.streams.video[0])
        for packet in inside.demux(inside.streams.video[0]):
            if packet.dts is not None:
                packet.stream = copy
                outside.mux(packet)
    content = marked.read_bytes()
    assert b"+48.8577" in content
    assert b"Acme" in content

    answer = send(api, content, file_name="IMG_1.MOV")

    assert answer.status_code == 200, answer.content
    media = Media.objects.get()
    kept = media.original.read()
    assert (media.content_type, media.keep) == ("video/mp4", "all")
    assert b"+48.8577" not in kept
    assert b"Acme" not in kept
    assert media.file_name == "IMG_1.MOV"


def test_a_film_that_is_cut_short_is_analysed_and_said_to_be(
    api: APIClient, tmp_path: Path, run_jobs: Callable
) -> None:
    whole = film_bytes(tmp_path, seconds=(4.0,), suffix="mkv")

    with run_jobs():
        answer = send(api, whole[: len(whole) // 2], file_name="a.mkv")

    assert answer.status_code == 200, answer.content
    record = api.get(f"/api/v1/records/{answer.json()['record']}/").json()
    assert (record["state"], record["face_count"]) == ("done", 1)
    assert record["timeline"]["truncated"] is True
    assert 0 < record["timeline"]["sample_count"] < 20


# --- Work --------------------------------------------------------------------------------------


@pytest.fixture
def queued(api: APIClient, film: bytes, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A film that waits to be analysed; nobody hears its bell."""
    monkeypatch.setattr(tasks.analyse_film, "apply_async", lambda *_, **__: None)
    assert send(api, film).status_code == 200
    return Job.objects.get()


def test_the_bells_of_films_ring_in_their_own_queue() -> None:
    routes = celery_app.conf.task_routes

    assert routes["recognition.tasks.analyse_film"]["queue"].endswith("films")
    assert routes["recognition.tasks.make_film"]["queue"].endswith("films")
    assert routes["recognition.tasks.recognize_picture"]["queue"].endswith("pictures")


def test_a_worker_goes_on_where_another_was_lost(
    api: APIClient, queued: Job, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Block by block, each time another worker; the result is that of one that had no trouble."""
    whole = analysis_of(queued)
    monkeypatch.setattr(film_analysis.analyse, "__kwdefaults__", short_blocks(film_analysis))
    settings.FILM_TURN_SECONDS = 0

    attempts = 0
    while Job.objects.get().state == "queued":
        tasks.analyse_film(str(queued.pk))
        attempts += 1
        job = api.get(f"/api/v1/jobs/{queued.pk}/").json()
        if job["state"] == "queued" and job["film"]["done_seconds"] < 2:
            # Meanwhile it can be looked at.
            record = api.get(f"/api/v1/records/{queued.record_id}/").json()
            assert (record["state"], record["timeline"]["summary"]) == ("queued", None)
            samples = api.get(f"/api/v1/records/{queued.record_id}/samples/").json()
            assert len(samples["times"]) == record["timeline"]["sample_count"]
        assert attempts < 20

    assert attempts > settings.JOB_MAX_ATTEMPTS  # those that came on do not count
    assert Job.objects.get().state == "done"
    samples = timeline_read(timeline=Timeline.objects.get(record=queued.record_id))
    assert samples.times.tolist() == pytest.approx(whole.times.tolist())
    assert samples.tracks.tolist() == whole.tracks.tolist()
    assert samples.probabilities == pytest.approx(whole.probabilities, abs=1e-3)
    assert not FilmBlock.objects.exists()


def test_a_worker_that_is_to_end_gives_the_film_back_after_its_block(
    queued: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_analysis.analyse, "__kwdefaults__", short_blocks(film_analysis))
    worker_shutting_down.send(sender="films@here", sig="TERM", how="Warm", exitcode=0)
    try:
        tasks.analyse_film(str(queued.pk))
    finally:
        STOPPING.clear()

    assert Job.objects.get().state == "queued"
    assert 0 < FilmWork.objects.get().done_seconds < 1.5
    tasks.analyse_film(str(queued.pk))
    assert Job.objects.get().state == "done"


def analysis_of(job: Job) -> Samples:
    """What the film's analysis gives in one go."""
    columns = [
        block.columns
        for block in film_analysis.analyse(
            Path(job.record.media.original.path), current_recognizer(), rate=5.0
        )
    ]
    return samples_of(finish_tracks(Columns.joined(columns))[0])


def short_blocks(module: Any) -> dict[str, Any]:
    return {**module.analyse.__kwdefaults__, "block_seconds": 0.5}


def test_a_worker_that_lost_its_job_stores_nothing(queued: Job) -> None:
    dead = job_claim(job_id=str(queued.pk))
    assert dead is not None
    Job.objects.update(attempts=2)  # another one has it

    with pytest.raises(JobLostError):
        film_analyse(dead)

    work = FilmWork.objects.get()
    assert (work.checkpoint, work.model, work.blocks.count()) == (None, "", 0)
    assert Timeline.objects.get().sample_count == 0


def test_a_cancelled_film_is_gone(
    api: APIClient, queued: Job, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = api.post(f"/api/v1/jobs/{queued.pk}/cancel/", {"keep": False})

    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    assert api.get(f"/api/v1/records/{queued.record_id}/").status_code == 404
    assert api.get(f"/api/v1/jobs/{queued.pk}/").status_code == 404
    assert stored_files() == set()
    assert not FilmUpload.objects.exists()
    tasks.analyse_film(str(queued.pk))  # a bell that comes late


def test_a_cancelled_film_keeps_what_is_known(
    api: APIClient, queued: Job, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_analysis.analyse, "__kwdefaults__", short_blocks(film_analysis))
    settings.FILM_TURN_SECONDS = 0
    tasks.analyse_film(str(queued.pk))
    tasks.analyse_film(str(queued.pk))

    response = api.post(f"/api/v1/jobs/{queued.pk}/cancel/", {"keep": True})

    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    record = api.get(f"/api/v1/records/{queued.record_id}/").json()
    assert (record["state"], record["face_count"]) == ("done", 1)
    assert 0 < record["timeline"]["sample_count"] < 15
    again = api.post(f"/api/v1/jobs/{queued.pk}/cancel/", {"keep": True})
    assert (again.status_code, again.json()["code"]) == (409, "job_over")
    upload = FilmUpload.objects.get()
    assert api.get(f"{FILMS}{upload.pk}/").json()["state"] == "cancelled"


def test_a_film_that_is_gone_from_the_disk_fails_with_a_code(api: APIClient, queued: Job) -> None:
    default_storage.delete(queued.record.media.original.name)

    tasks.analyse_film(str(queued.pk))

    job = api.get(f"/api/v1/jobs/{queued.pk}/").json()
    assert (job["state"], job["error"]["code"]) == ("failed", "film_missing")
    record = api.get(f"/api/v1/records/{queued.record_id}/").json()
    assert (record["state"], record["error"]["code"]) == ("failed", "film_missing")


# --- The annotated film ------------------------------------------------------------------------


def test_an_annotated_film_is_made_of_what_is_stored(
    api: APIClient, analysed: dict[str, Any], run_jobs: Callable
) -> None:
    path = f"/api/v1/records/{analysed['id']}/"
    edit = {"tracks": [{"track": 1, "name": "Ada"}]}
    assert api.patch(f"{path}timeline/", edit).status_code == 200

    with run_jobs():
        response = api.post(f"{path}film/", {"smoothing": "little", "blur_faces": True})

    assert response.status_code == 202, response.content
    film = api.get(path).json()["timeline"]["film"]
    assert (film["state"], film["progress"]) == ("done", 1.0)
    assert film["options"]["smoothing"] == "little"
    part = api.get(film["url"], headers={"Range": "bytes=4-11"})
    assert (part.status_code, part["Content-Type"]) == (206, "video/mp4")
    assert b"".join(part.streaming_content).startswith(b"ftyp")
    record = Record.objects.get()
    made = probe(Path(record.annotated.path))
    assert (made.codec, made.width, made.height) == ("h264", 320, 240)
    first = record.annotated.name
    with run_jobs():
        api.post(f"{path}film/", {"tracks": [1]})
    record.refresh_from_db()
    assert record.annotated.name != first
    assert {record.annotated.name, record.media.original.name} <= stored_files()
    assert first not in stored_files()


def test_faces_are_made_unrecognisable_that_are_in_no_sample(
    api: APIClient, run_jobs: Callable, tmp_path: Path
) -> None:
    astronaut = decode_picture(PORTRAIT.read_bytes())
    path = write_shots(tmp_path / "film.mp4", one_who_passes(astronaut))
    with run_jobs():
        record = send(api, path.read_bytes(), rate="1").json()["record"]
    address = f"/api/v1/records/{record}/"
    assert api.get(address).json()["timeline"]["sample_count"] == 0

    with run_jobs():
        api.post(f"{address}film/", {"blur_faces": True})

    made = Path(Record.objects.get().annotated.path)
    assert detail_of_who_passes(made) < 0.5 * detail_of_who_passes(path)


@pytest.mark.parametrize(
    ("asked", "word"), [({}, "happy"), ({"language": "zh-hans"}, "高兴"), (None, "高兴")]
)
def test_an_annotated_film_speaks_the_language_of_who_asks_for_it(
    api: APIClient, analysed: dict[str, Any], asked: dict[str, str] | None, word: str
) -> None:
    record = Record.objects.select_related("timeline").get(pk=analysed["id"])
    language = {} if asked is not None else {"Accept-Language": "zh-Hans"}

    response = api.post(f"/api/v1/records/{record.pk}/film/", asked or {}, headers=language)

    assert response.status_code == 202, response.content
    job = Job.objects.get(pk=response.json()["id"])
    assert making_options(job, record.timeline, [1]).words["happy"] == word


def test_of_a_film_that_is_not_kept_none_is_made(
    api: APIClient, analysed: dict[str, Any], upload: Callable, portrait: bytes
) -> None:
    Media.objects.update(original="")
    path = f"/api/v1/records/{analysed['id']}/"

    response = api.post(f"{path}film/", {})

    assert (response.status_code, response.json()["code"]) == (409, "film_not_kept")
    again = api.post(f"{path}recognize/", {})
    assert (again.status_code, again.json()["code"]) == (409, "picture_not_kept")
    picture = upload(api, portrait)
    assert api.post(f"/api/v1/records/{picture.record_id}/film/", {}).status_code == 404


# --- Taken along -------------------------------------------------------------------------------


def test_an_exported_film_is_imported_whole(
    api: APIClient, user: User, other_user: User, film: bytes, tmp_path: Path
) -> None:
    record = make_film_record(user, tmp_path, content=film)
    film_made_store(record=record, path=tmp_path / "film.mp4", film={"state": "done"})
    edit = {
        "smoothing": "little",
        "tracks": [{"track": 1, "name": "Ada"}, {"track": 2, "hidden": True}],
        "segments": [{"name": "joke", "start": 1, "end": 2}],
    }
    path = f"/api/v1/records/{record.pk}/"
    assert api.patch(f"{path}timeline/", edit).status_code == 200
    assert api.post(f"{path}tracks/merge/", {"into": 1, "from": [3]}).status_code == 200
    before = api.get(path).json()
    exported = api.get("/api/v1/records/export/?format=zip", headers={"Accept": "*/*"})
    content = b"".join(exported.streaming_content)

    client = client_of(other_user)
    archive = SimpleUploadedFile("export.zip", content)
    answer = client.post("/api/v1/records/import/", {"file": archive}, format="multipart")

    assert answer.json() == {"records": 1, "skipped": 0}
    (listed,) = client.get("/api/v1/records/").json()["results"]
    after = client.get(f"/api/v1/records/{listed['id']}/").json()
    assert after["thumbnail"]
    told = ("smoothing", "segments", "tracks", "summary", "duration", "frame_rate", "sample_count")
    assert {name: after["timeline"][name] for name in told} == {
        name: before["timeline"][name] for name in told
    }
    assert after["timeline"]["film"]["state"] == "done"
    for address in (after["timeline"]["original"], after["timeline"]["film"]["url"]):
        assert client.get(address)["Content-Type"] == "video/mp4"
        assert api.get(address).status_code == 404


def test_an_import_with_a_film_that_is_none_changes_nothing(
    api: APIClient, user: User, other_user: User, tmp_path: Path
) -> None:
    make_film_record(user, tmp_path)  # whose bytes are no film
    exported = api.get("/api/v1/records/export/?format=zip", headers={"Accept": "*/*"})
    files = stored_files()
    archive = SimpleUploadedFile("export.zip", b"".join(exported.streaming_content))

    client = client_of(other_user)
    answer = client.post("/api/v1/records/import/", {"file": archive}, format="multipart")

    assert (answer.status_code, answer.json()["code"]) == (400, "import_invalid")
    assert client.get("/api/v1/records/").json()["results"] == []
    assert stored_files() == files
    assert list((tmp_path / "scratch").iterdir()) == []
