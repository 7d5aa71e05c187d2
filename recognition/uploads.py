"""From uploaded bytes to a picture that is safe to keep: checked, upright, without metadata."""

import threading
from collections.abc import Sequence

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _

from mlcore.errors import PictureError
from mlcore.pictures import (
    decode_picture,
    encode_jpeg,
    encode_png,
    encode_webp,
    thumbnail,
)
from recognition.detectors import detector_choices
from recognition.errors import UploadError
from recognition.picture_problems import picture_problem
from records.names import safe_file_name
from records.services import PictureFile

THUMBNAIL_SIDE = 320
_TOO_LARGE = {"picture_too_many_pixels"}

# A large photo takes hundreds of megabytes while it is decoded: two at a time in a process.
_decoding = threading.BoundedSemaphore(2)


def check_count(files: Sequence["File[bytes]"]) -> None:
    """Raises `UploadError` unless there is a picture, and no more than an upload may hold."""
    if not files:
        raise UploadError("no_file", _("No picture was sent."))
    if len(files) > settings.PICTURES_PER_UPLOAD:
        raise UploadError(
            "too_many_files",
            _("At most %(count)s pictures go in one upload.")
            % {"count": settings.PICTURES_PER_UPLOAD},
            too_large=True,
        )


def check_detector(detector: str) -> None:
    """Raises `UploadError` for a face detector that this site does not have; "" asks for none."""
    if detector and detector not in (choices := detector_choices()):
        raise UploadError(
            "unknown_detector",
            _("There is no face detector “%(name)s” here; choose %(choices)s.")
            % {"name": detector, "choices": ", ".join(choices)},
        )


def check_picture(file: "File[bytes]") -> PictureFile:
    """Decode an upload and encode it again.

    Decoding is the check: a file is what its bytes are, whatever its name and declared type say.
    Encoding again drops everything but pixels: place, camera, date, thumbnails, trailing data.
    JPEG stays JPEG, and WebP stays WebP; PNG and BMP become PNG.

    Raises:
        UploadError: see docs/api.md for the codes.
    """
    name = safe_file_name(file.name)
    if file.size is not None and file.size > settings.PICTURE_MAX_BYTES:
        raise too_large_error(name)
    return check_bytes(file.read(), name)


def check_bytes(content: bytes, name: str) -> PictureFile:
    """The same of a picture's bytes; `name` is safe to show.

    Raises:
        UploadError: see docs/api.md for the codes.
    """
    try:
        with _decoding:
            return _encoded_again(content, name)
    except PictureError as error:
        detail = _named(name, picture_problem(error))
        raise UploadError(error.code, detail, too_large=error.code in _TOO_LARGE) from error


def _encoded_again(content: bytes, name: str) -> PictureFile:
    pixels = decode_picture(content, max_pixels=settings.PICTURE_MAX_PIXELS)
    if content.startswith(b"\xff\xd8"):
        original, extension, content_type = encode_jpeg(pixels, 95), "jpg", "image/jpeg"
    elif content.startswith(b"RIFF"):
        original, extension, content_type = encode_webp(pixels, 92), "webp", "image/webp"
    else:
        original, extension, content_type = encode_png(pixels), "png", "image/png"
    height, width = pixels.shape[:2]
    return PictureFile(
        file_name=name or f"picture.{extension}",
        extension=extension,
        content_type=content_type,
        original=original,
        thumbnail=encode_webp(thumbnail(pixels, THUMBNAIL_SIDE), 80),
        width=width,
        height=height,
    )


def too_large_error(name: str) -> UploadError:
    limit = f"{settings.PICTURE_MAX_BYTES / 1024 / 1024:g}"
    detail = _("The picture is larger than %(limit)s MB.") % {"limit": limit}
    return UploadError("picture_too_large", _named(name, detail), too_large=True)


def _named(name: str, problem: str) -> str:
    """Of several files, say which."""
    if not name:
        return problem
    return _("%(name)s: %(problem)s") % {"name": name, "problem": problem}
