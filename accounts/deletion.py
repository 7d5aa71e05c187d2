"""Deleting an account: signed out at once, then everything of the person, files first.

A deletion that began is always finished: the row of the person goes last, and as long as it is
there, `accounts_erase_again` finds it. Each step may run twice and beside itself.
"""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.data_exports import data_export_delete
from accounts.models import ApiToken, DataExport, User
from accounts.personal_data import erase_from_rooms, sessions_of

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
IN_REQUEST_SECONDS = 3.0
"""What a person waits at most; most accounts are gone by then, a worker deletes the rest."""


def account_delete(*, user: User) -> bool:
    """Delete an account and all that is its; True if it is gone already, else a worker goes on.

    From the first moment on nobody signs in to it, no session and no token of it is worth
    anything, and its data exports are gone.
    """
    with transaction.atomic():
        user.is_active = False
        user.set_unusable_password()
        user.erase_at = timezone.now() + LEASE
        user.save(update_fields=["is_active", "password", "erase_at"])
        ApiToken.objects.filter(user=user).delete()
    if _erase(user, seconds=IN_REQUEST_SECONDS):
        return True
    User.objects.filter(pk=user.pk).update(erase_at=timezone.now())
    _ring(user.pk)
    return False


def account_erase(*, user_id: int) -> bool:
    """Go on with a deletion; False if it is over, or somebody else is at it."""
    now = timezone.now()
    claimed = User.objects.filter(pk=user_id, erase_at__lte=now).update(erase_at=now + LEASE)
    user = User.objects.filter(pk=user_id).first() if claimed else None
    return user is not None and _erase(user)


def accounts_erase_again() -> int:
    """Ring for deletions that nobody is at: a worker died, or a bell got lost."""
    late = list(User.objects.filter(erase_at__lte=timezone.now()).values_list("pk", flat=True)[:50])
    for user_id in late:
        _ring(user_id)
    return len(late)


def _erase(user: User, *, seconds: float | None = None) -> bool:
    """Delete in batches; False if the time ran out first."""
    started = time.monotonic()
    for _ in _steps(user):
        if seconds is not None and time.monotonic() - started > seconds:
            return False
        User.objects.filter(pk=user.pk).update(erase_at=timezone.now() + LEASE)
    try:
        user.delete()
    except IntegrityError:
        # An upload that was under way put something in at the last moment: it goes next time.
        logger.warning("Account %s is deleted in another pass", user.pk)
        return False
    return True


def _steps(user: User) -> Iterator[None]:
    for export in DataExport.objects.filter(user=user):
        data_export_delete(export=export)
    yield
    yield from erase_from_rooms(user)
    # All are read before the first goes: SQLite refuses to write amid reading, once others wrote.
    for key in [session.session_key for session in sessions_of(user)]:
        Session.objects.filter(session_key=key).delete()
        yield
    if apps.is_installed("django.contrib.admin"):
        from django.contrib.admin.models import LogEntry
        from django.contrib.contenttypes.models import ContentType

        about = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
        )
        about.update(object_repr="user", change_message="")
    yield


def _ring(user_id: int) -> None:
    from accounts.tasks import erase_account

    try:
        erase_account.delay(user_id)
    except (OperationalError, OSError):
        logger.exception("The broker is away; account %s is deleted later", user_id)
