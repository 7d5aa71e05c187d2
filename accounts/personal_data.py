"""What is kept of a person, room by room: to be handed out whole, and to be deleted whole.

Accounts import no other room, so each room says at its start (`AppConfig.ready`) what it keeps of
people. A test looks for models that lead to a person and are in nobody's section.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from accounts.models import ApiToken, AuditEntry, Consent, DataExport, User

Row = Mapping[str, Any]
CHUNK = 500
"""Rows that are in memory at a time."""


@dataclass(frozen=True)
class Section:
    """One file of the data export: a table of what is kept.

    Attributes:
        name: of the file, without ending.
        models: labels such as "records.Record" of what it shows.
        rows: all of a person's, streamed; the same keys in each, values that JSON knows, or dates.
    """

    name: str
    models: frozenset[str]
    rows: Callable[[User], Iterable[Row]]


@dataclass(frozen=True)
class PersonalFile:
    """A stored file of a person's: `path` in the export, `name` in the storage."""

    path: str
    name: str


@dataclass(frozen=True)
class Room:
    """What a room keeps of people.

    Attributes:
        files: all stored files of a person.
        erase: deletes everything of a person in batches, files first, and yields after each one;
            ended and called again, it goes on. Rows that go with the person's own need no mention.
    """

    sections: tuple[Section, ...] = ()
    files: Callable[[User], Iterable[PersonalFile]] = lambda user: ()
    erase: Callable[[User], Iterator[None]] = lambda user: iter(())


_rooms: dict[str, Room] = {}


def room_register(name: str, room: Room) -> None:
    _rooms[name] = room


def sections() -> list[Section]:
    return [section for room in _rooms.values() for section in room.sections]


def personal_files(user: User) -> Iterator[PersonalFile]:
    for room in _rooms.values():
        yield from room.files(user)


def erase_from_rooms(user: User) -> Iterator[None]:
    """Rooms that came last know those before them, so they go first."""
    for room in reversed(_rooms.values()):
        yield from room.erase(user)


def fields_of(rows: QuerySet[Any], *names: str) -> Iterator[Row]:
    """These columns of a queryset, streamed."""
    return rows.values(*names).iterator(chunk_size=CHUNK)


def _account(user: User) -> Iterator[Row]:
    names = ("id", "username", "display_name", "email", "date_joined", "last_login", "is_staff")
    settings = ("language", "theme", "detector", "keep", "keep_days")
    return fields_of(User.objects.filter(pk=user.pk), *names, *settings)


def _consents(user: User) -> Iterator[Row]:
    return fields_of(Consent.objects.visible_to(user), "version", "given_at", "withdrawn_at")


def _tokens(user: User) -> Iterator[Row]:
    names = ("name", "hint", "created_at", "last_used_at")
    return fields_of(ApiToken.objects.visible_to(user), *names)


def _data_exports(user: User) -> Iterator[Row]:
    names = ("state", "size", "created_at", "finished_at", "expires_at")
    return fields_of(DataExport.objects.visible_to(user), *names)


def _audit(user: User) -> Iterator[Row]:
    names = ("at", "actor_name", "action", "object_type", "object_id", "detail")
    return fields_of(AuditEntry.objects.visible_to(user), *names)


def _of_installed(model: str, *names: str) -> Callable[[User], Iterator[Row]]:
    """Columns of another application's rows with a `user`."""
    return lambda user: fields_of(
        apps.get_model(model)._default_manager.filter(user=user).order_by("pk"), *names
    )


def sessions_of(user: User) -> Iterator[Session]:
    """Where the person is signed in, in whatever way. Reads every session: they are sealed."""
    for session in Session.objects.iterator(chunk_size=CHUNK):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            yield session


def _sessions(user: User) -> Iterator[Row]:
    return ({"expires_at": session.expire_date} for session in sessions_of(user))


# By application, since an operator may go without some of them. No secret is in any of them.
_OTHERS = {
    "account.EmailAddress": ("email_addresses", "email", "verified", "primary"),
    "admin.LogEntry": (
        *("moderation", "action_time", "content_type__model", "object_id", "object_repr"),
        *("action_flag", "change_message"),
    ),
    "mfa.Authenticator": ("authenticators", "type", "created_at", "last_used_at"),
    "socialaccount.SocialAccount": (
        *("linked_accounts", "provider", "uid", "date_joined", "last_login", "extra_data"),
    ),
    "usersessions.UserSession": (*("devices", "ip", "user_agent", "created_at", "last_seen_at"),),
}


def own_room() -> Room:
    """What accounts keep themselves."""
    others = tuple(
        Section(name, frozenset({model}), _of_installed(model, *columns))
        for model, (name, *columns) in _OTHERS.items()
        if apps.is_installed(_application(model))
    )
    return Room(
        sections=(
            Section("account", frozenset({"accounts.User"}), _account),
            Section("consents", frozenset({"accounts.Consent"}), _consents),
            Section("api_tokens", frozenset({"accounts.ApiToken"}), _tokens),
            Section("data_exports", frozenset({"accounts.DataExport"}), _data_exports),
            Section("audit", frozenset({"accounts.AuditEntry"}), _audit),
            Section("sessions", frozenset({"sessions.Session"}), _sessions),
            *others,
        )
    )


def _application(model: str) -> str:
    label = model.split(".")[0]
    return "django.contrib.admin" if label == "admin" else f"allauth.{label}"
