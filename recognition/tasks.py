"""What the worker does when the bell rings."""

import logging
import time
from collections.abc import Callable

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from accounts.consents import consent_is_withdrawn
from mlcore.errors import FilmError
from recognition.errors import RecognitionError
from recognition.explanations import is_current
from recognition.films.uploads import film_uploads_sweep
from recognition.films.work import JobLostError
from recognition.live.services import live_sweep
from recognition.models import Job
from recognition.services import (
    job_claim,
    job_fail,
    job_finish,
    job_release,
    job_report_progress,
    job_was_stored,
    jobs_ring_again,
    pictures_forget_of_failed_jobs,
)
from records.models import Face, Record
from records.services import face_store_explanation

logger = logging.getLogger(__name__)

GIVE_BACK_SECONDS = 20.0
"""For so long a job is tried to be given back where the database is away."""

GIVE_BACK_PAUSE_SECONDS = 2.0


@shared_task
def recognize_picture(job_id: str, attempts: int | None = None) -> None:
    """Do one job. Safe to ring twice, for a job that is over, and for one that is gone.

    A job whose record its owner deleted waits: should the record come back, it is rung again.

    Args:
        attempts: see `job_claim`.
    """
    _do(job_id, attempts, _recognize)


@shared_task
def analyse_film(job_id: str, attempts: int | None = None) -> None:
    """Analyse a film for a while. Safe to ring twice, as `recognize_picture` is.

    When its turn is over the job is given back and rung again, so that other films have theirs.
    """
    from recognition.films.analysis import film_analyse

    _do(job_id, attempts, film_analyse)


@shared_task(time_limit=settings.FILM_MAKING_SECONDS)
def make_film(job_id: str, attempts: int | None = None) -> None:
    """Make an annotated film. Safe to ring twice, as `recognize_picture` is."""
    from recognition.films.making import film_make

    _do(job_id, attempts, film_make)


def _do(job_id: str, attempts: int | None, do: Callable[[Job], None]) -> None:
    job = job_claim(job_id=job_id, attempts=attempts)
    if job is None:
        return
    try:
        _do_claimed(job, do)
    except (OperationalError, InterfaceError):
        # The database was away for a moment. The sweep rings again; storing twice changes nothing.
        logger.exception("Job %s is given back", job_id)
        _give_back(job)


def _do_claimed(job: Job, do: Callable[[Job], None]) -> None:
    """Do the job, and note it where that fails.

    Raises:
        OperationalError, InterfaceError: the database is away, for the work or for the note.
    """
    if consent_is_withdrawn(user=job.owner) and not job_was_stored(job=job):
        detail = "The consent was withdrawn before this was recognised."
        job_fail(job=job, code="consent_withdrawn", detail=detail)
        return
    try:
        do(job)
    except (Record.DoesNotExist, JobLostError):
        return  # deleted or cancelled by its owner while we worked, or another worker's by now
    except (RecognitionError, FilmError) as error:
        job_fail(job=job, code=error.code, detail=error.detail)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Job %s failed", job.pk)
        job_fail(
            job=job,
            code="recognition_failed",
            detail="The recognition failed for a reason that the server's log names.",
        )


def _recognize(job: Job) -> None:
    from recognition.pipeline import recognize_record

    if not job_was_stored(job=job):
        recognize_record(
            record=job.record,
            detector=job.detector,
            model=job.model,
            on_progress=lambda share: job_report_progress(job=job, progress=share),
        )
    job_finish(job=job)


def _give_back(job: Job) -> None:
    """Give a job back, for as long as it may take a database that is away to come back."""
    deadline = time.monotonic() + GIVE_BACK_SECONDS
    while True:
        try:
            # One that broke would stay broken. Amid a transaction, as of a test, it is not ours.
            if not connection.in_atomic_block:
                close_old_connections()
            job_release(job=job)
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() + GIVE_BACK_PAUSE_SECONDS > deadline:
                logger.exception("Job %s cannot be given back; its lease runs out", job.pk)
                return
        time.sleep(GIVE_BACK_PAUSE_SECONDS)


@shared_task
def explain_face(face_id: str) -> None:
    """Work out what a face's answer rests on. Safe to ring twice, and for a face that is gone.

    There is no job behind it: a worker that is lost leaves all as it was, and whoever still waits
    rings again.
    """
    from recognition.pipeline import explain

    there = Face.objects.filter(record__deleted_at__isnull=True)
    face = there.select_related("record__media").filter(pk=face_id).first()
    if face is None or is_current(face.explanation):
        return
    code = "explanation_failed"
    detail = "The explanation failed for a reason that the server's log names."
    try:
        face_store_explanation(face=face, explanation=explain(face=face))
        return
    except RecognitionError as error:
        code, detail = error.code, error.detail
    except (OperationalError, InterfaceError):
        logger.exception("The database was away for the explanation of face %s", face_id)
        return
    except Exception:
        logger.exception("The explanation of face %s failed", face_id)
    face_store_explanation(face=face, explanation={"error": detail, "code": code})


@shared_task
def ring_jobs_again() -> None:
    """Periodic; safe to run twice at once."""
    jobs_ring_again()


@shared_task
def forget_pictures_of_failed_jobs() -> None:
    """Hourly; safe to run twice."""
    pictures_forget_of_failed_jobs()


@shared_task
def delete_unfinished_films() -> None:
    """Hourly; safe to run twice, also at once."""
    film_uploads_sweep()


@shared_task
def finish_abandoned_live_sessions() -> None:
    """Hourly; safe to run twice, also at once."""
    live_sweep()
