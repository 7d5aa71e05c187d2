"""Media, Record, Face, Tag and Timeline: a file, one recognition of it, the faces found, an owner's
words, and what was shown over time."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce, Lower

from accounts.models import Keep
from mlcore.labels import EXPRESSIONS
from records.querysets import (
    FaceQuerySet,
    MediaQuerySet,
    OwnedQuerySet,
    RecordQuerySet,
    SampleBlockQuerySet,
    TimelineQuerySet,
)

NOT_DELETED = models.Q(deleted_at__isnull=True)
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
        PHOTO = "photo"
        VIDEO = "video"
        LIVE = "live"
        PRACTICE = "practice"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="media")
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.PICTURE)
    file_name = models.CharField(max_length=120, help_text="as the person's file was called")
    original = models.FileField(upload_to=original_path, max_length=200, blank=True)
    thumbnail = models.FileField(upload_to=original_path, max_length=200, blank=True)
    content_type = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField(help_text="of the stored file, in bytes")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    consent_at = models.DateTimeField(help_text="when the owner said that the people shown agreed")
    purpose = models.CharField(
        max_length=40, blank=True, help_text="what for, where the operator asks"
    )
    keep = models.CharField(
        max_length=16, choices=Keep, default=Keep.ALL, help_text="what stays once it is recognised"
    )
    delete_at = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="when it is deleted with its records"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MediaQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "media"
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.file_name


class Tag(models.Model):
    """A word that a person files their records under."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)
    folded = models.CharField(
        max_length=800,
        default="",
        editable=False,
        help_text="its name for comparing, see records.names",
    )

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["owner", "folded"], name="tag_unique_for_owner")
        ]

    def __str__(self) -> str:
        return self.name


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
    note = models.TextField(max_length=2000, blank=True)
    tags = models.ManyToManyField(Tag, related_name="records", blank=True)
    search_text = models.TextField(
        blank=True, editable=False, help_text="name, note and file name in small letters"
    )
    kind = models.CharField(
        max_length=16,
        choices=Media.Kind,
        default=Media.Kind.PICTURE,
        help_text="its medium's, here for lists of a hundred thousand",
    )
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
    corrected_expression = models.CharField(
        max_length=16,
        choices=EXPRESSION_CHOICES,
        blank=True,
        help_text="what a person says that the face shows which gives the expression",
    )
    corrections = models.PositiveIntegerField(
        default=0, help_text="how many of its faces a person corrected"
    )
    annotated = models.FileField(upload_to=record_path, max_length=200, blank=True)
    revision = models.PositiveIntegerField(
        default=1, help_text="grows with each edit, so that of two at once the second is told"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    recognized_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(
        null=True,
        blank=True,
        db_index=True,
        help_text="since when its owner no longer sees it; soon after it goes for good",
    )

    objects = RecordQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        # One for each order of records.ordering, see there.
        indexes = [
            models.Index(
                "owner",
                models.F("created_at").desc(),
                models.F("id").desc(),
                # What is filtered by: read from the index, the 99,999 records that do not fit cost
                # a few milliseconds, and seconds where each is looked up.
                *("kind", "state", "expression", "corrected_expression", "corrections"),
                *("uncertain", "face_count", "probability", "model_version"),
                name="record_owner_newest",
                condition=NOT_DELETED,
            ),
            models.Index(
                "owner", Lower("name"), "id", name="record_owner_name", condition=NOT_DELETED
            ),
            models.Index(
                "owner",
                Coalesce("probability", -1.0),
                "id",
                name="record_owner_surest",
                condition=NOT_DELETED,
            ),
            models.Index(
                "owner",
                Coalesce("probability", 2.0),
                "id",
                name="record_owner_least_sure",
                condition=NOT_DELETED,
            ),
        ]

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
    corrected_expression = models.CharField(
        max_length=16,
        choices=EXPRESSION_CHOICES,
        blank=True,
        help_text="what a person says it shows; the machine's answer stays beside it",
    )
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="corrections"
    )
    corrected_at = models.DateTimeField(null=True, blank=True)
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


class Timeline(models.Model):
    """What faces showed over a stretch of time: before a camera, or in a video.

    Its samples lie in blocks of columns, see `records.timelines`: an hour of a face has tens of
    thousands, and none of them is ever asked for alone. A timeline without a record is still being
    written, and nobody sees it. The samples stay as they were recognised: what the person does to
    tracks and smoothing is noted beside them and done again whenever they are read.
    """

    class Smoothing(models.TextChoices):
        NONE = "none"
        LITTLE = "little"
        MUCH = "much"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="timelines")
    media = models.ForeignKey(Media, models.CASCADE, related_name="timelines")
    record = models.OneToOneField(
        Record, models.CASCADE, null=True, blank=True, related_name="timeline"
    )
    duration = models.FloatField(default=0.0, help_text="in seconds")
    width = models.PositiveIntegerField(default=0, help_text="of the frames, in pixels")
    height = models.PositiveIntegerField(default=0)
    sample_count = models.PositiveIntegerField(default=0)
    tracks = models.JSONField(
        default=list, help_text="of each face that was followed: number, times, samples, expression"
    )
    marks = models.JSONField(default=list, help_text="moments that the person marked: time, label")
    practice = models.JSONField(
        null=True, blank=True, help_text="the rounds, where it is of practice"
    )
    summary = models.JSONField(null=True, blank=True, help_text="see records.timelines.summarize")
    smoothing = models.CharField(max_length=16, choices=Smoothing, default=Smoothing.NONE)
    edits = models.JSONField(
        default=dict, help_text="of its tracks: names, hidden, merged; see records.films"
    )
    segments = models.JSONField(
        default=list, help_text="stretches that the person named: id, name, start, end"
    )
    frame_rate = models.FloatField(default=0.0, help_text="of a film; 0 for others")
    cuts = models.JSONField(default=list, help_text="of a film: when its shots begin")
    truncated = models.BooleanField(default=False, help_text="not all of the film could be read")
    film = models.JSONField(
        null=True,
        blank=True,
        help_text="of the annotated film: state, progress, options; the file is the record's",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TimelineQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.sample_count} samples in {self.duration:.0f} s"


class SampleBlock(models.Model):
    """Some samples of a timeline that follow one another."""

    timeline = models.ForeignKey(Timeline, models.CASCADE, related_name="blocks")
    index = models.PositiveIntegerField(help_text="its place in the timeline, from 0")
    start = models.FloatField(help_text="time of its first sample, in seconds")
    end = models.FloatField(help_text="time of its last sample")
    count = models.PositiveIntegerField()
    data = models.BinaryField(help_text="columns, see records.timelines")

    objects = SampleBlockQuerySet.as_manager()

    class Meta:
        ordering = ("timeline", "index")
        constraints = [
            models.UniqueConstraint(
                fields=["timeline", "index"], name="sample_block_unique_in_timeline"
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} samples from {self.start:.1f} s"
