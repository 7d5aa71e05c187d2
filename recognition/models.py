"""The job, the one truth about a piece of work; live sessions; films on their way; and the models
that recognise."""

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import Record, Timeline
from records.querysets import OfRecordQuerySet, OwnedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class FilmPieceQuerySet(OwnedQuerySet):
    """Pieces belong to the owner of their upload."""

    owner_field = "upload__owner"


class FilmWorkQuerySet(OwnedQuerySet):
    """What is known of a film's work belongs to the owner of its job."""

    owner_field = "job__owner"


class FilmBlockQuerySet(OwnedQuerySet):
    """Blocks belong to the owner of their work's job."""

    owner_field = "work__job__owner"


class LiveSessionQuerySet(OwnedQuerySet):
    """A session is its owner's alone; one that is over is there through its record."""

    def open_to(self, user: "User | AnonymousUser") -> Self:
        """Those that this person may send frames and samples to."""
        return self.visible_to(user).filter(finished_at__isnull=True)


class Job(models.Model):
    """A piece of work to be done, under way or over: see `Kind`.

        queued ──claim──> running ──finish──> done
          ^                  │ │
          │    lease ran out │ └───fail─────> failed
          └──────────────────┘                  │
          ^                                     │ retry
          └─────────────────────────────────────┘

    What is queued or running and of a film may be cancelled, too.

    The broker is only a bell that says "look at this row". A worker that answers claims the row:
    it takes a lease and counts an attempt. Every later write of that worker names its attempt, so
    one that was thought dead and comes back changes nothing. A bell that got lost and a lease that
    ran out are noticed by `services.jobs_ring_again`; after `JOB_MAX_ATTEMPTS` claims the job
    fails with `worker_lost`, because what kills three workers will kill the fourth. Claims after
    which a film came on do not count.
    """

    class Kind(models.TextChoices):
        PICTURE = "picture", _("recognise a picture")
        FILM = "film", _("analyse a film")
        MAKING = "making", _("make an annotated film")

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="jobs"
    )
    record = models.ForeignKey(
        Record, models.CASCADE, verbose_name=_("record"), related_name="jobs"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.PICTURE)
    options = models.JSONField(
        _("options"), default=dict, blank=True, help_text=_("of a film that is made")
    )
    detector = models.CharField(
        _("detector"),
        max_length=40,
        blank=True,
        help_text=_("that was asked for; empty: the setting DETECTOR"),
    )
    model = models.CharField(
        _("model"),
        max_length=130,
        blank=True,
        help_text=_("that was asked for, NAME@VERSION; empty: the active one when it is done"),
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.QUEUED)
    progress = models.FloatField(_("progress"), default=0.0, help_text=_("from 0 to 1"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    forgiven = models.PositiveSmallIntegerField(
        _("forgiven"),
        default=0,
        help_text=_("attempts that do not count, since the work came on in or after them"),
    )
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    error_detail = models.CharField(_("error detail"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    rung_at = models.DateTimeField(_("rung at"), help_text=_("when the bell was last rung"))
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = OfRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="job_owner_newest"),
            # Finished jobs, nearly all, are not in it: the sweep reads the open ones only.
            models.Index(
                fields=["state", "rung_at"],
                name="job_open",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record} ({self.state})"


class LiveSession(models.Model):
    """Somebody's camera, seen through the API while it is on.

        open ──finish──> finished, with a record
          │ └──hourly, when nobody was seen for `LIVE_IDLE_SECONDS` and there are samples──^
          └──delete, or the same without samples──> gone, and nothing is kept

    Frames leave no trace here: what they showed goes back to the browser, which sends the samples
    that are to be kept. What must be known from one frame to the next is in the cache, see
    `recognition.live.sessions`. The timeline and its medium are there from the start, hidden, and
    become the record's.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("owner"),
        related_name="live_sessions",
    )
    timeline = models.OneToOneField(
        Timeline, models.CASCADE, verbose_name=_("timeline"), related_name="live_session"
    )
    record = models.OneToOneField(
        Record,
        models.CASCADE,
        verbose_name=_("record"),
        null=True,
        blank=True,
        related_name="live_session",
    )
    detector = models.CharField(_("detector"), max_length=40)
    model = models.CharField(
        _("model"), max_length=130, help_text=_("that recognises it, NAME@VERSION")
    )
    next_sequence = models.PositiveIntegerField(
        _("next sequence"), default=0, help_text=_("of the samples that are to come next")
    )
    restarts = models.PositiveIntegerField(
        _("restarts"),
        default=0,
        help_text=_("how often the tracking had to begin anew, its state being lost"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    seen_at = models.DateTimeField(
        _("seen at"), help_text=_("when a frame or samples last came, to half a minute")
    )
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = LiveSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("live session")
        verbose_name_plural = _("live sessions")
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(
                fields=["owner", "seen_at"],
                name="live_session_open",
                condition=models.Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner}, {self.created_at:%Y-%m-%d %H:%M}"


class FilmUpload(models.Model):
    """A film that comes in pieces.

        uploading ──last piece, and it is a film──> handed over, with a record and a job
          └──cancelled, no film, or not finished in time──> gone, and nothing is kept

    A piece is a file of its own, stored before its row: whatever dies in between, `offset` says
    what is there, and two that send the same piece at once store it once.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("owner"),
        related_name="film_uploads",
    )
    record = models.OneToOneField(
        Record,
        models.CASCADE,
        verbose_name=_("record"),
        null=True,
        blank=True,
        related_name="film_upload",
    )
    file_name = models.CharField(_("file name"), max_length=120)
    name = models.CharField(_("name"), max_length=120, blank=True)
    size = models.PositiveBigIntegerField(_("size"), help_text=_("of the whole film, in bytes"))
    offset = models.PositiveBigIntegerField(
        _("offset"), default=0, help_text=_("so many bytes are there")
    )
    rate = models.FloatField(_("rate"), help_text=_("samples a second; 0 for every frame"))
    detector = models.CharField(_("detector"), max_length=40, blank=True)
    purpose = models.CharField(_("purpose"), max_length=40, blank=True)
    keep = models.CharField(_("keep"), max_length=16, blank=True)
    consent_at = models.DateTimeField(
        _("consent at"), help_text=_("when the owner said that the people shown agreed")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(
        _("expires at"), help_text=_("when it goes if it was not finished")
    )
    finishing_until = models.DateTimeField(
        _("finishing until"),
        null=True,
        blank=True,
        help_text=_("until then a web process has it in hand"),
    )

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("film upload")
        verbose_name_plural = _("film uploads")
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(
                fields=["owner", "expires_at"],
                name="film_upload_open",
                condition=models.Q(record__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.file_name


def piece_path(piece: "FilmPiece", filename: str) -> str:
    """Where an upload's pieces lie: all in one folder of an unguessable name."""
    return f"films/{piece.upload_id.hex[:2]}/{piece.upload_id.hex}/{filename}"


class FilmPiece(models.Model):
    """Some bytes of an upload that follow one another."""

    upload = models.ForeignKey(
        FilmUpload, models.CASCADE, verbose_name=_("upload"), related_name="pieces"
    )
    start = models.PositiveBigIntegerField(
        _("start"), help_text=_("the place of its first byte in the film")
    )
    size = models.PositiveIntegerField(_("size"))
    file = models.FileField(_("file"), upload_to=piece_path, max_length=200)

    objects = FilmPieceQuerySet.as_manager()

    class Meta:
        verbose_name = _("film piece")
        verbose_name_plural = _("film pieces")
        ordering = ("upload", "start")
        constraints = [
            models.UniqueConstraint(fields=["upload", "start"], name="film_piece_unique_in_upload")
        ]

    def __str__(self) -> str:
        return f"{self.size} bytes from {self.start}"


class FilmWork(models.Model):
    """How far the analysis of a film is; with it another worker goes on where one was lost."""

    job = models.OneToOneField(Job, models.CASCADE, verbose_name=_("job"), related_name="film")
    rate = models.FloatField(_("rate"), help_text=_("samples a second; 0 for every frame"))
    detector = models.CharField(
        _("detector"), max_length=40, blank=True, help_text=_("that it was begun with")
    )
    model = models.CharField(
        _("model"), max_length=130, blank=True, help_text=_("that it was begun with, NAME@VERSION")
    )
    duration = models.FloatField(_("duration"), help_text=_("of the film, in seconds"))
    truncated = models.BooleanField(
        _("truncated"),
        default=False,
        help_text=_("not all of the film could be read when it came in"),
    )
    checkpoint = models.JSONField(
        _("checkpoint"),
        null=True,
        blank=True,
        help_text=_("where to go on, see mlcore.films.analysis.Block.state"),
    )
    done_seconds = models.FloatField(_("done seconds"), default=0.0, help_text=_("of the film"))
    frames = models.PositiveIntegerField(_("frames"), default=0)
    faces = models.PositiveIntegerField(_("faces"), default=0)
    worked_seconds = models.FloatField(
        _("worked seconds"), default=0.0, help_text=_("by the clock, in all attempts")
    )

    objects = FilmWorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("film work")
        verbose_name_plural = _("film works")

    def __str__(self) -> str:
        return f"{self.done_seconds:.0f} of {self.duration:.0f} s"


class FilmBlock(models.Model):
    """Samples of a film whose analysis goes on; once it is done they are its timeline's."""

    work = models.ForeignKey(
        FilmWork, models.CASCADE, verbose_name=_("work"), related_name="blocks"
    )
    index = models.PositiveIntegerField(_("index"), help_text=_("its place in the film, from 0"))
    data = models.BinaryField(_("data"), help_text=_("see mlcore.films.columns.Columns.to_bytes"))

    objects = FilmBlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("film block")
        verbose_name_plural = _("film blocks")
        ordering = ("work", "index")
        constraints = [
            models.UniqueConstraint(fields=["work", "index"], name="film_block_unique_in_work")
        ]

    def __str__(self) -> str:
        return f"block {self.index}"


class TrainedModel(models.Model):
    """A model that lies in a folder of the operator's, listed here to be seen and made active.

    The one that was activated last recognises new pictures; where none was, the setting `MODEL`
    names it. Rows are found, never uploaded: `services.models_discover` reads the folders.
    """

    name = models.CharField(_("name"), max_length=60)
    version = models.CharField(_("version"), max_length=60)
    folder = models.CharField(_("folder"), max_length=500)
    metadata = models.JSONField(_("metadata"), help_text=_("the model's metadata.json"))
    is_present = models.BooleanField(
        _("is present"), default=True, help_text=_("its folder was there when last seen")
    )
    found_at = models.DateTimeField(_("found at"), auto_now_add=True)
    activated_at = models.DateTimeField(_("activated at"), null=True, blank=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("activated by"),
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("trained model")
        verbose_name_plural = _("trained models")
        ordering = (models.F("activated_at").desc(nulls_last=True), "name", "-version")
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="trained_model_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
