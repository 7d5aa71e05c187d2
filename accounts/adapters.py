"""Where allauth asks how this product does it (https://docs.allauth.org/en/latest/)."""

from functools import partial
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.models import EmailAddress
from allauth.core import context, ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django import forms
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.mails import mail_send
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "username_password_mismatch": _("The user name or the password is not right."),
        "username_taken": _("This user name is already taken."),
        "too_many_login_attempts": _("Too many failed tries. Wait a few minutes, then try again."),
        "invalid_password_reset": _("This link was used before or is too old. Ask for a new one."),
        "invalid_or_expired_key": _("This link was used before or is too old. Ask for a new one."),
        "cannot_remove_primary_email": _("Make another address the primary one first."),
        "unverified_primary_email": _("Verify this address first."),
        "duplicate_email": _("You have this address already."),
        "max_email_addresses": _("You cannot have more than %d addresses."),
    }

    def save_user(
        self, request: HttpRequest, user: User, form: forms.Form, commit: bool = True
    ) -> User:
        """As allauth does; a name that somebody took since it was checked is a taken name."""
        try:
            with transaction.atomic():
                saved: User = super().save_user(request, user, form, commit=commit)
        except IntegrityError as error:
            form.add_error("username", self.validation_error("username_taken"))
            raise ImmediateHttpResponse(ErrorResponse(request, input=form)) from error
        return saved

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What failed sign-ins of an account are counted by: its name alone.

        allauth puts the host in front. Its port is the sender's to write: with another one each
        time, an account could be tried without end.
        """
        return str(credentials.get("username") or credentials.get("email", "")).lower()

    def failed_sign_ins_forget(self, user: User) -> None:
        """Let a person in at once who was locked out and then set a new password by mail."""
        key = self._get_login_attempts_cache_key(self.request, username=user.username)
        ratelimit.clear(self.request, action="login_failed", key=key)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Written in the reader's language and sent in the background.

        An answer must not tell, by its time or by a failing mail server, whether there was an
        account to write to.
        """
        reader = context.get("user")
        language = getattr(reader, "language", "") or translation.get_language()
        with translation.override(language):
            message = self.render_mail(template_prefix, email, self._with_names(email, context))
        mail = {"subject": message.subject, "body": message.body, "to": list(message.to)}
        transaction.on_commit(partial(mail_send, **mail), robust=True)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        super().send_notification_mail(
            template_prefix, user, {"user": user, **(context or {})}, email
        )

    def _with_names(self, email: str, values: dict[str, Any]) -> dict[str, Any]:
        request = context.request
        address = request.build_absolute_uri("/") if request else ""
        return {
            "request": request,
            "email": email,
            "product": settings.PRODUCT_NAME,
            "address": address,
            **values,
        }


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "no_password": _("Set a password first; without it you could not sign in any more."),
        "disconnect_last": _("This is your only way to sign in. Set a password first."),
    }

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse a second account for an address that another one has verified.

        It tells nothing to strangers: the provider vouches that the address is this person's.
        """
        if sociallogin.is_existing or sociallogin.state.get("process") != "login":
            return
        mine = [address.email for address in sociallogin.email_addresses if address.verified]
        if EmailAddress.objects.filter(email__in=mine, verified=True).exists():
            raise self.validation_error("email_taken", sociallogin.provider.name)

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        full_name = data.get("name") or f"{user.first_name} {user.last_name}"
        user.display_name = full_name.strip()[: User._meta.get_field("display_name").max_length]
        return user

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: forms.Form | None = None
    ) -> User:
        """As allauth does, again with another name if that one was taken since it was chosen."""
        try:
            with transaction.atomic():
                user: User = super().save_user(request, sociallogin, form)
        except IntegrityError:
            sociallogin.user.pk, sociallogin.user.username = None, ""
            with transaction.atomic():
                user = super().save_user(request, sociallogin, form)
        return user


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or it is too old."),
    }

    def get_totp_label(self, user: User) -> str:
        return user.username

    def build_totp_url(self, user: User, secret: str) -> str:
        """Before a secret is shown the person shows that it is them; allauth asks at its end."""
        raise_if_reauthentication_required(context.request, app="allauth.mfa")
        url: str = super().build_totp_url(user, secret)
        return url

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": settings.PRODUCT_NAME}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.username, "display_name": user.display_name or user.username}
