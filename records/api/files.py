"""The only door to stored files: whoever may see the row may see its file."""

from pathlib import PurePosixPath
from urllib.parse import quote

from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from django.http import FileResponse
from rest_framework.exceptions import NotFound

CONTENT_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


def file_response(file: FieldFile, download_name: str) -> FileResponse:
    """Stream a stored picture to its owner's browser.

    The type comes from the extension that we gave the file ourselves. Should a file ever hold more
    than a picture, the sandbox and `nosniff` keep a browser from running it.

    Raises:
        NotFound: there is no such file.
    """
    suffix = PurePosixPath(file.name or "").suffix
    if not file.name or suffix not in CONTENT_TYPES:
        raise NotFound
    try:
        stream = default_storage.open(file.name)
    except FileNotFoundError as error:
        raise NotFound from error
    response = FileResponse(stream, content_type=CONTENT_TYPES[suffix])
    name = PurePosixPath(download_name).stem or "picture"
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name + suffix, safe='')}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # A file never changes under its address; `private` keeps shared caches from holding faces.
    response["Cache-Control"] = "private, max-age=3600"
    return response
