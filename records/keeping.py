"""What is deleted because its time has come, or because its owner goes.

Here files go before rows, in one transaction that holds the rows: what a crash leaves is a row
whose files are gone, which is still due and goes at the next run. Nothing depends on the sweep.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Keep, User
from records.models import Face, Media, Record, Tag
from records.services import (
    face_files,
    files_delete,
    media_files,
    media_forget_pictures,
    record_files,
)

BATCH = 100
MAX_BATCHES = 500
"""In one run of the hourly task; what is left over goes an hour later."""

FAILED_KEPT = timedelta(hours=24)
"""So long a failed recognition can be tried again though its picture is not to be kept."""


def media_delete_due() -> int:
    """Delete media whose time has come, with their records; returns how many."""
    deleted = 0
    for _ in range(MAX_BATCHES):
        batch = media_delete_batch(media=Media.objects.filter(delete_at__lte=timezone.now()))
        if not batch:
            break
        deleted += batch
    return deleted


def media_forget_due() -> int:
    """Delete pictures that were not to be kept and are still there: a crash came between.

    Those of records that still wait are needed, those of failed ones a while longer.
    """
    open_records = Record.objects.filter(media=OuterRef("pk")).exclude(state=Record.State.DONE)
    pending = (
        Media.objects.exclude(keep=Keep.ALL)
        .exclude(original="")
        .filter(~Exists(open_records), Exists(Record.objects.filter(media=OuterRef("pk"))))
    )
    return media_forget(media=pending)


def media_forget(*, media: QuerySet[Media]) -> int:
    """Delete the pictures of these media that their owners did not want kept."""
    forgotten = 0
    for row in list(media[: BATCH * 10]):
        with transaction.atomic():
            locked = Media.objects.select_for_update().filter(pk=row.pk).first()
            names = media_forget_pictures(media=locked) if locked else []
        files_delete(names)
        forgotten += bool(names)
    return forgotten


def media_delete_batch(*, media: QuerySet[Media]) -> int:
    """Delete the first of these media, with their records and all files; returns how many.

    Raises:
        OSError: a file cannot be deleted; its rows stay, so that it is tried again.
    """
    ids = list(media.order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0
    with transaction.atomic():
        # In the order of `record_store_faces`, so that neither waits for the other for ever.
        records = list(Record.objects.select_for_update().filter(media__in=ids).order_by("pk"))
        locked = list(Media.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
        for name in _files_of(locked, records):
            default_storage.delete(name)
        _folders_delete(ids)
        Media.objects.filter(pk__in=ids).delete()
    return len(ids)


def media_erase(user: User) -> Iterator[None]:
    """Delete all that records keep of a person, batch by batch."""
    while media_delete_batch(media=Media.objects.filter(owner=user)):
        yield
    Tag.objects.filter(owner=user).delete()
    yield


def _files_of(media: Sequence[Media], records: Sequence[Record]) -> Iterator[str]:
    for face in Face.objects.filter(record__in=records).only("crop"):
        yield from face_files(face)
    for record in records:
        yield from record_files(record)
    for row in media:
        yield from media_files(row)


def _folders_delete(ids: Sequence[UUID]) -> None:
    """An empty folder would still say that there was something; object storage has none."""
    for pk in ids:
        try:
            default_storage.delete(f"media/{pk.hex[:2]}/{pk.hex}")
        except OSError:
            continue  # a worker just wrote into it: the sweep takes its file
