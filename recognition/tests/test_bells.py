"""Bells that come late, jobs tried again, and workers that are stuck or without a database."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from recognition import services, tasks
from recognition.films import work
from recognition.films.work import film_job_create, film_making_request
from recognition.models import Job
from records.models import Record, Timeline
from records.tests.factories import make_film_record

Bell = tuple[datetime, int, float]
"""When it was rung, the job's attempts then, and for how many seconds it is there."""


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[Bell]:
    """Of films, which no worker hears."""
    rung: list[Bell] = []

    def ring(args: tuple[str, int], *, expires: float) -> None:
        rung.append((timezone.now(), args[1], expires))

    for task in (tasks.analyse_film, tasks.make_film):
        monkeypatch.setattr(task, "apply_async", ring)
    return rung


@pytest.fixture
def record(user: User, tmp_path: Path) -> Record:
    """Of a film that is analysed."""
    return make_film_record(user, tmp_path)


@pytest.fixture
def film(
    record: Record, bells: list[Bell], django_capture_on_commit_callbacks: Callable[..., object]
) -> Job:
    """The job of a second analysis."""
    with django_capture_on_commit_callbacks(execute=True):
        return film_job_create(record=record, rate=5.0, duration=3.0, truncated=False)


@pytest.fixture
def making(record: Record, bells: list[Bell]) -> Job:
    return film_making_request(record=record, options={"labels": False})


def claimed(job: Job) -> Job:
    taken = services.job_claim(job_id=str(job.pk))
    assert taken is not None
    return taken


