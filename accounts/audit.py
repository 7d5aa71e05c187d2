"""Noting who looked at or changed what is not theirs."""

from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts.models import AuditEntry, User

SAME_LOOK = timedelta(hours=1)
"""Looking at the same thing again within this time makes no second entry: a list of pictures is
looked through several times, and each picture of it asks for itself."""

LOOKS = {"viewed", "downloaded"}


def audit_note(
    *, actor: Any, action: str, thing: Model, owner: User | None, detail: str = ""
) -> AuditEntry | None:
    """Write an entry; None if the thing is the actor's own, or was just looked at.

    Names and contents of the thing stay out of it, since an entry outlives what it is about.

    Args:
        actor: the signed-in person.
        action: a verb in the past, as "viewed".
        owner: whose it is.
    """
    if owner is None or owner.pk == actor.pk:
        return None
    about = {"object_type": thing._meta.model_name or "", "object_id": str(thing.pk)}
    if action in LOOKS and _was_seen(actor=actor, action=action, owner=owner, about=about):
        return None
    return AuditEntry.objects.create(
        actor=actor,
        actor_name=actor.get_username(),
        action=action,
        owner=owner,
        detail=detail[:300],
        **about,
    )


def _was_seen(*, actor: User, action: str, owner: User, about: dict[str, str]) -> bool:
    since = timezone.now() - SAME_LOOK
    entries = AuditEntry.objects.filter(owner=owner, at__gte=since, actor=actor, action=action)
    return entries.filter(**about).exists()
