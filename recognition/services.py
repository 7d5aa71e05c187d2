"""Every write of jobs and of the list of models. A job's states are drawn at `Job`."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from accounts.consents import consent_require
from accounts.models import Keep, User
from ferproject.common.problems import Problem
from mlcore.artifacts import (
    list_artifacts,
    list_kept_artifacts,
    load_metadata,
    read_verified,
)
from mlcore.errors import ArtifactError
from recognition.detectors import detector_preferred
from recognition.errors import ConflictError
from recognition.explanations import QUEUED, is_current
from recognition.models import Job, TrainedModel
from recognition.selectors import previous_model
from records.keeping import FAILED_KEPT, media_forget
from records.models import Face, Media, Record
from records.names import NAME_MAX_LENGTH, name_from_file
from records.services import (
    PictureFile,
    face_store_explanation,
    files_delete,
    film_making_note,
    media_files,
    media_prepare,
    record_create,
    record_mark_failed,
    record_mark_queued,
)

logger = logging.getLogger(__name__)

RINGS_APART_MOST = timedelta(minutes=5)
"""A job that waits long is rung this rarely, but no more rarely."""


def jobs_submit(
    *,
    owner: User,
    pictures: Iterable[PictureFile],
    name: str,
    detector: str = "",
    kind: str = Media.Kind.PICTURE,
    purpose: str = "",
    keep: str | None = None,
) -> list[Job]:
    """Store pictures that the people shown agreed to, and queue their recognition.

    All or nothing: if one cannot be stored, none is. Several pictures of one name are numbered.

    Args:
        pictures: may be checked while they are taken one by one, so that only one is in memory;
            what the check raises passes through, and nothing is left.
        detector: one of `recognition.detectors.detector_choices`; empty for the setting's.
        kind, purpose, keep: see `Media`; without `keep` the owner's setting holds.
    """
    now = timezone.now()
    prepared: list[Media] = []
    try:
        for picture in pictures:
            media = media_prepare(
                owner=owner,
                picture=picture,
                consent_at=now,
                kind=kind,
                purpose=purpose,
                keep=keep,
            )
            prepared.append(media)
        with transaction.atomic():
            jobs = [
                Job.objects.create(
                    owner=owner,
                    record=record_create(media=media, name=_record_name(media, name, place)),
                    detector=detector,
                    rung_at=now,
                )
                for media, place in zip(prepared, _places(len(prepared)), strict=True)
            ]
            for job in jobs:
                job_ring_on_commit(job)
    except BaseException:
        files_delete(file for media in prepared for file in media_files(media))
        raise
    return jobs


def record_recognize_again(*, record: Record, detector: str = "", model: str = "") -> Job:
    """Queue a second recognition; the record keeps its result until the new one is stored.

    Corrections of faces that are found where they were stay, see `record_store_faces`.

    Args:
        detector: one of `recognition.detectors.detector_choices`; empty for the person's own
            choice, and the setting's where there is none.
        model: of `recognition.selectors.models_available`; empty for the active one.

    Raises:
        ConflictError: `job_running`.
        Problem: see `recognition_require`.
        Record.DoesNotExist: it was deleted for good.
    """
    with transaction.atomic():
        # Of two requests at once the second waits here, and then sees the first one's job.
        rows = Record.objects.select_for_update(of=("self",)).select_related("media", "owner")
        locked: Record = rows.get(pk=record.pk)
        recognition_require(record=locked)
        if locked.jobs.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]).exists():
            raise ConflictError("job_running", _("A recognition of it is under way already."))
        detector = detector or detector_preferred(locked.owner)
        if locked.kind == Media.Kind.VIDEO:
            from recognition.films.work import film_job_again  # which needs this module

            job = film_job_again(record=locked, detector=detector, model=model)
        else:
            job = Job.objects.create(
                owner=locked.owner,
                record=locked,
                detector=detector,
                model=model,
                rung_at=timezone.now(),
            )
            job_ring_on_commit(job)
        record_mark_queued(record=locked)
    return job


def recognition_require(*, record: Record) -> None:
    """To be asked before a job is made, or made again, for a record that is there already.

    Raises:
        Problem: `consent_missing` (403), `not_a_still` (409), `picture_not_kept` (409).
    """
    consent_require(user=record.owner)
    if record.kind in {Media.Kind.LIVE, Media.Kind.PRACTICE}:
        raise Problem(
            "not_a_still",
            _("This was recognised before the camera; what it showed then cannot be seen again."),
            409,
        )
    if not record.media.original:
        raise Problem(
            "picture_not_kept",
            _("The picture was not kept, so it cannot be recognised again."),
            409,
        )


def job_claim(*, job_id: str, attempts: int | None = None) -> Job | None:
    """Take a job for this worker; None if it is gone, over, or another worker's.

    A running job may be claimed when its lease has run out: its worker is dead or stuck. One
    whose record was deleted cannot: the record will be gone in a moment, or come back.

    Args:
        attempts: that the job had when the bell was rung. A bell that an earlier claim left over
            claims nothing: a film that was given back would have its next turn by it, before
            those that wait.
    """
    now = timezone.now()
    there = Exists(Record.objects.filter(pk=OuterRef("record_id"), deleted_at__isnull=True))
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    # One UPDATE, so that of two workers that answer the same bell one gets nothing.
    claimed = Job.objects.filter(
        free,
        there,
        Q() if attempts is None else Q(attempts=attempts),
        pk=job_id,
        attempts__lt=F("forgiven") + settings.JOB_MAX_ATTEMPTS,
    ).update(
        state=Job.State.RUNNING,
        attempts=F("attempts") + 1,
        lease_until=now + timedelta(seconds=settings.JOB_LEASE_SECONDS),
        # A film is gone on with, where others are begun anew.
        started_at=Case(
            When(kind=Job.Kind.FILM, then=Coalesce("started_at", Value(now))), default=Value(now)
        ),
        progress=Case(When(kind=Job.Kind.FILM, then=F("progress")), default=Value(0.0)),
    )
    if not claimed:
        return None
    return Job.objects.select_related("record__media", "owner").filter(pk=job_id).first()


def job_report_progress(*, job: Job, progress: float) -> bool:
    """Note progress and extend the lease; False if the job is no longer this worker's."""
    return bool(job_of_worker(job).update(progress=progress, lease_until=job_lease()))


