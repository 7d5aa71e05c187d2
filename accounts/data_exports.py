"""A ZIP of everything that is kept of a person: asked for, made, swept away.

One is made at a time in the whole installation: it may take hours, and the workers that make it
have photos to recognise. The others stay queued. Each export that is over rings for the one that
has waited longest, and `data_exports_ring_again` does where that bell, or a worker, got lost.
"""

import json
import logging
import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from accounts.models import DataExport, User
from accounts.personal_data import Section, personal_files, sections
from ferproject.common.archives import reader, stored_entries, zip_stream
from ferproject.common.beats import Beat
from ferproject.common.problems import Problem
from ferproject.common.spreadsheets import csv_stream

logger = logging.getLogger(__name__)

FOLDER = "exports"
LEASE = timedelta(seconds=120)
SIGN_OF_LIFE_SECONDS = 20
MAX_ATTEMPTS = 3
ORPHAN_AGE = timedelta(hours=1)
"""A file in `exports/` that no row knows is being written, unless this long nobody wrote to it."""

State = DataExport.State


class ExportDroppedError(Exception):
    """Somebody deleted the export, or took it over, while it was made."""


def data_export_request(*, user: User) -> DataExport:
    """Have a worker make an export.

    Raises:
        Problem: `export_running` (409): one at a time.
    """
    try:
        with transaction.atomic():
            export = DataExport.objects.create(user=user, lease_until=timezone.now() + LEASE)
    except IntegrityError as error:  # the constraint, so that it also holds for two at once
        raise Problem(
            "export_running", _("An export is being made already; wait until it is done."), 409
        ) from error
    transaction.on_commit(lambda: _ring(export.pk), robust=True)
    return export


def data_export_make(*, export_id: int) -> DataExport | None:
    """Make an export, streamed into the storage; None if it is gone, over, another worker's, or has
    to wait.

    The row names its file from the start, so that a deletion finds it, but it is handed out only
    once it is whole. Then the person's older exports go.
    """
    claimed = _claim(export_id)
    export = _make(claimed) if claimed else None
    # Whatever came of it: a bell that was for nothing may have come in place of another's.
    _ring_next()
    return export


def _make(export: DataExport) -> DataExport | None:
    name = str(export.file.name)
    failed = False
    try:
        _write(export, name)
        _finish(export)
    except ExportDroppedError:
        default_storage.delete(name)
        return None
    except Exception:
        default_storage.delete(name)
        logger.exception("Data export %s failed", export.pk)
        failed = True
    if failed:
        # Not above: as long as the error is at hand, so are the rows that were being read.
        _give_up(_mine(export))
    return DataExport.objects.filter(pk=export.pk).first()


def data_export_delete(*, export: DataExport) -> None:
    """Delete an export, its file first; a worker that is making it notices, stops and rings for the
    next."""
    _file_delete(export)
    export.delete()


def data_exports_sweep() -> int:
    """Delete what has expired, and files that a crash left behind; returns how many exports."""
    now = timezone.now()
    forgotten = Q(state=State.FAILED, finished_at__lt=now - _kept())
    expired = DataExport.objects.filter(Q(expires_at__lt=now) | forgotten)[:500]
    for export in expired:
        data_export_delete(export=export)
    try:
        _folders, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return len(expired)
    for path in (f"{FOLDER}/{name}" for name in names):
        is_old = now - default_storage.get_modified_time(path) > ORPHAN_AGE
        if is_old and not DataExport.objects.filter(file=path).exists():
            default_storage.delete(path)
    return len(expired)


def data_exports_ring_again() -> int:
    """Queue exports anew whose worker got lost, and give up those that lost too many; ring for the
    next one if its bell got lost. Returns how many bells.

    Who waits for a turn loses nothing by it: `attempts` count turns, and not bells.
    """
    now = timezone.now()
    lost = DataExport.objects.filter(state=State.RUNNING, lease_until__lt=now)
    for export in lost[:100]:
        this = lost.filter(pk=export.pk)
        if export.attempts >= MAX_ATTEMPTS:
            _file_delete(export)
            _give_up(this)
        else:
            # A worker that was thought dead and comes back finds it is not its own.
            this.update(state=State.QUEUED, lease_until=now)
    return _ring_next(late=True)


def _in_hand() -> QuerySet[DataExport]:
    """The export that is being made."""
    return DataExport.objects.filter(state=State.RUNNING, lease_until__gte=timezone.now())


def _ring_next(*, late: bool = False) -> int:
    """Ring for the export that has waited longest, unless one is in hand; returns how many bells.

    Args:
        late: only if it was due before now. `lease_until` of one that waits says when its next bell
            is due, should no export that ends ring for it before.
    """
    now = timezone.now()
    waiting = DataExport.objects.filter(state=State.QUEUED)
    due = waiting.filter(lease_until__lte=now) if late else waiting
    first = due.order_by("created_at", "pk").first()
    if first is None or _in_hand().exists():
        return 0
    if not waiting.filter(pk=first.pk).update(lease_until=now + LEASE):
        return 0
    _ring(first.pk)
    return 1


