"""Housekeeping of records."""

from celery import shared_task

from records.keeping import media_delete_due, media_forget_due
from records.services import (
    discarded_records_delete,
    orphaned_files_delete,
    unused_tags_delete,
)


@shared_task
def delete_orphaned_files() -> None:
    """Hourly; safe to run twice."""
    orphaned_files_delete()
    unused_tags_delete()


@shared_task
def delete_discarded_records() -> None:
    """Every few seconds; safe to run twice at once."""
    discarded_records_delete()


@shared_task
def delete_due_media() -> None:
    """Hourly; safe to run twice, also at once."""
    media_delete_due()
    media_forget_due()