def job_lease() -> datetime:
    """Until when a worker that is alive now has its job."""
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def job_was_stored(*, job: Job) -> bool:
    """Whether a lost attempt got so far as to store its result, and to drop the picture."""
    record = job.record
    return (
        job.attempts > 1
        and not record.media.original
        and record.recognized_at is not None
        and record.recognized_at >= job.created_at
    )


def job_finish(*, job: Job) -> bool:
    """Mark a job done; False if it is no longer this worker's."""
    return bool(
        job_of_worker(job).update(
            state=Job.State.DONE, progress=1.0, lease_until=None, finished_at=timezone.now()
        )
    )


def job_fail(*, job: Job, code: str, detail: str) -> bool:
    """Mark a job and its record failed; False if the job is no longer this worker's.

    A record that has a result keeps it. Of an annotated film it is said in the timeline.
    """
    with transaction.atomic():
        failed = job_of_worker(job).update(
            state=Job.State.FAILED,
            error_code=code,
            error_detail=detail[:300],
            lease_until=None,
            finished_at=timezone.now(),
        )
        if failed and job.kind == Job.Kind.MAKING:
            film_making_note(record=job.record, film={"state": "failed", "options": job.options})
        elif failed:
            record_mark_failed(record=job.record, code=code, detail=detail[:300])
    return bool(failed)


def job_release(*, job: Job) -> None:
    """Give a job back after a passing failure, to be tried again at once or after a while."""
    now = timezone.now()
    # The lease ends now, and from now on it waits, see `jobs_ring_again`.
    job_of_worker(job).update(state=Job.State.QUEUED, lease_until=now, rung_at=now)