def lose_worker(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def lose_all_workers(job: Job, settings) -> Job:
    """Until the job is given up; gives the last one's."""
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        last = claimed(job)
        lose_worker(job)
    services.jobs_ring_again()
    assert Job.objects.get(pk=job.pk).error_code == "worker_lost"
    return last


# --- Bells -------------------------------------------------------------------------------------


def sweep(seconds: int, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The periodic task as it runs in so many seconds from now."""
    began = timezone.now()
    with monkeypatch.context() as patch:
        for later in range(0, seconds, settings.JOB_SWEEP_SECONDS):
            at = began + timedelta(seconds=later)
            patch.setattr(timezone, "now", lambda at=at: at)
            services.jobs_ring_again()


@pytest.mark.parametrize("given_back", [False, True])
def test_a_job_that_waits_long_is_rung_ever_more_rarely(
    film: Job, bells: list[Bell], settings, monkeypatch: pytest.MonkeyPatch, given_back: bool
) -> None:
    if given_back:
        Job.objects.update(created_at=timezone.now() - timedelta(hours=1))
        bells.clear()
        work.film_turn_over(job=claimed(film))

    sweep(3600, settings, monkeypatch)

    rung = [at for at, _attempts, _expires in bells]
    apart = [(after - before).total_seconds() for before, after in pairwise(rung)]
    assert apart[0] <= settings.JOB_RING_SECONDS + settings.JOB_SWEEP_SECONDS
    assert apart[1] >= 2 * settings.JOB_RING_SECONDS
    assert apart[:6] == sorted(apart[:6])
    assert max(apart) <= 300 + settings.JOB_SWEEP_SECONDS
    assert len(rung) < 20
    # One is there at any time, and no more than two.
    lives = [seconds for _at, _attempts, seconds in bells]
    for index, (life, gap) in enumerate(zip(lives, apart, strict=False)):
        assert gap < life
        assert index + 1 == len(apart) or life < gap + apart[index + 1]


def test_a_bell_that_nobody_hears_goes(film: Job, bells: list[Bell], settings) -> None:
    (_at, attempts, expires) = bells[0]

    assert attempts == 0
    assert expires == settings.JOB_RING_SECONDS + 2 * settings.JOB_SWEEP_SECONDS


def test_a_film_that_had_its_turn_has_none_by_an_older_bell(film: Job, bells: list[Bell]) -> None:
    first = services.job_claim(job_id=str(film.pk), attempts=bells[0][1])
    assert first is not None
    work.film_turn_over(job=first)

    assert services.job_claim(job_id=str(film.pk), attempts=bells[0][1]) is None
    assert services.job_claim(job_id=str(film.pk), attempts=bells[1][1]) is not None


# --- Tried again -------------------------------------------------------------------------------


def test_an_annotated_film_whose_workers_were_lost_has_failed(
    making: Job, bells: list[Bell], settings
) -> None:
    lose_all_workers(making, settings)

    assert Timeline.objects.get().film == {"state": "failed", "options": {"labels": False}}
    assert Record.objects.get().state == "done"


def test_an_annotated_film_that_is_tried_again_is_queued(
    api: APIClient, making: Job, settings
) -> None:
    lose_all_workers(making, settings)

    assert api.post(f"/api/v1/jobs/{making.pk}/retry/").status_code == 202

    film = {"state": "queued", "progress": 0.0, "options": {"labels": False}}
    assert Timeline.objects.get().film == film


def test_a_failed_job_is_not_tried_again_while_another_is_open(
    api: APIClient, record: Record, film: Job, settings
) -> None:
    lose_all_workers(film, settings)
    assert api.post(f"/api/v1/records/{record.pk}/recognize/").status_code == 202

    answer = api.post(f"/api/v1/jobs/{film.pk}/retry/")

    assert (answer.status_code, answer.json()["code"]) == (409, "job_running")
    assert Job.objects.get(pk=film.pk).state == "failed"


def test_a_worker_of_before_a_retry_changes_nothing(api: APIClient, film: Job, settings) -> None:
    first = claimed(film)
    lose_worker(film)
    settings.JOB_MAX_ATTEMPTS = 1
    services.jobs_ring_again()
    assert api.post(f"/api/v1/jobs/{film.pk}/retry/").status_code == 202

    alive = claimed(film)

    assert not services.job_report_progress(job=first, progress=0.5)
    assert not services.job_finish(job=first)
    assert services.job_report_progress(job=alive, progress=0.5)


def test_a_retry_gives_all_attempts_again(api: APIClient, film: Job, settings) -> None:
    lose_all_workers(film, settings)
    assert api.post(f"/api/v1/jobs/{film.pk}/retry/").status_code == 202

    lose_all_workers(film, settings)


# --- Workers -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_stuck_and_goes_on_keeps_its_job(
    film: Job, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOB_LEASE_SECONDS = 0.15
    monkeypatch.setattr(work, "STALLED_SECONDS", 0.3)
    job = claimed(film)

    def lease() -> datetime:
        return Job.objects.get().lease_until

    with work.kept(job) as beat:
        time.sleep(0.6)
        stuck = lease()
        time.sleep(0.2)
        assert lease() == stuck  # it is not kept for one that gets nowhere
        deadline = time.monotonic() + 10
        while lease() == stuck and time.monotonic() < deadline:
            beat.move()
            time.sleep(0.02)
        assert lease() > stuck
    assert not beat.lost


def away(*_: object, **__: object) -> None:
    raise OperationalError("database is locked")


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A database that is locked for the first two tries to give a job back; the pauses."""
    pauses: list[float] = []
    release = services.job_release

    def after_two(*, job: Job) -> None:
        if len(pauses) < 2:
            away()
        release(job=job)

    monkeypatch.setattr(tasks, "job_release", after_two)
    monkeypatch.setattr(tasks.time, "sleep", pauses.append)
    return pauses


def test_a_film_is_given_back_once_the_database_is_there_again(
    film: Job, locked: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recognition.films.analysis.film_analyse", away)

    tasks.analyse_film(str(film.pk))

    assert len(locked) == 2
    assert Job.objects.get().state == "queued"


def test_a_picture_that_cannot_be_noted_as_done_is_given_back(
    user: User, portrait: bytes, locked: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = services.PictureFile("a.jpg", "jpg", "image/jpeg", portrait, portrait, 512, 512)
    (job,) = services.jobs_submit(owner=user, pictures=[picture], name="")
    monkeypatch.setattr("recognition.pipeline.recognize_record", lambda **_: None)
    monkeypatch.setattr(tasks, "job_finish", away)

    tasks.recognize_picture(str(job.pk))

    assert Job.objects.get().state == "queued"


def test_a_database_that_stays_away_holds_no_worker_up_for_long(
    film: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("recognition.films.analysis.film_analyse", away)
    monkeypatch.setattr(tasks, "job_release", away)
    monkeypatch.setattr(tasks, "GIVE_BACK_SECONDS", 0.1)
    monkeypatch.setattr(tasks, "GIVE_BACK_PAUSE_SECONDS", 0.02)

    tasks.analyse_film(str(film.pk))

    assert Job.objects.get().state == "running"
    assert "cannot be given back" in caplog.text
