"""Media, Record and Face: a file, one recognition of it, and the faces found."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from mlcore.labels import EXPRESSIONS
from records.querysets import FaceQuerySet, OwnedQuerySet

EXPRESSION_CHOICES = [(name, name.capitalize()) for name in EXPRESSIONS]


def media_path(media: "Media", name: str) -> str:
    """Where a medium's files lie: all in one folder of an unguessable name."""
    return f"media/{media.pk.hex[:2]}/{media.pk.hex}/{name}"


def original_path(media: "Media", filename: str) -> str:
    return media_path(media, filename)


def record_path(record: "Record", filename: str) -> str:
    return media_path(record.media, filename)


def face_path(face: "Face", filename: str) -> str:
    return media_path(face.record.media, filename)


class Media(models.Model):
    """An uploaded or captured file, turned upright and freed of metadata (place, camera, date)."""

    class Kind(models.TextChoices):
        PICTURE = "picture"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="media")
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.PICTURE)
    file_name = models.CharField(max_length=120, help_text="as the person's file was called")
    original = models.FileField(upload_to=original_path, max_length=200)
    thumbnail = models.FileField(upload_to=original_path, max_length=200)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(help_text="of the stored file, in bytes")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    consent_at = models.DateTimeField(help_text="when the owner said that the people shown agreed")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "media"
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.file_name


class Record(models.Model):
    """One recognition of one medium.

    `state` says how far it is for whoever looks at records; how the work goes (attempts, progress)
    is the job's business, in another room.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="records")
    media = models.ForeignKey(Media, models.CASCADE, related_name="records")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.CharField(max_length=300, blank=True)
    detector = models.CharField(max_length=40, blank=True)
    model_name = models.CharField(max_length=60, blank=True)
    model_version = models.CharField(max_length=60, blank=True)
    face_count = models.PositiveIntegerField(null=True, blank=True)
    # The strongest expression over all faces, kept here so that a list needs no second query. One
    # that can be relied on goes before all that cannot.
    expression = models.CharField(max_length=16, choices=EXPRESSION_CHOICES, blank=True)
    probability = models.FloatField(null=True, blank=True)
    uncertain = models.BooleanField(
        default=False, help_text="the expression is not to be relied on"
    )
    annotated = models.FileField(upload_to=record_path, max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    recognized_at = models.DateTimeField(null=True, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["owner", "-created_at", "-id"], name="record_owner_newest")]

    def __str__(self) -> str:
        return self.name


class Face(models.Model):
    """A face in a record: its box, its crop as the network saw it, and what it shows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.ForeignKey(Record, models.CASCADE, related_name="faces")
    index = models.PositiveSmallIntegerField(help_text="its place in the record, from 0")
    x = models.PositiveIntegerField()
    y = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    detection_score = models.FloatField(help_text="the detector's own scale")
    crop = models.FileField(upload_to=face_path, max_length=200)
    expression = models.CharField(max_length=16, choices=EXPRESSION_CHOICES)
    probability = models.FloatField(validators=[MinValueValidator(0), MaxValueValidator(1)])
    probabilities = models.JSONField(help_text="expression: probability, adding up to 1")
    quality = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="of its picture, from 0 to 1; empty for faces from before it was measured",
    )
    quality_issues = models.JSONField(
        default=list, blank=True, help_text="what is wrong with its picture, the worst first"
    )
    uncertain = models.BooleanField(
        default=False, help_text="the expression is not to be relied on"
    )
    explanation = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="what the answer rests on, once somebody asked; see recognition.explanations",
    )

    objects = FaceQuerySet.as_manager()

    class Meta:
        ordering = ("record", "index")
        constraints = [
            models.UniqueConstraint(fields=["record", "index"], name="face_unique_in_record")
        ]

    def __str__(self) -> str:
        return f"{self.expression}{'?' * self.uncertain} {self.probability:.0%}"
