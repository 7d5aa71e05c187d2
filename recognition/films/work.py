"""Every write of the jobs of films, and of how far their work is."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celery.signals import worker_shutting_down
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from ferproject.common.beats import Beat
from ferproject.common.problems import Problem
from recognition.errors import ConflictError
from recognition.models import FilmBlock, FilmWork, Job
from recognition.services import (
    job_lease,
    job_of_worker,
    job_release,
    job_ring,
    job_ring_on_commit,
)
from records.models import Record, Timeline
from records.services import (
    film_making_note,
    film_samples_append,
    film_store,
    record_delete,
)
from records.timelines import Samples
from records.tracks import samples_of

if TYPE_CHECKING:
    from mlcore.films.analysis import Block
    from mlcore.films.columns import Columns

STALLED_SECONDS = 300
"""A worker that gets nowhere for so long lets its lease run out."""

STOPPING = threading.Event()
"""Set once this worker is asked to end: whoever is at a film then gives it back after its block.

Where Celery's pool is of threads, as `serve` has it. The children of a pool of processes are not
told: there a turn is worked to its end, as Celery waits for it, or until the child is killed.
"""

OPEN = (Job.State.QUEUED, Job.State.RUNNING)


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def note_stopping(**_: Any) -> None:
    """Celery has the signal to end, and waits for what is being worked on."""
    STOPPING.set()


class JobLostError(Exception):
    """The job is no longer this worker's: it was cancelled, or given to another one."""


def film_job_create(
    *,
    record: Record,
    rate: float,
    duration: float,
    truncated: bool,
    detector: str = "",
    model: str = "",
) -> Job:
    """Queue the analysis of a film. Call inside a transaction.

    Args:
        rate: samples a second; 0 for every frame.
        detector, model: as for a picture, see `recognition.services`.
    """
    job: Job = Job.objects.create(
        owner=record.owner,
        record=record,
        kind=Job.Kind.FILM,
        detector=detector,
        model=model,
        rung_at=timezone.now(),
    )
    FilmWork.objects.create(job=job, rate=rate, duration=duration, truncated=truncated)
    job_ring_on_commit(job)
    return job


def film_job_again(*, record: Record, detector: str, model: str) -> Job:
    """Queue a second analysis at the first one's rate. Call inside a transaction."""
    before = FilmWork.objects.filter(job__record=record).order_by("-job__created_at").first()
    timeline = Timeline.objects.get(record=record)
    return film_job_create(
        record=record,
        rate=before.rate if before else 5.0,
        duration=timeline.duration,
        truncated=before.truncated if before else timeline.truncated,
        detector=detector,
        model=model,
    )


def film_work_begin(*, job: Job, detector: str, model: str) -> None:
    """Note what recognises the film, so that all of it is recognised alike.

    Raises:
        JobLostError: see there.
    """
    with transaction.atomic():
        _hold(job)
        FilmWork.objects.filter(job=job).update(detector=detector, model=model)


def film_work_restart(*, job: Job) -> None:
    """Forget what was done: this version cannot go on with it.

    Raises:
        JobLostError: see there.
    """
    with transaction.atomic():
        _hold(job)
        work = FilmWork.objects.get(job=job)
        work.blocks.all().delete()
        FilmWork.objects.filter(pk=work.pk).update(
            checkpoint=None, done_seconds=0.0, frames=0, faces=0, detector="", model=""
        )
        timeline = Timeline.objects.get(record=job.record_id)
        if timeline.summary is None:
            timeline.blocks.all().delete()
            Timeline.objects.filter(pk=timeline.pk).update(sample_count=0, tracks=[])


def film_block_store(
    *,
    job: Job,
    block: "Block",
    samples: Samples,
    tracks: Sequence[Mapping[str, Any]],
    seconds: float,
) -> None:
    """Keep some seconds of film and where to go on, all or nothing.

    Args:
        samples: those of the block that are shown until the film is done.
        tracks: all that are shown by now.
        seconds: that the work on this block took.

    Raises:
        JobLostError: see there; nothing was kept.
    """
    with transaction.atomic():
        _hold(job)
        work = FilmWork.objects.get(job=job)
        if len(block.columns) or len(block.columns.cuts):
            FilmBlock.objects.create(
                work=work, index=work.blocks.count(), data=block.columns.to_bytes()
            )
            film_samples_append(record=job.record, samples=samples, tracks=tracks)
        work.checkpoint = block.state
        work.done_seconds, work.frames, work.faces = block.time, block.frames, len(tracks)
        work.worked_seconds += seconds
        work.save()
        share = block.time / work.duration if work.duration else 0.0
        # An attempt that comes on is none that fails.
        job_of_worker(job).update(
            progress=min(0.99, share), lease_until=job_lease(), forgiven=F("attempts") - 1
        )


def film_columns(work: FilmWork) -> "Columns":
    """All numbers of the film so far."""
    from mlcore.films.columns import Columns

    blocks = work.blocks.order_by("index").iterator(chunk_size=8)
    return Columns.joined([Columns.from_bytes(bytes(block.data)) for block in blocks])


