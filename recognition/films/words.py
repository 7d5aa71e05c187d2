"""What an annotated film calls the expressions."""

from django.utils import translation
from django.utils.translation import gettext_lazy as _

WORDS = {
    "angry": _("angry"),
    "disgust": _("disgust"),
    "fear": _("fear"),
    "happy": _("happy"),
    "sad": _("sad"),
    "surprise": _("surprise"),
    "neutral": _("neutral"),
}
"""The painter writes the English name where the machine has no font for another."""


def expression_words(language: str) -> dict[str, str]:
    """{expression: its name in that language}."""
    with translation.override(language):
        return {expression: str(word) for expression, word in WORDS.items()}
