"""People, what they chose, what they consented to, their tokens, and who looked at what."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.querysets import AuditQuerySet, PersonalQuerySet


class Keep(models.TextChoices):
    """What of an upload stays once it is recognised."""

    ALL = "all", _("pictures and results")
    THUMBNAILS = "thumbnails", _("results and small pictures")
    RESULTS = "results", _("results only")


class User(AbstractUser):
    """A person with an account; our own class from the first migration, so that it can grow.

    Signing up and in goes through allauth, which holds the limits on names and passwords. The
    fields of our own are the person's settings; an empty one leaves the choice to the product.
    """

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        CHINESE = "zh-hans", "简体中文"

    class Theme(models.TextChoices):
        SYSTEM = "system", _("as the device")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    display_name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=Language, blank=True)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.SYSTEM)
    detector = models.CharField(
        _("face detector"), max_length=40, blank=True, help_text=_("empty: the site's own")
    )
    keep = models.CharField(_("what to keep"), max_length=16, choices=Keep, default=Keep.ALL)
    keep_days = models.PositiveIntegerField(
        _("days to keep records"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)],
        help_text=_("after which they are deleted whole; empty: until the person deletes them"),
    )
    erase_at = models.DateTimeField(
        _("erase at"),
        null=True,
        blank=True,
        editable=False,
        db_index=True,
        help_text=_("set: the account is being deleted, and from then on whoever comes may go on"),
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_unique_in_any_case",
                violation_error_message=_("This username is already taken."),
            )
        ]

    def delete_at(self, since: datetime) -> datetime | None:
        """When what this person stores at a time is to be deleted, if at any."""
        return since + timedelta(days=self.keep_days) if self.keep_days else None


class Consent(models.Model):
    """That a person agreed to a version of the notice, and when it was withdrawn.

    Rows are added and withdrawn, never changed otherwise: they are the proof.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="consents"
    )
    version = models.CharField(_("version"), max_length=20, help_text=_("of the notice, a date"))
    given_at = models.DateTimeField(_("given at"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ("-given_at", "-id")

    def __str__(self) -> str:
        return f"{self.user}: {self.version}{' (withdrawn)' * bool(self.withdrawn_at)}"


class ApiToken(models.Model):
    """A key with which a person's program calls the API; only its digest is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="api_tokens"
    )
    name = models.CharField(_("name"), max_length=60)
    hint = models.CharField(
        _("hint"), max_length=12, help_text=_("the key's beginning, to tell it by")
    )
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class AuditEntry(models.Model):
    """Who looked at or changed what is not theirs; nobody changes or deletes an entry.

    It names people by text beside the reference, which a deleted account empties.
    """

    at = models.DateTimeField(_("at"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("actor"),
        null=True,
        related_name="audit_entries",
    )
    actor_name = models.CharField(_("actor name"), max_length=150)
    action = models.CharField(
        _("action"), max_length=40, help_text=_("as viewed, changed, deleted")
    )
    object_type = models.CharField(_("object type"), max_length=60)
    object_id = models.CharField(_("object id"), max_length=64)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("owner"),
        null=True,
        related_name="audited",
        help_text=_("whose it was"),
    )
    detail = models.CharField(_("detail"), max_length=300, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        ordering = ("-at", "-id")
        verbose_name_plural = _("audit entries")
        indexes = [models.Index(fields=["owner", "-at"], name="audit_owner_newest")]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.object_type} {self.object_id}"


class DataExport(models.Model):
    """A ZIP of everything that is kept of a person, made in the background.

    queued -> running -> done or failed. As with a job, the row is the truth and the broker a bell:
    one whose lease ran out, because its bell or its worker got lost, is rung again.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("user"),
        related_name="data_exports",
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.QUEUED)
    file = models.FileField(_("file"), upload_to="exports/", max_length=200, blank=True)
    size = models.PositiveBigIntegerField(_("size"), null=True, blank=True, help_text=_("in bytes"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(
        _("lease until"),
        null=True,
        blank=True,
        help_text=_("of an open one: after this it is rung again"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True, db_index=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = _("data export")
        verbose_name_plural = _("data exports")
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(state__in=["queued", "running"]),
                name="data_export_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.created_at:%Y-%m-%d %H:%M}"
