"""Names that people give, and names that their files bring along."""

import re
import unicodedata
from pathlib import PurePosixPath

NAME_MAX_LENGTH = 120
_SPACES = re.compile(r"\s+")


def clean_name(text: str) -> tuple[str, str | None]:
    """A name that a person typed, as (name, error code or None).

    Paths and quotes are harmless: a name is text to show and never becomes a path. Characters
    that cannot be seen are refused rather than dropped, since the name would not be what was typed.
    """
    name = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    if len(name) > NAME_MAX_LENGTH:
        return name, "name_too_long"
    if any(_is_invisible(character) for character in name):
        return name, "name_has_control_characters"
    return name, None


def safe_file_name(text: str | None) -> str:
    """A file's own name made fit to show: without path and invisible characters, and cut.

    Nobody typed it for us, so nothing about it is an error.
    """
    name = unicodedata.normalize("NFC", text or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(" " if character.isspace() else character for character in name)
    name = "".join(character for character in name if not _is_invisible(character)).strip()
    suffix = PurePosixPath(name).suffix[:10]
    return name if len(name) <= NAME_MAX_LENGTH else name[: NAME_MAX_LENGTH - len(suffix)] + suffix


def name_from_file(file_name: str) -> str:
    """The record's name where none was given."""
    return PurePosixPath(file_name).stem.strip() or "Picture"


def _is_invisible(character: str) -> bool:
    """Control characters, lone surrogates, and marks that turn the direction of writing.

    Characters that this Python's Unicode tables do not know yet may be a newer emoji, and stay.
    """
    return (
        unicodedata.category(character) in {"Cc", "Cs"}
        or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
