"""What was shown over time."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models.media import Media
from records.models.records import Record
from records.querysets import SampleBlockQuerySet, TimelineQuerySet


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
