"""One recognition of one medium, and an owner's words for it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from records.models.expressions import EXPRESSION_CHOICES
from records.models.media import Media, media_path
from records.querysets import OwnedQuerySet, RecordQuerySet

NOT_DELETED = models.Q(deleted_at__isnull=True)


def record_path(record: "Record", filename: str) -> str:
    return media_path(record.media, filename)


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
