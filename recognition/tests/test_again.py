"""Recognising a record again, and records deleted while they are recognised."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of, stored_files
from mlcore.artifacts import METADATA, PACKAGED_MODELS, load_metadata
from mlcore.recognizer import DEFAULT_MODEL
from recognition import pipeline, services, tasks
from recognition.models import Job
from recognition.tests.bells import hear
from records.models import Media, Record
from records.services import discarded_records_delete, face_correct, record_store_faces

DETECTOR = "opencv_haar"


@pytest.fixture
def record(api: APIClient, portrait: bytes, upload) -> Record:
    return upload(api, portrait).record


def again(api: APIClient, record: Record, **fields: object):
    return api.post(f"/api/v1/records/{record.pk}/recognize/", fields)


def test_with_another_detector(
    api: APIClient, user: User, record: Record, run_jobs: Callable
) -> None:
    face_correct(face=record.faces.get(), by=user, expression="surprise")
    files = stored_files()
    with run_jobs():
        answer = again(api, record, detector=DETECTOR)
        assert answer.status_code == 202, answer.content
        assert (answer.json()["detector"], answer.json()["model"]) == (DETECTOR, None)
        # The old result is there until the new one is.
        shown = api.get(f"/api/v1/records/{record.pk}/").json()
        assert (shown["state"], shown["detector"]) == ("done", "dlib_and_yunet")

    shown = api.get(f"/api/v1/records/{record.pk}/").json()
    assert (shown["state"], shown["detector"]) == ("done", DETECTOR)
    assert shown["faces"][0]["correction"]["expression"] == "surprise"
    assert len(stored_files()) == len(files)
    assert Job.objects.filter(state="done").count() == 2


def test_with_another_model(
    api: APIClient, record: Record, run_jobs: Callable, settings, tmp_path: Path
) -> None:
    folder = another_model(settings, tmp_path)
    listed = api.get("/api/v1/models/").json()
    assert {model["name"] for model in listed} > {DEFAULT_MODEL, "second"}
    assert [model["name"] for model in listed if model["active"]] == [DEFAULT_MODEL]

    with run_jobs():
        answer = again(api, record, model="second")
    version = load_metadata(folder).version
    assert answer.json()["model"] == f"second@{version}"

    record.refresh_from_db()
    assert (record.model_name, record.model_version) == ("second", version)


def test_a_model_that_went_meanwhile_fails_the_job_and_leaves_the_result(
    api: APIClient, record: Record, run_jobs: Callable, settings, tmp_path: Path
) -> None:
    folder = another_model(settings, tmp_path)
    with run_jobs():
        assert again(api, record, model="second").status_code == 202
        shutil.rmtree(folder)

    job = Job.objects.get(model__startswith="second@")
    assert (job.state, job.error_code) == ("failed", "model_unavailable")
    record.refresh_from_db()
    assert (record.state, record.error_code) == ("done", "")


def another_model(settings, tmp_path: Path) -> Path:
    """The packaged model under another name, in a folder of the operator's."""
    folder = tmp_path / "models" / "second"
    shutil.copytree(PACKAGED_MODELS / DEFAULT_MODEL, folder)
    metadata = folder / METADATA
    metadata.write_text(metadata.read_text().replace(f'"{DEFAULT_MODEL}"', '"second"', 1))
    settings.MODEL_DIRS = [folder.parent, *settings.MODEL_DIRS]
    assert load_metadata(folder).name == "second"
    return folder


def test_the_persons_own_detector_is_the_default(
    api: APIClient, user: User, record: Record
) -> None:
    user.detector = DETECTOR
    user.save()

    assert again(api, record).json()["detector"] == DETECTOR


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"detector": "third_eye"}, "unknown_detector"),
        ({"model": "second"}, "unknown_model"),
        ({"model": f"{DEFAULT_MODEL}@1"}, "unknown_model"),
        ({"model": "../compact_vgg"}, "unknown_model"),
        ({"model": ["compact_vgg"]}, "invalid"),
    ],
)
def test_what_is_not_there_is_told(api: APIClient, record: Record, fields: dict, code: str) -> None:
    answer = again(api, record, **fields)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert Job.objects.count() == 1


