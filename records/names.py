"""Names that people give, and names that their files bring along."""

import re
import unicodedata
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

NAME_MAX_LENGTH = 120
NOTE_MAX_LENGTH = 2000
TAG_MAX_LENGTH = 40
TAGS_MAX = 20
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


def clean_note(text: str) -> tuple[str, str | None]:
    """A note that a person typed, lines and all, as (note, error code or None)."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    note = lines.strip()
    if len(note) > NOTE_MAX_LENGTH:
        return note, "note_too_long"
    if any(_is_invisible(character) for character in note if character not in "\n\t"):
        return note, "note_has_control_characters"
    return note, None


def clean_tag(text: str) -> tuple[str, str | None]:
    """A tag that a person typed, as (tag, error code or None)."""
    tag = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    if len(tag) > TAG_MAX_LENGTH:
        return tag, "tag_too_long"
    if any(_is_invisible(character) for character in tag):
        return tag, "tag_has_control_characters"
    return tag, None if tag else "blank"


def folded(text: str) -> str:
    """A text for comparing: without regard to case, width and way of encoding."""
    # Folding may take a text out of its normal form.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def searchable(*texts: str) -> str:
    """What a search looks through, folded; a word holds no space, so it is found within a text."""
    return "\n".join(folded(text) for text in texts)


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
    return PurePosixPath(file_name).stem.strip() or _("Picture")


def _is_invisible(character: str) -> bool:
    """Control characters, lone surrogates, and marks that turn the direction of writing.

    Characters that this Python's Unicode tables do not know yet may be a newer emoji, and stay.
    """
    return (
        unicodedata.category(character) in {"Cc", "Cs"}
        or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
