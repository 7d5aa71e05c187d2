"""The annotated film, made of stored numbers and, where faces are hidden, of a search for all of
them. Runs in a worker."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from django.conf import settings

from mlcore.films.hiding import faces_to_hide
from mlcore.films.painting import AnnotateOptions, annotate
from recognition.errors import RecognitionError
from recognition.films.problems import film_limits
from recognition.films.scratch import local_file, scratch_folder
from recognition.films.words import expression_words
from recognition.films.work import JobLostError, kept
from recognition.models import Job
from recognition.pipeline import current_recognizer
from recognition.services import job_finish, job_report_progress
from records.models import Timeline
from records.services import film_made_store, film_making_note, timeline_read
from records.tracks import CONSTANTS, columns_of, labels_of

NOTED_SECONDS = 2.0
"""So often progress is written down."""


def film_make(job: Job) -> None:
    """Make the annotated film that a job asks for, and keep it with its record.

    Raises:
        FilmError, RecognitionError: it cannot succeed.
        JobLostError, Record.DoesNotExist: it is no longer this worker's to do.
    """
    record = job.record
    if not record.media.original:
        raise RecognitionError("film_not_kept", "The film was not kept.")
    timeline = Timeline.objects.filter(record=record).first()
    if timeline is None:
        raise RecognitionError("film_missing", "The film is no longer there.")
    samples = timeline_read(timeline=timeline)
    columns = columns_of(samples, timeline.frame_rate, timeline.cuts)
    note = _Note(job)
    try:
        with (
            local_file(record.media.original) as path,
            scratch_folder() as folder,
            kept(job) as beat,
        ):
            options = making_options(job, timeline, np.unique(samples.tracks).tolist())
            # Where faces are hidden the film is gone through twice, to find them and to paint it.
            passes = 2 if options.blur_faces else 1

            def progress(before: int) -> Callable[[float, float], None]:
                def tell(done: float, of: float) -> None:
                    beat.move()
                    if beat.lost:
                        raise JobLostError
                    note.say((before + (done / of if of else 0.0)) / passes)

                return tell

            hidden = None
            if options.blur_faces:
                hidden = faces_to_hide(
                    path, current_recognizer(), progress=progress(0), limits=film_limits()
                )
            output = folder / "annotated.mp4"
            annotate(
                path,
                columns,
                output,
                options=options,
                hidden=hidden,
                progress=progress(passes - 1),
                limits=film_limits(),
            )
            if not job_report_progress(job=job, progress=0.99):
                raise JobLostError
            film = {"state": "done", "progress": 1.0, "options": job.options}
            film_made_store(record=record, path=output, film=film)
    except FileNotFoundError as error:
        raise RecognitionError("film_missing", "The film is no longer there.") from error
    job_finish(job=job)


class _Note:
    """Says in job and timeline how far the film is, not too often."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._said = 0.0

    def say(self, share: float) -> None:
        now = time.monotonic()
        if now - self._said < NOTED_SECONDS:
            return
        self._said = now
        share = round(min(0.98, share), 3)
        if not job_report_progress(job=self._job, progress=share):
            raise JobLostError
        film = {"state": "making", "progress": share, "options": self._job.options}
        film_making_note(record=self._job.record, film=film)


def making_options(job: Job, timeline: Timeline, numbers: Sequence[int]) -> AnnotateOptions:
    """What the film shows.

    It is painted with the tracks as they were found, since a merged one may go over cuts: they are
    called by the name or number of the track that they are shown as.

    Args:
        numbers: of the tracks as they were found.
    """
    merges = {int(one): into for one, into in (timeline.edits.get("merged") or {}).items()}
    names = labels_of(timeline) if job.options.get("labels", True) else {}
    wanted = job.options.get("tracks")
    hidden = set(timeline.edits.get("hidden") or ())
    shown_as = {number: merges.get(number, number) for number in numbers}
    return AnnotateOptions(
        smoothing=CONSTANTS[job.options.get("smoothing") or timeline.smoothing],
        tracks=[
            number
            for number, shown in shown_as.items()
            if (shown not in hidden if wanted is None else shown in wanted)
        ],
        labels={number: names.get(shown) or str(shown) for number, shown in shown_as.items()},
        blur_faces=bool(job.options.get("blur_faces")),
        words=expression_words(job.options.get("language") or settings.LANGUAGE_CODE),
    )