def test_one_at_a_time(api: APIClient, record: Record) -> None:
    assert again(api, record).status_code == 202

    answer = again(api, record)

    assert (answer.status_code, answer.json()["code"]) == (409, "job_running")
    assert Job.objects.count() == 2


def test_without_its_picture_it_cannot(api: APIClient, record: Record) -> None:
    Media.objects.update(original="")

    answer = again(api, record)

    assert (answer.status_code, answer.json()["code"]) == (409, "picture_not_kept")
    assert Job.objects.count() == 1


def test_a_failed_record_is_queued_again(api: APIClient, record: Record) -> None:
    Record.objects.update(state="failed", error_code="recognition_failed")

    assert again(api, record).status_code == 202

    record.refresh_from_db()
    assert (record.state, record.error_code) == ("queued", "")


def test_others_records_do_not_exist(other_user: User, record: Record) -> None:
    assert again(client_of(other_user), record).json()["code"] == "not_found"


# --- Deleted while the job waits or runs


def hide(api: APIClient, record: Record) -> None:
    assert api.delete(f"/api/v1/records/{record.pk}/").status_code == 204


def for_good(capture: Callable) -> None:
    Record.objects.update(deleted_at=timezone.now() - timedelta(days=1))
    with capture(execute=True):
        assert discarded_records_delete() == 1


def test_a_job_of_a_deleted_record_waits_and_goes_on_when_it_comes_back(
    api: APIClient, record: Record, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOB_RING_SECONDS = -1
    rung: list[str] = []
    monkeypatch.setattr(tasks.recognize_picture, "apply_async", hear(rung))
    job = again(api, record).json()["id"]
    hide(api, record)

    tasks.recognize_picture(job)
    assert services.jobs_ring_again() == 0
    assert Job.objects.get(pk=job).state == "queued"
    assert api.get(f"/api/v1/jobs/{job}/").status_code == 404

    api.post("/api/v1/records/restore/", {"ids": [str(record.pk)]})
    assert services.jobs_ring_again() == 1
    tasks.recognize_picture(rung[0])
    assert api.get(f"/api/v1/jobs/{job}/").json()["state"] == "done"


def test_deleted_and_had_back_while_a_worker_is_at_it(
    api: APIClient, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = again(api, record, detector=DETECTOR).json()["id"]

    def store(**fields: object) -> Record:
        hide(api, record)
        return record_store_faces(**fields)

    monkeypatch.setattr(pipeline, "record_store_faces", store)
    tasks.recognize_picture(job)

    assert api.get(f"/api/v1/records/{record.pk}/").status_code == 404
    api.post("/api/v1/records/restore/", {"ids": [str(record.pk)]})
    shown = api.get(f"/api/v1/records/{record.pk}/").json()
    assert (shown["detector"], len(shown["faces"])) == (DETECTOR, 1)


@pytest.mark.parametrize("when", ["before it reads the picture", "before it stores the faces"])
def test_deleted_for_good_while_a_worker_is_at_it_leaves_nothing(
    api: APIClient,
    record: Record,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable,
    caplog: pytest.LogCaptureFixture,
    when: str,
) -> None:
    job = again(api, record).json()["id"]
    at = "current_recognizer" if "reads" in when else "record_store_faces"
    original = getattr(pipeline, at)

    def too_late(*args: object, **fields: object) -> object:
        hide(api, record)
        for_good(django_capture_on_commit_callbacks)
        return original(*args, **fields)

    monkeypatch.setattr(pipeline, at, too_late)
    tasks.recognize_picture(job)

    assert not Record.objects.exists()
    assert not Job.objects.exists()
    assert stored_files() == set()
    assert [entry for entry in caplog.records if entry.levelname == "ERROR"] == []
