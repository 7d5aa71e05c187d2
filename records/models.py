"""Media, Record, Face, Tag and Timeline: a file, one recognition of it, the faces found, an owner's
words, and what was shown over time."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

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
EXPRESSION_NAMES = {
    "angry": _("Angry"),
    "disgust": _("Disgust"),
    "fear": _("Fear"),
    "happy": _("Happy"),
    "sad": _("Sad"),
    "surprise": _("Surprise"),
    "neutral": _("Neutral"),
}
EXPRESSION_CHOICES = [(name, EXPRESSION_NAMES[name]) for name in EXPRESSIONS]


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
        PICTURE = "picture", _("Picture")
        PHOTO = "photo", _("Photo")
        VIDEO = "video", _("Video")
        LIVE = "live", _("Live")
        PRACTICE = "practice", _("Practice")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="media"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.PICTURE)
    file_name = models.CharField(
        _("file name"), max_length=120, help_text=_("as the person's file was called")
    )
    original = models.FileField(_("original"), upload_to=original_path, max_length=200, blank=True)
    thumbnail = models.FileField(
        _("thumbnail"), upload_to=original_path, max_length=200, blank=True
    )
    content_type = models.CharField(_("content type"), max_length=40)
    size = models.PositiveBigIntegerField(_("size"), help_text=_("of the stored file, in bytes"))
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    consent_at = models.DateTimeField(
        _("consent at"), help_text=_("when the owner said that the people shown agreed")
    )
    purpose = models.CharField(
        _("purpose"), max_length=40, blank=True, help_text=_("what for, where the operator asks")
    )
    keep = models.CharField(
        _("keep"),
        max_length=16,
        choices=Keep,
        default=Keep.ALL,
        help_text=_("what stays once it is recognised"),
    )
    delete_at = models.DateTimeField(
        _("delete at"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("when it is deleted with its records"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = MediaQuerySet.as_manager()

    class Meta:
        verbose_name = _("media")
        verbose_name_plural = _("media")
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.file_name


class Tag(models.Model):
    """A word that a person files their records under."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="tags"
    )
    name = models.CharField(_("name"), max_length=40)
    folded = models.CharField(
        _("folded"),
        max_length=800,
        default="",
        editable=False,
        help_text=_("its name for comparing, see records.names"),
    )

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
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
        QUEUED = "queued", _("Queued")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="records"
    )
    media = models.ForeignKey(
        Media, models.CASCADE, verbose_name=_("media"), related_name="records"
    )
    name = models.CharField(_("name"), max_length=120)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), related_name="records", blank=True)
    search_text = models.TextField(
        _("search text"),
        blank=True,
        editable=False,
        help_text=_("name, note and file name in small letters"),
    )
    kind = models.CharField(
        _("kind"),
        max_length=16,
        choices=Media.Kind,
        default=Media.Kind.PICTURE,
        help_text=_("its medium's, here for lists of a hundred thousand"),
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.QUEUED)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    error_detail = models.CharField(_("error detail"), max_length=300, blank=True)
    detector = models.CharField(_("detector"), max_length=40, blank=True)
    model_name = models.CharField(_("model name"), max_length=60, blank=True)
    model_version = models.CharField(_("model version"), max_length=60, blank=True)
    face_count = models.PositiveIntegerField(_("face count"), null=True, blank=True)
    # The strongest expression over all faces, kept here so that a list needs no second query. One
    # that can be relied on goes before all that cannot.
    expression = models.CharField(
        _("expression"), max_length=16, choices=EXPRESSION_CHOICES, blank=True
    )
    probability = models.FloatField(_("probability"), null=True, blank=True)
    uncertain = models.BooleanField(
        _("uncertain"), default=False, help_text=_("the expression is not to be relied on")
    )
    corrected_expression = models.CharField(
        _("corrected expression"),
        max_length=16,
        choices=EXPRESSION_CHOICES,
        blank=True,
        help_text=_("what a person says that the face shows which gives the expression"),
    )
    corrections = models.PositiveIntegerField(
        _("corrections"), default=0, help_text=_("how many of its faces a person corrected")
    )
    annotated = models.FileField(_("annotated"), upload_to=record_path, max_length=200, blank=True)
    revision = models.PositiveIntegerField(
        _("revision"),
        default=1,
        help_text=_("grows with each edit, so that of two at once the second is told"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    recognized_at = models.DateTimeField(_("recognized at"), null=True, blank=True)
    deleted_at = models.DateTimeField(
        _("deleted at"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("since when its owner no longer sees it; soon after it goes for good"),
    )

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("records")
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

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    # Without an index of its own: two below begin with it.
    record = models.ForeignKey(
        Record, models.CASCADE, verbose_name=_("record"), related_name="faces", db_index=False
    )
    index = models.PositiveSmallIntegerField(
        _("index"), help_text=_("its place in the record, from 0")
    )
    x = models.PositiveIntegerField(_("x"))
    y = models.PositiveIntegerField(_("y"))
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    detection_score = models.FloatField(
        _("detection score"), help_text=_("the detector's own scale")
    )
    crop = models.FileField(_("crop"), upload_to=face_path, max_length=200)
    expression = models.CharField(_("expression"), max_length=16, choices=EXPRESSION_CHOICES)
    probability = models.FloatField(
        _("probability"), validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    probabilities = models.JSONField(
        _("probabilities"), help_text=_("expression: probability, adding up to 1")
    )
    quality = models.FloatField(
        _("quality"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("of its picture, from 0 to 1; empty for faces from before it was measured"),
    )
    quality_issues = models.JSONField(
        _("quality issues"),
        default=list,
        blank=True,
        help_text=_("what is wrong with its picture, the worst first"),
    )
    uncertain = models.BooleanField(
        _("uncertain"), default=False, help_text=_("the expression is not to be relied on")
    )
    corrected_expression = models.CharField(
        _("corrected expression"),
        max_length=16,
        choices=EXPRESSION_CHOICES,
        blank=True,
        help_text=_("what a person says it shows; the machine's answer stays beside it"),
    )
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("corrected by"),
        null=True,
        blank=True,
        related_name="corrections",
    )
    corrected_at = models.DateTimeField(_("corrected at"), null=True, blank=True)
    explanation = models.JSONField(
        _("explanation"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("what the answer rests on, once somebody asked; see recognition.explanations"),
    )

    objects = FaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("face")
        verbose_name_plural = _("faces")
        ordering = ("record", "index")
        constraints = [
            models.UniqueConstraint(fields=["record", "index"], name="face_unique_in_record")
        ]
        indexes = [
            # What `records.statistics` counts is read from the index alone.
            models.Index(
                fields=[
                    *("record", "expression", "corrected_expression", "uncertain"),
                    "probability",
                ],
                name="face_counted",
            )
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
        NONE = "none", _("None")
        LITTLE = "little", _("Little")
        MUCH = "much", _("Much")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="timelines"
    )
    media = models.ForeignKey(
        Media, models.CASCADE, verbose_name=_("media"), related_name="timelines"
    )
    record = models.OneToOneField(
        Record,
        models.CASCADE,
        verbose_name=_("record"),
        null=True,
        blank=True,
        related_name="timeline",
    )
    duration = models.FloatField(_("duration"), default=0.0, help_text=_("in seconds"))
    width = models.PositiveIntegerField(
        _("width"), default=0, help_text=_("of the frames, in pixels")
    )
    height = models.PositiveIntegerField(_("height"), default=0)
    sample_count = models.PositiveIntegerField(_("sample count"), default=0)
    tracks = models.JSONField(
        _("tracks"),
        default=list,
        help_text=_("of each face that was followed: number, times, samples, expression"),
    )
    marks = models.JSONField(
        _("marks"), default=list, help_text=_("moments that the person marked: time, label")
    )
    practice = models.JSONField(
        _("practice"), null=True, blank=True, help_text=_("the rounds, where it is of practice")
    )
    summary = models.JSONField(
        _("summary"), null=True, blank=True, help_text=_("see records.timelines.summarize")
    )
    smoothing = models.CharField(
        _("smoothing"), max_length=16, choices=Smoothing, default=Smoothing.NONE
    )
    edits = models.JSONField(
        _("edits"),
        default=dict,
        help_text=_("of its tracks: names, hidden, merged; see records.films"),
    )
    segments = models.JSONField(
        _("segments"),
        default=list,
        help_text=_("stretches that the person named: id, name, start, end"),
    )
    frame_rate = models.FloatField(
        _("frame rate"), default=0.0, help_text=_("of a film; 0 for others")
    )
    cuts = models.JSONField(_("cuts"), default=list, help_text=_("of a film: when its shots begin"))
    truncated = models.BooleanField(
        _("truncated"), default=False, help_text=_("not all of the film could be read")
    )
    film = models.JSONField(
        _("film"),
        null=True,
        blank=True,
        help_text=_("of the annotated film: state, progress, options; the file is the record's"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = TimelineQuerySet.as_manager()

    class Meta:
        verbose_name = _("timeline")
        verbose_name_plural = _("timelines")
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.sample_count} samples in {self.duration:.0f} s"


class SampleBlock(models.Model):
    """Some samples of a timeline that follow one another."""

    timeline = models.ForeignKey(
        Timeline, models.CASCADE, verbose_name=_("timeline"), related_name="blocks"
    )
    index = models.PositiveIntegerField(
        _("index"), help_text=_("its place in the timeline, from 0")
    )
    start = models.FloatField(_("start"), help_text=_("time of its first sample, in seconds"))
    end = models.FloatField(_("end"), help_text=_("time of its last sample"))
    count = models.PositiveIntegerField(_("count"))
    data = models.BinaryField(_("data"), help_text=_("columns, see records.timelines"))

    objects = SampleBlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("sample block")
        verbose_name_plural = _("sample blocks")
        ordering = ("timeline", "index")
        constraints = [
            models.UniqueConstraint(
                fields=["timeline", "index"], name="sample_block_unique_in_timeline"
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} samples from {self.start:.1f} s"