def _claim(export_id: int) -> DataExport | None:
    """Begin an export, if it is queued and none is in hand."""
    # One UPDATE, so that of two workers that answer the same bell one gets nothing. Two may be made
    # for once, which harms nobody: on PostgreSQL both of two bells may be answered at one moment,
    # and a worker may go on that was thought dead, or for a while whose export was deleted.
    claimed = DataExport.objects.filter(
        ~Exists(_in_hand()), pk=export_id, state=State.QUEUED
    ).update(state=State.RUNNING, attempts=F("attempts") + 1, lease_until=timezone.now() + LEASE)
    if not claimed:
        return None
    export = DataExport.objects.select_related("user").filter(pk=export_id).first()
    if export is None:
        return None
    _file_delete(export)  # of an attempt that was lost
    export.file.name = f"{FOLDER}/{uuid.uuid4().hex}.zip"
    return export if _mine(export).update(file=export.file.name) else None


def _file_delete(export: DataExport) -> None:
    if export.file.name:
        default_storage.delete(export.file.name)


def _give_up(exports: QuerySet[DataExport]) -> None:
    exports.update(state=State.FAILED, file="", finished_at=timezone.now(), lease_until=None)


def _mine(export: DataExport) -> QuerySet[DataExport]:
    """The row, as long as it is still in the attempt that this worker claimed."""
    return DataExport.objects.filter(pk=export.pk, attempts=export.attempts, state=State.RUNNING)


def _write(export: DataExport, name: str) -> None:
    """Stream everything of the person into a file in the storage.

    Raises:
        ExportDroppedError: it is no longer this worker's.
    """
    stream = _with_signs_of_life(export, zip_stream(_entries(export.user)))
    default_storage.save(name, File(reader(stream)))


def _finish(export: DataExport) -> None:
    now = timezone.now()
    done = _mine(export).update(
        state=State.DONE,
        size=export.file.size,
        finished_at=now,
        expires_at=now + _kept(),
        lease_until=None,
    )
    if not done:
        raise ExportDroppedError
    over = Q(state__in=[State.DONE, State.FAILED])
    for older in DataExport.objects.filter(over, user=export.user).exclude(pk=export.pk):
        data_export_delete(export=older)


def _with_signs_of_life(export: DataExport, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pass the bytes on, and extend the lease for as long as they come.

    Raises:
        ExportDroppedError: it is no longer this worker's.
    """
    with Beat(
        f"data export {export.pk}",
        lambda: _mine(export).update(lease_until=timezone.now() + LEASE),
        every=SIGN_OF_LIFE_SECONDS,
        patience=SIGN_OF_LIFE_SECONDS,
    ) as beat:
        for chunk in chunks:
            yield chunk
            beat.move()
            if beat.lost:
                raise ExportDroppedError


def _entries(user: User) -> Iterator[tuple[str, Iterable[bytes]]]:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        yield "README.txt", [_readme().encode()]
    for section in sections():
        yield f"data/{section.name}.json", _json(section, user)
        yield f"data/{section.name}.csv", csv_stream(_table(section, user))
    yield from stored_entries((f"files/{file.path}", file.name) for file in personal_files(user))


def _readme() -> str:
    made = _("Everything that this site keeps of you, as of %(date)s.") % {
        "date": f"{timezone.now():%Y-%m-%d %H:%M} UTC"
    }
    tables = _("data/ holds tables, each as JSON and as CSV (UTF-8). Times are in UTC.")
    files = _("files/ holds your pictures and what was made of them; the tables name them.")
    secrets = _("Passwords and keys are not in here: the site itself keeps only digests of them.")
    return "\n".join([made, "", tables, files, secrets, ""])


def _json(section: Section, user: User) -> Iterator[bytes]:
    yield b"["
    for number, row in enumerate(section.rows(user)):
        separator = ",\n" if number else "\n"
        yield f"{separator}{json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)}".encode()
    yield b"\n]\n"


def _table(section: Section, user: User) -> Iterator[Iterable[object]]:
    names: list[str] | None = None
    for row in section.rows(user):
        if names is None:
            names = list(row)
            yield names
        yield [row[name] for name in names]


def _kept() -> timedelta:
    return timedelta(days=settings.DATA_EXPORT_DAYS)


def _ring(export_id: int) -> None:
    from accounts.tasks import make_data_export

    try:
        make_data_export.delay(export_id)
    except (OperationalError, OSError):
        logger.exception("The broker is away; data export %s will be rung again", export_id)
