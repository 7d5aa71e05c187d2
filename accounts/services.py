"""Every write of accounts that is not allauth's: settings and API tokens."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import ApiToken, User
from ferproject.common.problems import Problem

KEY_PREFIX = "xlab_"
"""Tells people, and programs that look for leaked secrets, what the key is for."""

HINT_LENGTH = 10
USE_NOTED_SECONDS = 60

SETTINGS = ("display_name", "language", "theme", "detector", "keep", "keep_days")


def language_activate(user: User | AnonymousUser) -> None:
    """Answer in the language that the person chose, if one did."""
    if isinstance(user, User) and user.language:
        translation.activate(user.language)


def settings_update(*, user: User, changes: dict[str, Any]) -> User:
    """Change some of a person's settings; what is not named stays."""
    for field in changes:
        assert field in SETTINGS, field
        setattr(user, field, changes[field])
    if changes:
        user.save(update_fields=list(changes))
    return user


def token_create(*, user: User, name: str) -> tuple[ApiToken, str]:
    """A new token and its key, which is known only now.

    256 random bits need no slow hash: nobody can try them all.
    """
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two at once are counted one by one
        if ApiToken.objects.visible_to(user).count() >= settings.API_TOKENS_PER_PERSON:
            raise Problem(
                "too_many_tokens",
                _("You have %(count)d tokens already. Delete one that you no longer need.")
                % {"count": settings.API_TOKENS_PER_PERSON},
                409,
            )
        token = ApiToken.objects.create(
            user=user, name=name, hint=key[:HINT_LENGTH], digest=key_digest(key)
        )
    return token, key


def token_delete(*, token: ApiToken) -> None:
    token.delete()


def token_note_use(*, token: ApiToken) -> None:
    """Note that the token was used, at most once a minute: reading must not mean writing."""
    now = timezone.now()
    earlier = now - timedelta(seconds=USE_NOTED_SECONDS)
    if token.last_used_at and token.last_used_at > earlier:
        return
    unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lte=earlier)
    ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=now)


def key_digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
