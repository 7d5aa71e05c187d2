"""From a file's bytes to the pixels that a person sees, and back."""

import contextlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mlcore.errors import PictureError

__all__ = [
    "ALLOWED_FORMATS",
    "KINDS",
    "MAX_PIXELS",
    "MIN_SIDE",
    "PictureError",
    "decode_picture",
    "encode_jpeg",
    "encode_png",
    "encode_webp",
    "thumbnail",
]

ALLOWED_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
"""The decoders that may see a stranger's bytes; Pillow has dozens."""

MAX_PIXELS = 50_000_000
"""A 50 megapixel photo takes 150 MB once decoded, and briefly twice that."""

MIN_SIDE = 16
"""In pixels; nothing smaller shows a face."""

KINDS = {
    "gif": "a GIF",
    "tiff": "a TIFF",
    "svg": "an SVG drawing",
    "avif": "an AVIF picture",
    "heic": "a HEIC photo",
    "video": "a video",
    "pdf": "a PDF",
    "text": "a text",
    "other": "no picture",
}
"""What files turn out to be that are not read."""

_BROKEN = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error),
    *(TypeError, KeyError, IndexError, AttributeError, OverflowError, RuntimeError),
)
"""What Pillow's decoders raise for damaged files: some of them check as little as Python does."""

_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def decode_picture(
    source: bytes | Path, max_pixels: int = MAX_PIXELS, max_side: int | None = None
) -> NDArray[np.uint8]:
    """A picture as (height, width, 3) uint8 RGB, upright, on white where it is transparent.

    Of an animated picture this is the first frame.

    Args:
        source: a file, or its bytes, in one of `ALLOWED_FORMATS`.
        max_pixels: width times height above which nothing is decoded.
        max_side: the longest side above which nothing is decoded; None for any.

    Raises:
        PictureError: see there for the codes.
    """
    content = source if isinstance(source, bytes) else _read(source)
    if not content:
        raise PictureError("empty_file", "The file is empty.")
    with _open(content, max_pixels) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise _too_many_pixels(max_pixels)
        if max_side is not None and max(width, height) > max_side:
            raise PictureError(
                "frame_too_big",
                f"The picture is {width}x{height} pixels; no side may have more than {max_side}.",
                width=str(width),
                height=str(height),
                side=str(max_side),
            )
        if min(width, height) < MIN_SIDE:
            raise PictureError(
                "picture_too_small",
                f"The picture is {width}x{height} pixels; each side must have {MIN_SIDE} or more.",
                width=str(width),
                height=str(height),
                side=str(MIN_SIDE),
            )
        try:
            image.load()
            return _to_rgb(_upright(image))
        except _BROKEN as error:
            raise _truncated() from error


def encode_jpeg(image: NDArray[np.uint8], quality: int = 90) -> bytes:
    """An RGB or grey picture as JPEG, without any metadata."""
    return _encode(image, "JPEG", quality=quality)


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """An RGB or grey picture as PNG, without any metadata."""
    # Level 3 is three times faster than the default 6 and hardly larger for photos.
    return _encode(image, "PNG", compress_level=3)


def encode_webp(image: NDArray[np.uint8], quality: int = 80) -> bytes:
    """An RGB or grey picture as WebP, without any metadata."""
    return _encode(image, "WEBP", quality=quality)


def thumbnail(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The picture shrunk until no side is longer than `side`; a smaller one comes back as is."""
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    # Pillow, not OpenCV: the web process makes thumbnails and has no other use for OpenCV.
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise PictureError("unreadable_file", f"{path} cannot be read: {reason}.") from error


def _open(content: bytes, max_pixels: int) -> Image.Image:
    """Read the header; no pixel is decoded yet."""
    try:
        return Image.open(io.BytesIO(content), formats=ALLOWED_FORMATS)
    except _BOMB as error:  # Pillow's own limit, at the size that the header states
        raise _too_many_pixels(max_pixels) from error
    except _BROKEN as error:
        raise _refusal(content) from error


def _too_many_pixels(max_pixels: int) -> PictureError:
    millions = f"{max_pixels / 1e6:g}"
    return PictureError(
        "picture_too_many_pixels",
        f"The picture has more than {millions} million pixels.",
        millions=millions,
    )


def _truncated() -> PictureError:
    return PictureError("picture_truncated", "The picture is damaged or cut short.")


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF orientation says; a damaged EXIF block turns nothing."""
    with contextlib.suppress(*_BROKEN):
        ImageOps.exif_transpose(image, in_place=True)
    return image


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):  # 16 bits of grey; Pillow's own conversion clips at 255
        deep = np.asarray(image, np.int64)
        grey = np.clip((deep + 128) // 257, 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _encode(image: NDArray[np.uint8], file_format: str, **options: int) -> bytes:
    target = io.BytesIO()
    Image.fromarray(image).save(target, format=file_format, **options)
    return target.getvalue()


def _refusal(content: bytes) -> PictureError:
    """Say what the bytes are instead of a picture that we take."""
    head = content[:512]
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or _riff(head) == b"WEBP":
        return _truncated()
    taken = "take a JPEG, PNG, WebP or BMP picture instead"
    if kind := _other_picture(head):
        message = f"This is {KINDS[kind]}, which is not read; {taken}."
        return PictureError("unsupported_format", message, kind=kind)
    kind = _no_picture(head)
    return PictureError("not_a_picture", f"This is {KINDS[kind]}; {taken}.", kind=kind)


def _other_picture(head: bytes) -> str | None:
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "tiff"
    if b"<svg" in head.lower():
        return "svg"
    brand = _brand(head)
    if brand in {b"avif", b"avis"}:
        return "avif"
    if brand in {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}:
        return "heic"
    return None


def _no_picture(head: bytes) -> str:
    if head.startswith(b"\x1aE\xdf\xa3") or _riff(head) == b"AVI " or _brand(head):
        return "video"
    if head.startswith(b"%PDF"):
        return "pdf"
    return "text" if _is_text(head) else "other"


def _is_text(head: bytes) -> bool:
    # The last character may be cut in two.
    return b"\0" not in head and "\ufffd" not in head.decode("utf-8", "replace").rstrip("\ufffd")


def _riff(head: bytes) -> bytes:
    """The kind of a RIFF file, such as WEBP, or nothing."""
    return head[8:12] if head.startswith(b"RIFF") else b""


def _brand(head: bytes) -> bytes:
    """The brand of an ISO media file (ISO/IEC 14496-12), such as heic or mp42, or nothing."""
    return head[8:12] if head[4:8] == b"ftyp" else b""