def job_retry(*, job: Job) -> bool:
    """Queue a failed job again, with its attempts forgiven; False if it has not failed.

    Raises:
        Problem: `job_running` (409), and see `recognition_require`.
    """
    now = timezone.now()
    with transaction.atomic():
        # As in `record_recognize_again`: of two requests at once the second waits here.
        Record.objects.select_for_update(of=("self",)).filter(pk=job.record_id).first()
        failed = Job.objects.filter(pk=job.pk, state=Job.State.FAILED)
        if not failed.exists():
            return False
        recognition_require(record=job.record)
        open_states = [Job.State.QUEUED, Job.State.RUNNING]
        if Job.objects.filter(record=job.record_id, state__in=open_states).exists():
            raise Problem("job_running", _("A work on it is under way already."), 409)
        failed.update(
            state=Job.State.QUEUED,
            # The count goes on: by it a worker is known whose job this was before it failed.
            forgiven=F("attempts"),
            progress=0.0,
            error_code="",
            error_detail="",
            rung_at=now,
            lease_until=now,  # it waits from now on, see `jobs_ring_again`
            finished_at=None,
        )
        if job.kind == Job.Kind.MAKING:
            film = {"state": "queued", "progress": 0.0, "options": job.options}
            film_making_note(record=job.record, film=film)
        else:
            record_mark_queued(record=job.record)
        job_ring_on_commit(job)
    return True


def jobs_ring_again() -> int:
    """Ring for jobs whose bell or whose worker got lost, and fail those that lost too many.

    Safe to run at any time and twice at once: ringing a job that is being worked on does nothing,
    because it cannot be claimed. In a long queue no bell is lost, only not heard yet: the longer a
    job waits, the rarer it is rung, twice as long after each time, see `_until_next_bell`.
    Returns how many bells were rung.
    """
    now = timezone.now()
    first = timedelta(seconds=settings.JOB_RING_SECONDS)
    # When it was rung last it had waited so long since it was made, or given back by a worker.
    waited = F("rung_at") - Coalesce("lease_until", "created_at")
    since_rung = Value(now - first, DateTimeField()) - F("rung_at")
    due = Q(rung_at__lt=now - RINGS_APART_MOST) | Q(waited__lt=since_rung)
    unheard = Q(due, state=Job.State.QUEUED, rung_at__lt=now - first)
    abandoned = Q(state=Job.State.RUNNING, lease_until__lt=now)
    rung = 0
    waiting = Job.objects.alias(waited=ExpressionWrapper(waited, DurationField())).filter(
        unheard | abandoned, record__deleted_at__isnull=True
    )
    for job in waiting.select_related("record").order_by("rung_at")[:500]:
        if job.attempts - job.forgiven >= settings.JOB_MAX_ATTEMPTS:
            job_fail(
                job=job,
                code="worker_lost",
                detail="The recognition was interrupted several times and was given up.",
            )
        else:
            Job.objects.filter(pk=job.pk).update(rung_at=now)
            has_waited = job.state == Job.State.QUEUED
            job_ring(job, waited=now - (job.lease_until or job.created_at) if has_waited else None)
            rung += 1
    return rung


def explanation_request(*, face: Face) -> bool:
    """Have a worker work out what the face's answer rests on; False if that is known already.

    Only an explanation by the active model counts as known; another one, and a failure, are
    forgotten. Every request rings, so one may ask again if it takes long: a bell or a worker may
    have got lost.

    Raises:
        Problem: `picture_not_kept` (409).
    """
    if is_current(face.explanation):
        return False
    if not face.crop:
        raise Problem(
            "picture_not_kept", _("The face's picture was not kept, so nothing can be shown."), 409
        )
    with transaction.atomic():
        face_store_explanation(face=face, explanation=QUEUED)
        transaction.on_commit(lambda: _ring_for_explanation(face), robust=True)
    return True


def pictures_forget_of_failed_jobs() -> int:
    """Delete pictures that were not to be kept, once their failed jobs were not tried again."""
    since = timezone.now() - FAILED_KEPT
    jobs = Job.objects.filter(record__media=OuterRef("pk"))
    needed = jobs.filter(
        Q(state__in=[Job.State.QUEUED, Job.State.RUNNING])
        | Q(state=Job.State.FAILED, finished_at__gte=since)
    )
    given_up = (
        Media.objects.exclude(keep=Keep.ALL)
        .exclude(original="")
        .filter(Exists(jobs.filter(state=Job.State.FAILED)), ~Exists(needed))
    )
    return media_forget(media=given_up)


