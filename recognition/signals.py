"""Files go when their rows go, whether by a service or with their owner."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from recognition.models import FilmPiece
from records.services import files_delete


@receiver(post_delete, sender=FilmPiece)
def delete_piece_file(instance: FilmPiece, **_: Any) -> None:
    transaction.on_commit(partial(files_delete, [instance.file.name or ""]))
