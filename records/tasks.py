"""Housekeeping of records."""

from celery import shared_task

from records.services import orphaned_files_delete


@shared_task
def delete_orphaned_files() -> None:
    """Hourly; safe to run twice."""
    orphaned_files_delete()
