"""Every write of live sessions. Their states are drawn at `LiveSession`."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from ferproject.common.problems import Problem
from recognition.models import LiveSession
from records.models import Media, Record, Timeline
from records.services import (
    PictureFile,
    media_store_picture,
    timeline_append,
    timeline_begin,
    timeline_close,
)
from records.timelines import Samples

SESSIONS_OPEN = 8
"""How many cameras of one person may be on at once; a tab that was closed counts for a minute."""

CLOSED_SECONDS = 60

SAMPLES_MAX = 2_000_000
"""In one session: ten faces, thirty times a second, for almost two hours."""

SWEEP = 200
"""Sessions that one run of the hourly task sees to."""


class SequenceGapError(Exception):
    """Samples that are ahead; `wanted` are those that are missing."""

    def __init__(self, wanted: int) -> None:
        super().__init__(f"samples {wanted} are missing")
        self.wanted = wanted


def live_start(*, owner: User, detector: str, model: str, purpose: str) -> LiveSession:
    """Open a session; its owner said that the people before the camera agreed.

    Args:
        detector: one of `recognition.live.frames.LIVE_DETECTORS`.
        model: NAME@VERSION.

    Raises:
        Problem: `too_many_sessions` (409).
    """
    now = timezone.now()
    since = now - timedelta(seconds=CLOSED_SECONDS)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # of two at once one counts
        if LiveSession.objects.open_to(owner).filter(seen_at__gte=since).count() >= SESSIONS_OPEN:
            raise Problem(
                "too_many_sessions",
                _("Your camera is on in %(count)d places already; close one.")
                % {"count": SESSIONS_OPEN},
                409,
            )
        timeline = timeline_begin(owner=owner, purpose=purpose, consent_at=now)
        session: LiveSession = LiveSession.objects.create(
            owner=owner,
            timeline=timeline,
            detector=detector,
            model=model,
            seen_at=now,
        )
    return session


def live_touch(*, session: LiveSession, size: tuple[int, int] = (0, 0)) -> None:
    """Note that somebody is there, and the size of the frames, once there are any."""
    LiveSession.objects.filter(pk=session.pk).update(seen_at=timezone.now())
    if size[0]:
        Timeline.objects.filter(pk=session.timeline_id).update(width=size[0], height=size[1])


def live_restart(*, session: LiveSession) -> int:
    """Note that the tracking begins anew; returns how often it has by now."""
    LiveSession.objects.filter(pk=session.pk).update(restarts=F("restarts") + 1)
    session.refresh_from_db(fields=["restarts"])
    return session.restarts


def live_samples_append(*, session: LiveSession, sequence: int, samples: Samples) -> int:
    """Keep samples, each sequence once; returns the sequence that is wanted next.

    Raises:
        SequenceGapError: those before them have not come.
        LiveSession.DoesNotExist: it is over.
        Problem: `too_many_samples` (409).
    """
    with transaction.atomic():
        locked = _locked(session)
        if sequence > locked.next_sequence:
            raise SequenceGapError(locked.next_sequence)
        if sequence == locked.next_sequence:
            timeline = locked.timeline
            if timeline.sample_count + len(samples) > SAMPLES_MAX:
                raise Problem(
                    "too_many_samples", _("This session has all the samples that it may have."), 409
                )
            timeline_append(timeline=timeline, samples=samples)
            timeline.sample_count += len(samples)
            timeline.save(update_fields=["sample_count"])
            locked.next_sequence += 1
            locked.seen_at = timezone.now()
            locked.save(update_fields=["next_sequence", "seen_at"])
    return locked.next_sequence


def live_picture_store(*, session: LiveSession, picture: PictureFile) -> None:
    """Keep a picture of the session, in place of an earlier one.

    Raises:
        LiveSession.DoesNotExist: it is over.
    """
    with transaction.atomic():
        media_store_picture(media=_locked(session).timeline.media, picture=picture)


def live_finish(
    *,
    session: LiveSession,
    kind: str = Media.Kind.LIVE,
    name: str = "",
    duration: float = 0.0,
    width: int = 0,
    height: int = 0,
    marks: Sequence[Mapping[str, Any]] = (),
    rounds: Sequence[Mapping[str, Any]] | None = None,
) -> tuple[Record, bool]:
    """Make the session's record, as (record, whether it is new).

    Args:
        kind: `live` or `practice`.
        duration: in seconds.
        width, height: of the frames.
        rounds: of practice.

    Raises:
        LiveSession.DoesNotExist: it was deleted.
    """
    with transaction.atomic():
        locked: LiveSession = (
            LiveSession.objects.select_for_update(of=("self",))
            .select_related("timeline__media__owner", "record")
            .get(pk=session.pk)
        )
        if locked.record is not None:
            return locked.record, False
        timeline = locked.timeline
        model_name, _at, model_version = locked.model.partition("@")
        record = timeline_close(
            timeline=timeline,
            kind=kind,
            name=name or _name(kind, locked),
            duration=duration,
            width=width or timeline.width,
            height=height or timeline.height,
            marks=marks,
            practice=None if rounds is None else {"rounds": list(rounds)},
            detector=locked.detector,
            model_name=model_name,
            model_version=model_version,
        )
        locked.record = record
        locked.finished_at = timezone.now()
        locked.save(update_fields=["record", "finished_at"])
    return record, True


def live_drop(*, session: LiveSession) -> None:
    """Delete a session that has no record, with all that came to it."""
    with transaction.atomic():
        locked = _locked(session)
        # It takes timeline and session along; its files go by `records.signals`.
        Media.objects.filter(pk=locked.timeline.media_id).delete()


def live_sweep() -> int:
    """Finish the sessions that nobody came back to, or drop those that have nothing to keep;
    returns how many. Safe to run twice, also at once."""
    since = timezone.now() - timedelta(seconds=settings.LIVE_IDLE_SECONDS)
    abandoned = LiveSession.objects.filter(finished_at__isnull=True, seen_at__lt=since)
    seen = 0
    for session in abandoned.select_related("timeline").order_by("seen_at")[:SWEEP]:
        try:
            if session.timeline.sample_count:
                live_finish(session=session)
            else:
                live_drop(session=session)
        except LiveSession.DoesNotExist:
            continue  # another run, or its owner, was faster
        seen += 1
    return seen


def _locked(session: LiveSession) -> LiveSession:
    """The session's row, held until the transaction ends, as long as it is open."""
    rows = LiveSession.objects.select_for_update(of=("self",)).select_related("timeline__media")
    locked: LiveSession = rows.get(pk=session.pk, finished_at__isnull=True)
    return locked


def _name(kind: str, session: LiveSession) -> str:
    began = timezone.localtime(session.created_at).strftime("%Y-%m-%d %H:%M")
    what = _("Practice") if kind == Media.Kind.PRACTICE else _("Camera")
    return f"{what} {began}"