def film_finish(*, job: Job, truncated: bool) -> None:
    """Make a film's blocks its record's timeline; the job is done.

    Raises:
        JobLostError, Record.DoesNotExist: see there; nothing was changed.
    """
    work = FilmWork.objects.get(job=job)
    samples, cuts = _finished(work)
    with transaction.atomic():
        _hold(job)
        _store(job, work, samples, cuts, truncated=truncated)
        job_of_worker(job).update(
            state=Job.State.DONE, progress=1.0, lease_until=None, finished_at=timezone.now()
        )


def film_turn_over(*, job: Job) -> None:
    """Give the job back, for others to have a turn; it goes on where it is."""
    job_release(job=job)
    job_ring(job)


def film_job_cancel(*, job: Job, keep: bool) -> Job:
    """End a film's job.

    Args:
        keep: whether what was analysed so far stays, as a record that is done; else the record
            goes for good, unless it had a result before.

    Raises:
        ConflictError: `job_over`, `job_not_cancellable`.
    """
    if job.kind == Job.Kind.PICTURE:
        raise ConflictError(
            "job_not_cancellable", _("A picture takes a moment only; delete its record instead.")
        )
    now = timezone.now()
    with transaction.atomic():
        # A worker that stores a block waits here, or was first.
        row = Job.objects.select_for_update(of=("self",)).filter(pk=job.pk, state__in=OPEN)
        locked: Job | None = row.select_related("record").first()
        if locked is None:
            raise ConflictError("job_over", _("This job is over already."))
        locked.state, locked.finished_at, locked.lease_until = Job.State.CANCELLED, now, None
        locked.save(update_fields=["state", "finished_at", "lease_until"])
        if locked.kind == Job.Kind.MAKING:
            film_making_note(record=locked.record, film=_made_before(locked.record))
            return locked
        timeline = Timeline.objects.get(record=locked.record)
        work = FilmWork.objects.get(job=locked)
        if timeline.summary is not None:
            work.blocks.all().delete()
        elif keep:
            samples, cuts = _finished(work)
            _store(locked, work, samples, cuts, truncated=work.truncated)
        else:
            record_delete(record=locked.record)
    return locked


def film_making_request(*, record: Record, options: Mapping[str, Any]) -> Job:
    """Queue an annotated film of a record.

    Raises:
        Problem: `film_not_kept`, `film_not_analysed` (409).
        ConflictError: `job_running`.
    """
    with transaction.atomic():
        rows = Record.objects.select_for_update(of=("self",)).select_related("media", "owner")
        locked: Record = rows.get(pk=record.pk)
        if locked.state != Record.State.DONE:
            raise Problem("film_not_analysed", _("The film is not analysed yet."), 409)
        if not locked.media.original:
            raise Problem(
                "film_not_kept", _("The film was not kept, so none can be made of it."), 409
            )
        if locked.jobs.filter(state__in=OPEN).exists():
            raise ConflictError("job_running", _("A work on it is under way already."))
        job: Job = Job.objects.create(
            owner=locked.owner,
            record=locked,
            kind=Job.Kind.MAKING,
            options=dict(options),
            rung_at=timezone.now(),
        )
        film_making_note(
            record=locked, film={"state": "queued", "progress": 0.0, "options": dict(options)}
        )
        job_ring_on_commit(job)
    return job


def kept(job: Job) -> Beat:
    """The job's lease is extended for as long as the work comes on."""
    return Beat(
        f"job {job.pk}",
        lambda: job_of_worker(job).update(lease_until=job_lease()),
        every=settings.JOB_LEASE_SECONDS / 3,
        patience=STALLED_SECONDS,
    )


def _hold(job: Job) -> None:
    """Hold the job's row until the transaction ends.

    Raises:
        JobLostError: see there.
    """
    if not job_of_worker(job).select_for_update().exists():
        raise JobLostError
    # SQLite knows no such locks; there the transaction itself is one.


def _finished(work: FilmWork) -> tuple[Samples, list[float]]:
    from mlcore.films.tracks import finish_tracks

    columns = film_columns(work)
    tidy, _tracks = finish_tracks(columns)
    return samples_of(tidy).in_order(), columns.cuts.tolist()


def _store(
    job: Job, work: FilmWork, samples: Samples, cuts: list[float], *, truncated: bool
) -> None:
    model_name, _at, model_version = work.model.partition("@")
    film_store(
        record=job.record,
        samples=samples,
        cuts=cuts,
        duration=work.duration,
        truncated=truncated,
        detector=work.detector,
        model_name=model_name,
        model_version=model_version,
    )
    work.blocks.all().delete()


def _made_before(record: Record) -> dict[str, Any] | None:
    """What the timeline says of the annotated film where no other is made."""
    return {"state": "done", "progress": 1.0, "options": {}} if record.annotated else None
