"""From a record's stored film to its samples. Runs in a worker."""

import logging
import time
from pathlib import Path

import numpy as np
from django.conf import settings

from recognition.errors import RecognitionError
from recognition.films.pictures import film_picture
from recognition.films.problems import film_limits
from recognition.films.scratch import local_file
from recognition.films.work import (
    STOPPING,
    JobLostError,
    film_block_store,
    film_columns,
    film_finish,
    film_turn_over,
    film_work_begin,
    film_work_restart,
    kept,
)
from recognition.models import FilmWork, Job
from recognition.pipeline import current_recognizer
from records.services import film_thumbnail_store
from records.timelines import Samples, summarize
from records.tracks import samples_of

logger = logging.getLogger(__name__)


def film_analyse(job: Job) -> None:
    """Go on with the analysis of a film, until it is done or its turn is over.

    Raises:
        FilmError, RecognitionError: it cannot succeed.
        JobLostError, Record.DoesNotExist: it is no longer this worker's to do.
    """
    media = job.record.media
    if not media.original:
        raise RecognitionError("film_not_kept", "The film was not kept.")
    try:
        with local_file(media.original) as path, kept(job) as beat:
            work = FilmWork.objects.get(job=job)
            if work.worked_seconds > settings.FILM_WORK_SECONDS:
                raise RecognitionError(
                    "film_took_too_long", "The film took longer than this server allows."
                )
            _Analysis(job, work, path, beat).run()
    except FileNotFoundError as error:
        raise RecognitionError("film_missing", "The film is no longer there.") from error


class _Analysis:
    """One worker's turn at a film."""

    def __init__(self, job: Job, work: FilmWork, path: Path, beat) -> None:  # type: ignore[no-untyped-def]
        self.job, self.work, self.path, self.beat = job, work, path, beat
        self.recognizer = current_recognizer(work.detector or job.detector, work.model or job.model)
        self.known = Samples.joined([])
        self.has_thumbnail = bool(job.record.media.thumbnail)

    def run(self) -> None:
        if not self.work.model:
            recognizer = self.recognizer
            film_work_begin(
                job=self.job,
                detector=recognizer.detector_name,
                model=f"{recognizer.model_name}@{recognizer.model_version}",
            )
        try:
            truncated = self._go_on()
        except ValueError:
            # `analyse` cannot go on from what another version wrote down.
            logger.warning("The analysis of job %s is begun anew", self.job.pk)
            film_work_restart(job=self.job)
            self.work.checkpoint = None
            truncated = self._go_on()
        if truncated is None:
            film_turn_over(job=self.job)
            return
        if not self.has_thumbnail:
            self._picture(self.work.duration / 10)
        film_finish(job=self.job, truncated=truncated or self.work.truncated)

    def _go_on(self) -> bool | None:
        """Whether the film is truncated; None if it goes on another time."""
        from mlcore.films.analysis import analyse
        from mlcore.films.tracks import of_faces

        self.known = (
            samples_of(of_faces(film_columns(self.work)))
            if self.work.checkpoint
            else Samples.joined([])
        )
        began = last = time.monotonic()
        blocks = analyse(
            self.path,
            self.recognizer,
            rate=self.work.rate or None,
            state=self.work.checkpoint,
            limits=film_limits(),
        )
        for block in blocks:
            if self.beat.lost:
                raise JobLostError
            now = time.monotonic()
            # What may be no face is kept for the end, and shown to nobody before.
            found = samples_of(of_faces(block.columns))
            self.known = Samples.joined([self.known, found])
            tracks = summarize(self.known)["tracks"]
            film_block_store(
                job=self.job, block=block, samples=found, tracks=tracks, seconds=now - last
            )
            last = now
            self.beat.move()
            if not self.has_thumbnail and len(found):
                best = int(np.argmax(found.quality - found.uncertain))
                self._picture(float(found.times[best]))
            if block.last:
                return block.truncated
            if now - began > settings.FILM_TURN_SECONDS or STOPPING.is_set():
                blocks.close()  # type: ignore[attr-defined]
                return None
        raise AssertionError("an analysis ends with a last block")

    def _picture(self, at: float) -> None:
        """Keep the frame of this time as the record's small picture."""
        self.has_thumbnail = True
        if picture := film_picture(self.path, at):
            film_thumbnail_store(media=self.job.record.media, thumbnail=picture)
