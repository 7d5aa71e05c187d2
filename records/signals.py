"""Files go when their rows go, whether by a service, in the admin or with their owner."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from records.models import Face, Media, Record
from records.services import face_files, files_delete, media_files, record_files


@receiver(post_delete, sender=Media)
def delete_media_files(instance: Media, **_: Any) -> None:
    transaction.on_commit(partial(files_delete, media_files(instance)))


@receiver(post_delete, sender=Record)
def delete_record_files(instance: Record, **_: Any) -> None:
    transaction.on_commit(partial(files_delete, record_files(instance)))


@receiver(post_delete, sender=Face)
def delete_face_files(instance: Face, **_: Any) -> None:
    transaction.on_commit(partial(files_delete, face_files(instance)))
