"""Giving and withdrawing consent to the notice, and asking for it."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Consent, User
from ferproject.common.problems import Problem


def notice_id(version: str) -> str:
    """What a client finds the notice's text by."""
    return f"notice-{version}"


def consent_current(*, user: User) -> Consent | None:
    """The person's consent to the notice as it is now; None if not given, or withdrawn."""
    return (
        Consent.objects.visible_to(user)
        .filter(version=settings.CONSENT_VERSION, withdrawn_at=None)
        .first()
    )


def consent_require(*, user: User) -> None:
    """To be asked before a picture of this person's is taken.

    Raises:
        Problem: `consent_missing` (403).
    """
    if consent_current(user=user) is None:
        raise Problem(
            "consent_missing",
            _("Read the notice and agree to it first; nothing is recognised without."),
            403,
        )


def consent_is_withdrawn(*, user: User) -> bool:
    """Whether the person agreed once, to whatever version, and took it all back."""
    given = Consent.objects.visible_to(user)
    return given.exists() and not given.filter(withdrawn_at=None).exists()


def consent_give(*, user: User, version: str) -> tuple[Consent, bool]:
    """Note that the person agreed, as (consent, whether it is new).

    Raises:
        Problem: `consent_outdated` (400): it is not the notice of today that was agreed to.
    """
    if version != settings.CONSENT_VERSION:
        raise Problem("consent_outdated", _("The notice has changed. Read it as it is now."))
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # of two at once, one is enough
        given = consent_current(user=user)
        if given is not None:
            return given, False
        return Consent.objects.create(user=user, version=version), True


def consent_withdraw(*, user: User) -> int:
    """Take back whatever was agreed to, from now on; returns how many versions that were."""
    standing = Consent.objects.visible_to(user).filter(withdrawn_at=None)
    return standing.update(withdrawn_at=timezone.now())
