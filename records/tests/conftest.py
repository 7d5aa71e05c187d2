"""Records without a worker: rows and files as an upload leaves them."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import User
from records.models import Record
from records.services import PictureFile, media_prepare, record_create


@pytest.fixture
def make_record(db: None) -> Callable[..., Record]:
    """Makes a record; `fields` are written past the services, as a worker or the clock would."""

    def make(
        owner: User, name: str = "Somebody", file_name: str = "a.jpg", **fields: object
    ) -> Record:
        picture = PictureFile(file_name, "jpg", "image/jpeg", b"original", b"thumbnail", 400, 300)
        media = media_prepare(owner=owner, picture=picture, consent_at=timezone.now())
        record = record_create(media=media, name=name)
        if fields:
            Record.objects.filter(pk=record.pk).update(**fields)
            record.refresh_from_db()
        return record

    return make
