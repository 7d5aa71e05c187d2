"""The only door to stored files: whoever may see the row may see its file."""

from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import quote

from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from rest_framework.exceptions import NotFound

CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
}


def file_response(request: HttpRequest, file: FieldFile, download_name: str) -> HttpResponseBase:
    """Stream a stored picture to its owner's browser.

    The type comes from the extension that we gave the file ourselves. Should a file ever hold more
    than a picture, the sandbox and `nosniff` keep a browser from running it.

    Raises:
        NotFound: there is no such file.
    """
    suffix = PurePosixPath(file.name or "").suffix
    if not file.name or suffix not in CONTENT_TYPES:
        raise NotFound
    # A stored file never changes under its name.
    etag = quote_etag(sha256(file.name.encode()).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag) or _whole(file.name, download_name)
    response["ETag"] = etag
    # A browser may keep the picture, but asks each time whether it may still show it: after a
    # deletion or a sign-out the answer is no. `private` keeps shared caches from holding faces.
    response["Cache-Control"] = "private, no-cache"
    return response


def _whole(path: str, download_name: str) -> FileResponse:
    suffix = PurePosixPath(path).suffix
    try:
        stream = default_storage.open(path)
    except FileNotFoundError as error:
        raise NotFound from error
    name = download_name.removesuffix(suffix) or "picture"
    response = FileResponse(stream, content_type=CONTENT_TYPES[suffix])
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name + suffix, safe='')}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
