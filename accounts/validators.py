"""What a username must be."""

from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.validators import MinLengthValidator
from django.utils.translation import gettext_lazy as _

username_validators = [
    # allauth's own minimum answers "Ensure this value has …", which names no field.
    MinLengthValidator(
        settings.USERNAME_MIN_LENGTH, _("A username has at least %(limit_value)d characters.")
    ),
    UnicodeUsernameValidator(),
]
