"""The faces of a record."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models.expressions import EXPRESSION_CHOICES
from records.models.media import media_path
from records.models.records import Record
from records.querysets import FaceQuerySet


def face_path(face: "Face", filename: str) -> str:
    return media_path(face.record.media, filename)


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
