"""Who may see which row. Views, tasks and commands reach guarded rows through `visible_to` only."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows with an owner."""

    owner_field = "owner"

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """The rows that are this person's own; moderators see others' in the admin alone."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(**{self.owner_field: user})


class RecordQuerySet(OwnedQuerySet):
    """Records that their owner deleted are gone for everyone, though they can still come back."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        return super().visible_to(user).filter(deleted_at__isnull=True)

    def restorable_by(self, user: "User | AnonymousUser") -> Self:
        """What this person deleted so recently that they may have it back."""
        since = timezone.now() - timedelta(seconds=settings.RECORD_UNDO_SECONDS)
        return super().visible_to(user).filter(deleted_at__gte=since)


class OfRecordQuerySet(OwnedQuerySet):
    """Rows of a record, which are deleted with it."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        return super().visible_to(user).filter(record__deleted_at__isnull=True)


class FaceQuerySet(OfRecordQuerySet):
    """Faces belong to the owner of their record."""

    owner_field = "record__owner"


class TimelineQuerySet(OfRecordQuerySet):
    """One that has no record yet is still being written, and nobody sees it."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        return super().visible_to(user).filter(record__isnull=False)


class SampleBlockQuerySet(OwnedQuerySet):
    """Blocks belong to the owner of their timeline."""

    owner_field = "timeline__owner"

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        there = {"timeline__record__isnull": False, "timeline__record__deleted_at__isnull": True}
        return super().visible_to(user).filter(**there)


class MediaQuerySet(OwnedQuerySet):
    """A medium is there as long as one of its records is."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        record = self.model._meta.get_field("records").related_model
        there = record.objects.filter(media=models.OuterRef("pk"), deleted_at__isnull=True)
        return super().visible_to(user).filter(models.Exists(there))
