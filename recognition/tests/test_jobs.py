"""The job's states: claims, leases, bells and second attempts."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of, stored_files
from recognition import services, tasks
from recognition.models import Job
from recognition.tests.bells import hear
from recognition.uploads import PictureFile
from records.models import Record

JOBS = "/api/v1/jobs/"


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr(tasks.recognize_picture, "apply_async", hear(rung))
    return rung


@pytest.fixture
def job(user: User, portrait: bytes, bells: list[str], django_capture_on_commit_callbacks) -> Job:
    picture = PictureFile("a.jpg", "jpg", "image/jpeg", portrait, portrait, 512, 512)
    with django_capture_on_commit_callbacks(execute=True):
        (job,) = services.jobs_submit(owner=user, pictures=[picture], name="")
    assert bells == [str(job.pk)]
    bells.clear()
    return job


def later(job: Job, **fields: object) -> None:
    Job.objects.filter(pk=job.pk).update(**fields)


def test_only_one_worker_gets_a_job(job: Job) -> None:
    first = services.job_claim(job_id=str(job.pk))

    assert first is not None
    assert (first.state, first.attempts) == ("running", 1)
    assert services.job_claim(job_id=str(job.pk)) is None


def test_a_job_that_is_gone_is_no_error(db: None) -> None:
    tasks.recognize_picture("00000000-0000-0000-0000-000000000000")


def test_a_lost_bell_is_rung_again(job: Job, bells: list[str], settings) -> None:
    assert services.jobs_ring_again() == 0  # it was rung just now

    later(job, rung_at=timezone.now() - timedelta(seconds=settings.JOB_RING_SECONDS + 1))

    assert services.jobs_ring_again() == 1
    assert bells == [str(job.pk)]
    assert services.jobs_ring_again() == 0


def test_a_dead_workers_job_is_taken_up_again_and_it_changes_nothing_more(
    job: Job, bells: list[str]
) -> None:
    dead = services.job_claim(job_id=str(job.pk))
    assert dead is not None
    later(job, lease_until=timezone.now() - timedelta(seconds=1))

    services.jobs_ring_again()
    alive = services.job_claim(job_id=bells[0])

    assert alive is not None
    assert alive.attempts == 2
    assert not services.job_finish(job=dead)
    assert not services.job_fail(job=dead, code="x", detail="x")
    assert not services.job_report_progress(job=dead, progress=0.5)
    assert services.job_finish(job=alive)
    assert Job.objects.get().state == "done"


def test_progress_extends_the_lease(job: Job) -> None:
    mine = services.job_claim(job_id=str(job.pk))
    assert mine is not None
    later(job, lease_until=timezone.now())

    assert services.job_report_progress(job=mine, progress=0.4)

    row = Job.objects.get()
    assert row.progress == 0.4
    assert row.lease_until > timezone.now()


def test_a_job_that_kills_its_workers_is_given_up(job: Job, bells: list[str], settings) -> None:
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        assert services.job_claim(job_id=str(job.pk)) is not None
        later(job, lease_until=timezone.now() - timedelta(seconds=1))

    services.jobs_ring_again()

    row = Job.objects.select_related("record").get()
    assert (row.state, row.error_code) == ("failed", "worker_lost")
    assert (row.record.state, row.record.error_code) == ("failed", "worker_lost")
    assert bells == []


def test_a_missing_picture_fails_the_job_and_a_retry_forgives(
    job: Job, api, bells: list[str], django_capture_on_commit_callbacks: Callable
) -> None:
    media = job.record.media
    content = media.original.read()
    media.original.storage.delete(media.original.name)
    tasks.recognize_picture(str(job.pk))
    assert Job.objects.get().error_code == "picture_missing"
    assert Record.objects.get().state == "failed"

    with open(media.original.path, "wb") as target:
        target.write(content)
    with django_capture_on_commit_callbacks(execute=True):
        assert api.post(f"/api/v1/jobs/{job.pk}/retry/").status_code == 202
    tasks.recognize_picture(bells[0])

    assert Job.objects.get().state == "done"
    assert Record.objects.get().state == "done"
    assert api.post(f"/api/v1/jobs/{job.pk}/retry/").json()["code"] == "job_not_failed"


def test_an_unforeseen_error_fails_the_job_with_a_code(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("recognition.pipeline.recognize_record", explode)

    tasks.recognize_picture(str(job.pk))

    assert Job.objects.get().error_code == "recognition_failed"


def test_a_database_that_was_away_gives_the_job_back(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError as DatabaseAway

    def fail(**_: object) -> None:
        raise DatabaseAway("gone for a moment")

    monkeypatch.setattr("recognition.pipeline.recognize_record", fail)

    tasks.recognize_picture(str(job.pk))

    assert (Job.objects.get().state, Job.objects.get().attempts) == ("queued", 1)


def test_a_record_deleted_while_it_is_recognised_leaves_nothing(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recognition import pipeline
    from records.services import record_delete

    original = pipeline.record_store_faces
    monkeypatch.setattr(
        pipeline,
        "record_store_faces",
        lambda **fields: (record_delete(record=Record.objects.get()), original(**fields)),
    )

    tasks.recognize_picture(str(job.pk))

    assert not Record.objects.exists()
    assert not Job.objects.exists()
    assert {path for path in stored_files() if "face" in path or "annotated" in path} == set()


@pytest.mark.django_db(transaction=True)
def test_a_bell_that_breaks_costs_neither_rows_nor_files(
    make_user, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("a fault in the client of the broker")

    monkeypatch.setattr(tasks.recognize_picture, "apply_async", break_down)
    picture = PictureFile("a.jpg", "jpg", "image/jpeg", portrait, portrait, 512, 512)

    (job,) = services.jobs_submit(owner=make_user(), pictures=[picture], name="")

    assert Job.objects.get() == job
    assert len(stored_files()) == 2


def test_a_broker_that_is_away_does_not_fail_the_upload(
    job: Job, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.recognize_picture, "apply_async", away)
    services.job_claim(job_id=str(job.pk))
    services.job_fail(job=Job.objects.get(), code="x", detail="x")

    with django_capture_on_commit_callbacks(execute=True):
        assert services.job_retry(job=Job.objects.get())

    assert Job.objects.get().state == "queued"


def test_jobs_of_somebody_elses_record_and_of_none_look_alike(
    api: APIClient, job: Job, other_user: User
) -> None:
    assert len(api.get(JOBS, {"record": str(job.record_id)}).json()["results"]) == 1
    stranger = client_of(other_user)

    for record in (job.record_id, uuid4()):
        answer = stranger.get(JOBS, {"record": str(record)})
        assert (answer.status_code, answer.json()["results"]) == (200, [])

    assert stranger.get(JOBS, {"record": "no-uuid"}).status_code == 400
