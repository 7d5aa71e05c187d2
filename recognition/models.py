"""The job, the one truth about a piece of work; live sessions; films on their way; and the models
that recognise."""

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models

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
        PICTURE = "picture", "recognise a picture"
        FILM = "film", "analyse a film"
        MAKING = "making", "make an annotated film"

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs")
    record = models.ForeignKey(Record, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.PICTURE)
    options = models.JSONField(default=dict, blank=True, help_text="of a film that is made")
    detector = models.CharField(
        max_length=40, blank=True, help_text="that was asked for; empty: the setting DETECTOR"
    )
    model = models.CharField(
        max_length=130,
        blank=True,
        help_text="that was asked for, NAME@VERSION; empty: the active one when it is done",
    )
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    progress = models.FloatField(default=0.0, help_text="from 0 to 1")
    attempts = models.PositiveSmallIntegerField(default=0)
    forgiven = models.PositiveSmallIntegerField(
        default=0, help_text="attempts that do not count, since the work came on in or after them"
    )
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    rung_at = models.DateTimeField(help_text="when the bell was last rung")
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OfRecordQuerySet.as_manager()

    class Meta:
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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="live_sessions"
    )
    timeline = models.OneToOneField(Timeline, models.CASCADE, related_name="live_session")
    record = models.OneToOneField(
        Record, models.CASCADE, null=True, blank=True, related_name="live_session"
    )
    detector = models.CharField(max_length=40)
    model = models.CharField(max_length=130, help_text="that recognises it, NAME@VERSION")
    next_sequence = models.PositiveIntegerField(
        default=0, help_text="of the samples that are to come next"
    )
    restarts = models.PositiveIntegerField(
        default=0, help_text="how often the tracking had to begin anew, its state being lost"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(help_text="when a frame or samples last came, to half a minute")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = LiveSessionQuerySet.as_manager()

    class Meta:
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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="film_uploads")
    record = models.OneToOneField(
        Record, models.CASCADE, null=True, blank=True, related_name="film_upload"
    )
    file_name = models.CharField(max_length=120)
    name = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField(help_text="of the whole film, in bytes")
    offset = models.PositiveBigIntegerField(default=0, help_text="so many bytes are there")
    rate = models.FloatField(help_text="samples a second; 0 for every frame")
    detector = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(max_length=40, blank=True)
    keep = models.CharField(max_length=16, blank=True)
    consent_at = models.DateTimeField(help_text="when the owner said that the people shown agreed")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="when it goes if it was not finished")
    finishing_until = models.DateTimeField(
        null=True, blank=True, help_text="until then a web process has it in hand"
    )

    objects = OwnedQuerySet.as_manager()

    class Meta:
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

    upload = models.ForeignKey(FilmUpload, models.CASCADE, related_name="pieces")
    start = models.PositiveBigIntegerField(help_text="the place of its first byte in the film")
    size = models.PositiveIntegerField()
    file = models.FileField(upload_to=piece_path, max_length=200)

    objects = FilmPieceQuerySet.as_manager()

    class Meta:
        ordering = ("upload", "start")
        constraints = [
            models.UniqueConstraint(fields=["upload", "start"], name="film_piece_unique_in_upload")
        ]

    def __str__(self) -> str:
        return f"{self.size} bytes from {self.start}"


class FilmWork(models.Model):
    """How far the analysis of a film is; with it another worker goes on where one was lost."""

    job = models.OneToOneField(Job, models.CASCADE, related_name="film")
    rate = models.FloatField(help_text="samples a second; 0 for every frame")
    detector = models.CharField(max_length=40, blank=True, help_text="that it was begun with")
    model = models.CharField(
        max_length=130, blank=True, help_text="that it was begun with, NAME@VERSION"
    )
    duration = models.FloatField(help_text="of the film, in seconds")
    truncated = models.BooleanField(
        default=False, help_text="not all of the film could be read when it came in"
    )
    checkpoint = models.JSONField(
        null=True, blank=True, help_text="where to go on, see mlcore.films.analysis.Block.state"
    )
    done_seconds = models.FloatField(default=0.0, help_text="of the film")
    frames = models.PositiveIntegerField(default=0)
    faces = models.PositiveIntegerField(default=0)
    worked_seconds = models.FloatField(default=0.0, help_text="by the clock, in all attempts")

    objects = FilmWorkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.done_seconds:.0f} of {self.duration:.0f} s"


class FilmBlock(models.Model):
    """Samples of a film whose analysis goes on; once it is done they are its timeline's."""

    work = models.ForeignKey(FilmWork, models.CASCADE, related_name="blocks")
    index = models.PositiveIntegerField(help_text="its place in the film, from 0")
    data = models.BinaryField(help_text="see mlcore.films.columns.Columns.to_bytes")

    objects = FilmBlockQuerySet.as_manager()

    class Meta:
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

    name = models.CharField(max_length=60)
    version = models.CharField(max_length=60)
    folder = models.CharField(max_length=500)
    metadata = models.JSONField(help_text="the model's metadata.json")
    is_present = models.BooleanField(default=True, help_text="its folder was there when last seen")
    found_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = (models.F("activated_at").desc(nulls_last=True), "name", "-version")
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="trained_model_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