def models_discover() -> None:
    """List the models that lie in `MODEL_DIRS` now, kept older versions included."""
    folders = [*list_artifacts(settings.MODEL_DIRS), *list_kept_artifacts(settings.MODEL_DIRS)]
    present = []
    for folder in folders:
        try:
            metadata = load_metadata(folder)
        except ArtifactError:
            logger.exception("%s is left out", folder)
            continue
        model, _created = TrainedModel.objects.update_or_create(
            name=metadata.name,
            version=metadata.version,
            defaults={
                "folder": str(folder),
                "metadata": metadata.to_dict(),
                "is_present": True,
            },
        )
        present.append(model.pk)
    TrainedModel.objects.exclude(pk__in=present).update(is_present=False)


def model_activate(*, model: TrainedModel, by: User | None) -> None:
    """Have `model` recognise new pictures, from the next job on, in every worker.

    Raises:
        ArtifactError: its files are gone or are not those that its metadata describes.
    """
    folder = Path(model.folder)
    read_verified(folder, load_metadata(folder))
    model.activated_at = timezone.now()
    model.activated_by = by
    model.save(update_fields=["activated_at", "activated_by"])


def model_go_back(*, by: User | None) -> TrainedModel | None:
    """Activate the model that recognised before; None if there was none.

    Where only one was ever activated, that is the one that the settings name. It counts as
    activated from then on, so that one can go forth again.

    Raises:
        ArtifactError: its files are gone or damaged; the active model stays.
    """
    model = previous_model()
    if model is not None:
        model_activate(model=model, by=by)
    return model


def _places(count: int) -> Iterable[str]:
    """What tells the records of one upload apart: nothing for one, numbers for several."""
    return [""] if count == 1 else [f" {number}" for number in range(1, count + 1)]


def _record_name(media: Media, name: str, place: str) -> str:
    if not name:
        return name_from_file(media.file_name)
    return name[: NAME_MAX_LENGTH - len(place)] + place


def job_of_worker(job: Job) -> QuerySet[Job]:
    """The job's row, as long as it is still in the attempt that this worker claimed."""
    states = [Job.State.RUNNING, Job.State.QUEUED]
    row: QuerySet[Job] = Job.objects.filter(pk=job.pk, attempts=job.attempts, state__in=states)
    return row


def job_ring_on_commit(job: Job) -> None:
    # Robust: what a bell raises must not look as if nothing had been committed.
    transaction.on_commit(lambda: job_ring(job), robust=True)


def job_ring(job: Job, *, waited: timedelta | None = None) -> None:
    """Tell a worker to look at the job; a broker that is away costs time, not the job.

    A bell goes once the next one is there, or they would pile up before a worker that is busy.

    Args:
        waited: how long the job waits already; None if that begins now.
    """
    from recognition import tasks

    bells = {Job.Kind.FILM: tasks.analyse_film, Job.Kind.MAKING: tasks.make_film}
    bell = bells.get(Job.Kind(job.kind), tasks.recognize_picture)
    # Two sweeps more, so that there is no time without a bell.
    until = _until_next_bell(waited or timedelta(0)).total_seconds()
    expires = until + 2 * settings.JOB_SWEEP_SECONDS
    try:
        bell.apply_async((str(job.pk), job.attempts), expires=expires)
    except (OperationalError, OSError):
        logger.exception("The broker is away; job %s will be rung again", job.pk)


def _until_next_bell(waited: timedelta) -> timedelta:
    """How long a bell has to be heard that is rung for a job that has waited so long."""
    first = timedelta(seconds=settings.JOB_RING_SECONDS)
    return max(first, min(waited + first, RINGS_APART_MOST))


def _ring_for_explanation(face: Face) -> None:
    from recognition.tasks import explain_face

    try:
        explain_face.delay(str(face.pk))
    except (OperationalError, OSError):
        logger.exception("The broker is away; face %s waits until it is asked for again", face.pk)
