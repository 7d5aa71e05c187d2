"""The seven expressions, in the reader's language."""

from django.utils.translation import gettext_lazy as _

from mlcore.labels import EXPRESSIONS

EXPRESSION_NAMES = {
    "angry": _("Angry"),
    "disgust": _("Disgust"),
    "fear": _("Fear"),
    "happy": _("Happy"),
    "sad": _("Sad"),
    "surprise": _("Surprise"),
    "neutral": _("Neutral"),
}
EXPRESSION_CHOICES = [(name, EXPRESSION_NAMES[name]) for name in EXPRESSIONS]
