"""Signing in to the admin."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class ModeratorSignInForm(AdminAuthenticationForm):
    """The admin's form, held to the same limits and second step as the app's."""

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if username and password:
            # Through allauth, which counts failures; Django's own authenticate() does not.
            user = get_adapter().authenticate(self.request, username=username, password=password)
            if user is None or not user.is_active:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(user)
            if is_mfa_enabled(user):
                raise ValidationError(
                    _("Sign in to the app first: your account asks for a second step.")
                )
            self.user_cache = user
        return self.cleaned_data
