"""Deletion, which its owner can take back for a moment, and then for good."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from records.models import Media, Record
from records.services.editing import unused_tags_delete

BATCH = 100


def records_discard(*, owner: User, ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Hide a person's records, with all that belongs to them, from everyone, at once.

    Within `RECORD_UNDO_SECONDS` the person can have them back, see `records_restore`; soon after
    that `discarded_records_delete` deletes them for good. A recognition that is under way goes on,
    so that a record that comes back is whole.

    Returns:
        Which: ids that are not theirs, or not there, are left out.
    """
    return _mark(Record.objects.visible_to(owner), ids, timezone.now())


def records_restore(*, owner: User, ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Bring a person's records back that they have just deleted.

    Returns:
        Which: those for which it is too late are left out.
    """
    return _mark(Record.objects.restorable_by(owner), ids, None)


def discarded_records_delete() -> int:
    """Delete for good what nobody can have back any more; returns how many records.

    Safe to run twice at once, and at any time: what comes back meanwhile is not deleted.
    """
    due = timezone.now() - timedelta(seconds=settings.RECORD_UNDO_SECONDS)
    deleted = 0
    while True:
        with transaction.atomic():
            # Locked by a worker that is storing faces, it goes next time.
            rows = Record.objects.select_for_update(skip_locked=True).filter(deleted_at__lt=due)
            records = list(rows[:BATCH])
            _delete(records)
        unused_tags_delete(owners={record.owner_id for record in records})
        deleted += len(records)
        if len(records) < BATCH:
            return deleted


def record_delete(*, record: Record) -> None:
    """Delete a record for good, with its faces, and its medium if no other record is of it.

    `records.signals` deletes the files once the rows are gone.
    """
    with transaction.atomic():
        _delete(list(Record.objects.select_for_update().filter(pk=record.pk)))
    unused_tags_delete(owners={record.owner_id})


def _mark(rows, ids: Collection[uuid.UUID], deleted_at: datetime | None) -> list[uuid.UUID]:  # type: ignore[no-untyped-def]
    with transaction.atomic():
        found = set(rows.select_for_update().filter(pk__in=ids).values_list("pk", flat=True))
        Record.objects.filter(pk__in=found).update(deleted_at=deleted_at)
    return [pk for pk in dict.fromkeys(ids) if pk in found]


def _delete(records: list[Record]) -> None:
    """Delete records, which are locked, and the media that have no other."""
    media = {record.media_id for record in records}
    # Locked, so that of two records of one medium that go at once the second takes it along.
    list(Media.objects.select_for_update().filter(pk__in=media).order_by("pk").values_list("pk"))
    others = Record.objects.filter(media__in=media).exclude(pk__in=[row.pk for row in records])
    shared = set(others.values_list("media_id", flat=True))
    Record.objects.filter(pk__in=[row.pk for row in records if row.media_id in shared]).delete()
    Media.objects.filter(pk__in=media - shared).delete()
