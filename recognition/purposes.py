"""What an upload may be for, and what it must not be for.

The European Union's AI Act forbids to infer emotions of people at work and in education, except for
medical or safety reasons (Regulation (EU) 2024/1689, Article 5(1)(f)). Both are offered beside the
operator's own purposes so that whoever has them in mind learns it, instead of choosing another.
"""

from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from recognition.errors import UploadError

BANNED = ("work", "education")
EXCEPTION = "medical_safety"
ID_MAX_LENGTH = 40


class Purpose(NamedTuple):
    """`why` says why it is banned, and is empty where it is not."""

    id: str
    label: str
    banned: bool = False
    why: str = ""


def purpose_choices() -> list[Purpose]:
    """What people may choose from, the operator's own first; empty where the site does not ask."""
    if not settings.PURPOSES:
        return []
    own = [Purpose(key, label) for key, label in settings.PURPOSES.items()]
    exception = Purpose(EXCEPTION, _("Medical or safety reasons"))
    return [
        *own,
        *([exception] if EXCEPTION not in settings.PURPOSES else []),
        *_banned_purposes(),
    ]


def check_purpose(purpose: str) -> None:
    """Raises `UploadError` unless an upload may be for this; "" is none."""
    if not purpose:
        if settings.PURPOSE_REQUIRED:
            raise UploadError("purpose_missing", _("Say what this recognition is for."))
        return
    for banned in _banned_purposes():
        if purpose == banned.id:
            raise UploadError("purpose_banned", banned.why)
    if purpose not in {choice.id for choice in purpose_choices()}:
        raise UploadError("unknown_purpose", _("There is no such purpose here; choose another."))


def _banned_purposes() -> list[Purpose]:
    law = _(
        "In the European Union this is forbidden except for medical or safety reasons: AI Act, "
        "Article 5(1)(f)."
    )
    return [
        Purpose("work", _("Monitoring or hiring of employees"), True, law),
        Purpose("education", _("Pupils and students at school or university"), True, law),
    ]
