"""What the names of people and of their things must be."""

import unicodedata

from django.conf import settings
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.utils.translation import gettext_lazy as _

username_validators = [
    # allauth's own minimum answers "Ensure this value has …", which names no field.
    MinLengthValidator(
        settings.USERNAME_MIN_LENGTH, _("A user name has at least %(limit_value)d characters.")
    ),
    UnicodeUsernameValidator(),
]


class PasswordLengthValidator(MinimumLengthValidator):
    """Django's; of its sentence there is no Chinese translation in Django 5.2."""

    def get_error_message(self) -> str:
        sentence = _("This password is too short. It must contain at least %(count)d characters.")
        return sentence % {"count": self.min_length}


# They turn the direction of writing: a name must not rewrite the line that it stands in.
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def no_control_characters(text: str) -> None:
    """Refuse what cannot be seen; a file's name or a record's is held to the same."""
    if any(unicodedata.category(c) in {"Cc", "Cs"} or c in _TURNING for c in text):
        raise ValidationError(
            _("This holds characters that cannot be shown."), code="name_has_control_characters"
        )
