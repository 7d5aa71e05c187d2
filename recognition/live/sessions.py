"""Who sends frames to which session, and what is remembered from one frame to the next.

All of it is one entry of the cache, so that a frame asks the database for nothing but who sends it.
Each `CHECKED_SECONDS` the entry is compared with the session's row, which is what counts. Where
several web processes share no cache, each follows the faces for itself and their numbers change:
`CACHE_URL` then belongs to what an operator sets, as for the throttles.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound

from accounts.consents import consent_require
from accounts.models import User
from ferproject.common.problems import Problem
from recognition.live.services import live_restart, live_touch
from recognition.models import LiveSession

CHECKED_SECONDS = 10
SEEN_SECONDS = 30
"""How exact the row's `seen_at` is: each frame would be too many writes."""

ENTRY_SECONDS = 300
NUMBERS_EACH = 1000
"""Faces that are counted on after the tracking's state was lost begin at the next thousand, so
that no number means two faces."""

IN_FLIGHT_SECONDS = 10
"""A frame whose process died does not lock its session for longer."""


@dataclass(frozen=True)
class OpenSession:
    """What a frame must know.

    Attributes:
        owner: the person's id.
        tracking: see `mlcore.tracking.Tracking.to_numbers`; None before the first frame.
        first_number: of the faces, where there is no tracking yet.
        checked, seen: when entry and row were compared, and when the row's `seen_at` was written;
            by the machine's clock.
        size: of the last frame.
    """

    id: UUID
    owner: int
    detector: str
    model: str
    first_number: int = 1
    tracking: list[Any] | None = None
    checked: float = 0.0
    seen: float = 0.0
    size: tuple[int, int] = (0, 0)


def session_remember(session: OpenSession) -> None:
    cache.set(_key(session.id), session, ENTRY_SECONDS)


def session_forget(pk: UUID) -> None:
    cache.delete(_key(pk))


def session_opened(row: LiveSession) -> None:
    """Have a session's first frame find it here."""
    now = time.time()
    session_remember(_entry(row, first_number=1, now=now))


def session_open(user: User, pk: UUID) -> OpenSession:
    """The session that this person sends a frame to.

    Raises:
        NotFound: there is none, it is somebody else's, or over.
        Problem: `consent_missing`: the consent was withdrawn meanwhile.
    """
    now = time.time()
    entry: OpenSession | None = cache.get(_key(pk))
    if entry is not None and 0 <= now - entry.checked < CHECKED_SECONDS:
        if entry.owner != user.pk:
            raise NotFound
        return entry
    row = LiveSession.objects.open_to(user).filter(pk=pk).first()
    if row is None:
        raise NotFound
    consent_require(user=user)
    if entry is None:
        entry = _entry(row, first_number=NUMBERS_EACH * live_restart(session=row) + 1, now=now)
    if now - entry.seen >= SEEN_SECONDS:
        live_touch(session=row, size=entry.size)
        entry = replace(entry, seen=now)
    return replace(entry, checked=now)


@contextlib.contextmanager
def frame_in_flight(pk: UUID) -> Iterator[None]:
    """One frame of a session at a time.

    Raises:
        Problem: `frame_in_flight` (409).
    """
    key = f"{_key(pk)}:in-flight"
    if not cache.add(key, True, IN_FLIGHT_SECONDS):
        raise Problem(
            "frame_in_flight", _("The frame before this one is not answered yet; wait for it."), 409
        )
    try:
        yield
    finally:
        cache.delete(key)


def _entry(row: LiveSession, *, first_number: int, now: float) -> OpenSession:
    return OpenSession(
        id=row.pk,
        owner=row.owner_id,
        detector=row.detector,
        model=row.model,
        first_number=first_number,
        checked=now,
        seen=now,
    )


def _key(pk: UUID) -> str:
    return f"live:{pk.hex}"
