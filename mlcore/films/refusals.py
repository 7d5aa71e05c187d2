"""Why a file is not taken as a film, told from its first bytes."""

from mlcore.errors import FilmError

_STILL_BRANDS = (b"avif", b"heic", b"heix", b"mif1")


def refusal(path: str, error: Exception) -> FilmError:
    """The error for a file that FFmpeg does not open.

    Args:
        path: of the file.
        error: FFmpeg's.
    """
    with open(path, "rb") as source:
        head = source.read(64)
    if _is_film(head):
        return FilmError("film_unreadable", f"The film is damaged or cut short: {_reason(error)}.")
    if kind := _no_pictures(head):
        return FilmError("no_video_stream", f"This is {kind}, not a film.")
    return FilmError(
        "not_a_film", "This is not a film that is read: MP4, MOV, WebM, MKV and AVI are."
    )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "it cannot be read"


def _is_film(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] not in _STILL_BRANDS and head[8:12] != b"M4A "
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        return True
    return head.startswith(b"\x1aE\xdf\xa3") or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")


def _no_pictures(head: bytes) -> str | None:
    """What the bytes are, where they are a picture or a sound."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")):
        return "a picture"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a picture"
    if head[4:8] == b"ftyp":
        return "a picture" if head[8:12] in _STILL_BRANDS else "a sound"
    if head.startswith((b"ID3", b"OggS", b"fLaC", b"FORM")) or head[8:12] == b"WAVE":
        return "a sound"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "a sound"
    return None


def no_frame() -> FilmError:
    """The error for a film that opens, and of which no frame can be decoded."""
    return FilmError("film_unreadable", "No frame of the film can be read.")
