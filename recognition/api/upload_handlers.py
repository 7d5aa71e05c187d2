"""Stops an upload that is too large while it comes in, before it fills memory or disk."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler

from recognition.uploads import too_large_error
from records.names import safe_file_name


class PictureSizeLimit(FileUploadHandler):
    """Counts the bytes of each file on its way to Django's own handlers.

    Raises:
        UploadError: a file has grown beyond `PICTURE_MAX_BYTES`.
    """

    received = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.PICTURE_MAX_BYTES:
            raise too_large_error(safe_file_name(self.file_name))
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None  # the next handler keeps the file
