"""The job, the one truth about a piece of work; live sessions; and the models that recognise."""

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models

from records.models import Record, Timeline
from records.querysets import OfRecordQuerySet, OwnedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class LiveSessionQuerySet(OwnedQuerySet):
    """A session is its owner's alone; one that is over is there through its record."""

    def open_to(self, user: "User | AnonymousUser") -> Self:
        """Those that this person may send frames and samples to."""
        return self.visible_to(user).filter(finished_at__isnull=True)


class Job(models.Model):
    """A recognition to be done, under way or over.

        queued ──claim──> running ──finish──> done
          ^                  │ │
          │    lease ran out │ └───fail─────> failed
          └──────────────────┘                  │
          ^                                     │ retry
          └─────────────────────────────────────┘

    The broker is only a bell that says "look at this row". A worker that answers claims the row:
    it takes a lease and counts an attempt. Every later write of that worker names its attempt, so
    one that was thought dead and comes back changes nothing. A bell that got lost and a lease that
    ran out are noticed by `services.jobs_ring_again`; after `JOB_MAX_ATTEMPTS` claims the job
    fails with `worker_lost`, because what kills three workers will kill the fourth.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs")
    record = models.ForeignKey(Record, models.CASCADE, related_name="jobs")
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
