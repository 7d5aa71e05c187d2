"""The only door to stored files: whoever may see the row may see its file."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import quote

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
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

CHUNK = 256 * 1024


def file_response(request: HttpRequest, file: FieldFile, download_name: str) -> HttpResponseBase:
    """Stream a stored picture or film to its owner's browser, or the part of it that is asked for.

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
    response = get_conditional_response(request, etag=etag) or _content(
        request, file.name, download_name, etag
    )
    response["ETag"] = etag
    # A browser may keep the picture, but asks each time whether it may still show it: after a
    # deletion or a sign-out the answer is no. `private` keeps shared caches from holding faces.
    response["Cache-Control"] = "private, no-cache"
    return response


def _content(request: HttpRequest, path: str, download_name: str, etag: str) -> HttpResponseBase:
    suffix = PurePosixPath(path).suffix
    try:
        stream = default_storage.open(path)
    except FileNotFoundError as error:
        raise NotFound from error
    size = stream.size
    # A part of another version than the browser has would not fit to what it has.
    wanted = None
    if request.headers.get("If-Range", etag) == etag:
        wanted = _range(request.headers.get("Range", ""), size)
    response: HttpResponseBase
    if wanted is None:
        response = FileResponse(stream, content_type=CONTENT_TYPES[suffix])
    elif not wanted:
        stream.close()
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
    else:
        part = _Part(stream, wanted)
        response = StreamingHttpResponse(part, status=206, content_type=CONTENT_TYPES[suffix])
        response["Content-Length"] = str(len(wanted))
        response["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    name = download_name.removesuffix(suffix) or "picture"
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name + suffix, safe='')}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _range(header: str, size: int) -> range | None:
    """Which bytes are wanted (RFC 9110, 14.1.2): None for all of them, an empty range for some that
    are not there. Several parts at once are answered with all."""
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.strip())
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1) if last else size)


class _Part:
    """Some bytes of a file, which is closed with the response."""

    def __init__(self, stream: "File[bytes]", wanted: range) -> None:
        self._stream, self._wanted = stream, wanted

    def __iter__(self) -> Iterator[bytes]:
        self._stream.seek(self._wanted.start)
        left = len(self._wanted)
        while left and (chunk := self._stream.read(min(left, CHUNK))):
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self._stream.close()
