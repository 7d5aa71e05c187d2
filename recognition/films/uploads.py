"""Every write of films on their way: pieces, and what comes of them."""

import logging
import shutil
import uuid
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Keep, User
from ferproject.common.problems import Problem
from mlcore.errors import FilmError
from recognition.errors import UploadError
from recognition.films.cleaning import EXTENSIONS, film_clean
from recognition.films.problems import TOO_LARGE, film_limits, film_problem
from recognition.films.scratch import scratch_folder, scratch_sweep
from recognition.films.work import film_job_create
from recognition.models import FilmPiece, FilmUpload, Job
from records.names import name_from_file
from records.services import (
    ORPHAN_AGE,
    FilmFile,
    files_delete,
    film_prepare,
    film_record_create,
    media_files,
)

logger = logging.getLogger(__name__)

FINISHING = timedelta(minutes=10)
"""A process that has an upload in hand for longer is dead."""

SWEEP = 200
"""Uploads that one run of the hourly task sees to."""


class OffsetMismatchError(Exception):
    """The piece does not begin where the upload ends; `offset` is where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the upload ends at {offset}")
        self.offset = offset


def film_upload_begin(
    *,
    owner: User,
    file_name: str,
    size: int,
    name: str,
    rate: float,
    detector: str,
    purpose: str,
    keep: str,
) -> FilmUpload:
    """Open an upload; its owner said that the people in the film agreed.

    Args:
        file_name: safe to show.
        rate: samples a second; 0 for every frame.

    Raises:
        UploadError: `film_too_large`, `empty_file`.
        Problem: `too_many_uploads` (409).
    """
    if size > settings.FILM_MAX_BYTES:
        raise UploadError(
            "film_too_large",
            _("The film is larger than %(limit)s MB.")
            % {"limit": f"{settings.FILM_MAX_BYTES / 1024 / 1024:g}"},
            too_large=True,
        )
    if size < 1:
        raise UploadError("empty_file", _("The file is empty."))
    now = timezone.now()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # of two at once one counts
        unfinished = FilmUpload.objects.filter(owner=owner, record__isnull=True, expires_at__gt=now)
        if unfinished.count() >= settings.FILM_UPLOADS_OPEN:
            raise Problem(
                "too_many_uploads",
                _("%(count)d films are on their way already; finish or cancel one.")
                % {"count": settings.FILM_UPLOADS_OPEN},
                409,
            )
        upload: FilmUpload = FilmUpload.objects.create(
            owner=owner,
            file_name=file_name,
            name=name,
            size=size,
            rate=rate,
            detector=detector,
            purpose=purpose,
            keep=keep,
            consent_at=now,
            expires_at=now + timedelta(hours=settings.FILM_UPLOAD_HOURS),
        )
    return upload


def film_piece_append(*, upload: FilmUpload, offset: int, content: bytes) -> FilmUpload:
    """Keep a piece of the film; returns the upload as it is now.

    Raises:
        OffsetMismatchError: the upload ends elsewhere; the piece may have come before.
        FilmUpload.DoesNotExist: it is over.
    """
    if offset != upload.offset:
        raise OffsetMismatchError(upload.offset)
    piece = FilmPiece(upload=upload, start=offset, size=len(content))
    # The file comes before its row: what a crash leaves is a file that nobody knows.
    piece.file.save(f"{offset:012d}-{uuid.uuid4().hex}", ContentFile(content), save=False)
    try:
        with transaction.atomic():
            rows = FilmUpload.objects.select_for_update(of=("self",))
            locked: FilmUpload = rows.get(pk=upload.pk, record__isnull=True)
            if locked.offset != offset:
                raise OffsetMismatchError(locked.offset)
            piece.save(force_insert=True)
            locked.offset += len(content)
            locked.expires_at = timezone.now() + timedelta(hours=settings.FILM_UPLOAD_HOURS)
            locked.save(update_fields=["offset", "expires_at"])
    except BaseException:
        files_delete([piece.file.name or ""])
        raise
    return locked


def film_upload_finish(*, upload: FilmUpload) -> Job:
    """Make a record of a film that is there whole, and queue its analysis.

    Raises:
        UploadError: it is no film that is taken; the upload is gone, too.
        Problem: `upload_finishing` (409): another process is at it.
        FilmUpload.DoesNotExist: it is over.
    """
    with _in_hand(upload):
        try:
            with scratch_folder() as folder:
                film, keep = _checked(upload, folder)
                job = _hand_over(upload, film, keep)
        except FilmError as error:
            film_upload_drop(upload=upload)
            problem = film_problem(error)
            raise UploadError(error.code, problem, too_large=error.code in TOO_LARGE) from error
    _folder_delete(upload.pk)
    return job


def film_upload_drop(*, upload: FilmUpload) -> None:
    """Delete an upload that has no record, with all that came of it."""
    with transaction.atomic():
        FilmUpload.objects.filter(pk=upload.pk, record__isnull=True).delete()
    _folder_delete(upload.pk)


def film_uploads_sweep() -> int:
    """Delete uploads that were not finished in time, and files that nobody knows; returns how many
    uploads. Safe to run twice, also at once."""
    late = FilmUpload.objects.filter(record__isnull=True, expires_at__lt=timezone.now())
    swept = 0
    for upload in late.order_by("expires_at")[:SWEEP]:
        film_upload_drop(upload=upload)
        swept += 1
    for folder in _folders():
        _orphans_delete(folder)
    scratch_sweep()
    return swept


@contextmanager
def _in_hand(upload: FilmUpload):  # type: ignore[no-untyped-def]
    """Only one process finishes an upload; one that died is forgotten after a while."""
    now = timezone.now()
    free = Q(finishing_until__isnull=True) | Q(finishing_until__lt=now)
    rows = FilmUpload.objects.filter(pk=upload.pk, record__isnull=True)
    if not rows.filter(free).update(finishing_until=now + FINISHING):
        if rows.exists():
            raise Problem("upload_finishing", _("The film is being looked at already."), 409)
        raise FilmUpload.DoesNotExist
    try:
        yield
    except BaseException:
        FilmUpload.objects.filter(pk=upload.pk).update(finishing_until=None)
        raise


def _checked(upload: FilmUpload, folder: Path) -> tuple[FilmFile, str]:
    """The film without its metadata, and what of it is to be kept.

    Raises:
        FilmError: it is no film that is taken.
        FilmUpload.DoesNotExist: it was cancelled meanwhile.
    """
    joined = folder / "film"
    try:
        _join(upload, joined)
    except FileNotFoundError as error:
        if FilmUpload.objects.filter(pk=upload.pk, record__isnull=True).exists():
            raise  # nobody cancelled it, so the storage has lost a piece
        raise FilmUpload.DoesNotExist from error
    film, clean = film_checked(joined, upload.file_name, folder)
    keep = upload.keep or upload.owner.keep
    if not clean:
        logger.warning("The film of upload %s cannot be freed of its metadata", upload.pk)
        # What may say where it was taken stays only for as long as it is needed.
        keep = Keep.THUMBNAILS if keep == Keep.ALL else keep
    return film, keep


def _join(upload: FilmUpload, path: Path) -> None:
    """Put the pieces of an upload together."""
    with path.open("wb") as target:
        for piece in upload.pieces.order_by("start"):
            with piece.file.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)


def film_checked(path: Path, file_name: str, folder: Path) -> tuple[FilmFile, bool]:
    """The film without its metadata, if that can be done, and whether it could.

    Args:
        folder: where the copy goes; nothing else is in it.

    Raises:
        FilmError: it is no film that is taken.
    """
    from mlcore.films.reading import probe

    limits = film_limits()
    info = probe(path, limits)
    clean = film_clean(path, info, folder, limits=limits)
    extension, content_type = EXTENSIONS[clean.container if clean else info.container]
    film = FilmFile(
        file_name=file_name,
        path=clean.path if clean else path,
        extension=extension,
        content_type=content_type,
        width=info.width,
        height=info.height,
        duration=info.duration,
        frame_rate=info.frame_rate,
        truncated=clean is not None and clean.truncated,
    )
    return film, clean is not None


def _hand_over(upload: FilmUpload, film: FilmFile, keep: str) -> Job:
    media = film_prepare(
        owner=upload.owner,
        film=film,
        consent_at=upload.consent_at,
        purpose=upload.purpose,
        keep=keep,
    )
    try:
        with transaction.atomic():
            rows = FilmUpload.objects.select_for_update(of=("self",))
            locked: FilmUpload = rows.get(pk=upload.pk, record__isnull=True)
            name = upload.name or name_from_file(upload.file_name)
            record = film_record_create(media=media, film=film, name=name)
            job = film_job_create(
                record=record,
                rate=upload.rate,
                duration=film.duration,
                truncated=film.truncated,
                detector=upload.detector,
            )
            locked.record, locked.finishing_until = record, None
            locked.save(update_fields=["record", "finishing_until"])
            locked.pieces.all().delete()
    except BaseException:
        files_delete(media_files(media))
        raise
    upload.record = record
    return job


def _folder_delete(pk: uuid.UUID) -> None:
    """All files of an upload that is over, also those that no row knows."""
    folder = f"films/{pk.hex[:2]}/{pk.hex}"
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    files_delete([*(f"{folder}/{name}" for name in names), folder])


def _orphans_delete(folder: str) -> None:
    """Files of an upload that is gone, or that a crash left beside its pieces."""
    try:
        pk = uuid.UUID(folder.rsplit("/", 1)[1])
    except ValueError:
        return
    known = set(FilmPiece.objects.filter(upload=pk).values_list("file", flat=True))
    names = default_storage.listdir(folder)[1]
    for name in (f"{folder}/{name}" for name in names):
        age = timezone.now() - default_storage.get_modified_time(name)
        if name not in known and age > ORPHAN_AGE:
            files_delete([name])
    if not names and not known:
        files_delete([folder])


def _folders() -> Iterable[str]:
    try:
        prefixes, _files = default_storage.listdir("films")
    except FileNotFoundError:
        return
    for prefix in prefixes:
        folders, _files = default_storage.listdir(f"films/{prefix}")
        yield from (f"films/{prefix}/{folder}" for folder in folders)
