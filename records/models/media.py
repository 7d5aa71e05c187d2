"""Files that people uploaded or captured, and where they lie."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Keep
from records.querysets import MediaQuerySet


def media_path(media: "Media", name: str) -> str:
    """Where a medium's files lie: all in one folder of an unguessable name."""
    return f"media/{media.pk.hex[:2]}/{media.pk.hex}/{name}"


def original_path(media: "Media", filename: str) -> str:
    return media_path(media, filename)


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
