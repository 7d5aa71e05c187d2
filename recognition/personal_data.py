"""What recognition keeps of a person, for `accounts.personal_data`. Jobs go with their
records, and live sessions with their media."""

from collections.abc import Iterator

from accounts.models import User
from accounts.personal_data import Room, Row, Section, fields_of
from recognition.models import Job, LiveSession


def _jobs(user: User) -> Iterator[Row]:
    names = ("id", "record", "detector", "state", "attempts", "error_code", "error_detail")
    times = ("created_at", "started_at", "finished_at")
    return fields_of(Job.objects.filter(owner=user).order_by("pk"), *names, *times)


def _live_sessions(user: User) -> Iterator[Row]:
    names = ("id", "record", "timeline", "detector", "model", "next_sequence", "restarts")
    times = ("created_at", "seen_at", "finished_at")
    return fields_of(LiveSession.objects.filter(owner=user).order_by("pk"), *names, *times)


ROOM = Room(
    sections=(
        Section("jobs", frozenset({"recognition.Job"}), _jobs),
        Section("live_sessions", frozenset({"recognition.LiveSession"}), _live_sessions),
    )
)
