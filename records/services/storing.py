"""Media, records and faces as they are recognised.

Files are written before their rows and deleted after them, so a row never points at a file that is
not there; what a crash leaves behind is swept up hourly. What is deleted because its time has come,
or with its owner, is in `records.keeping`.
"""

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from accounts.models import Keep, User
from records.models import Face, Media, Record
from records.names import searchable
from records.services.corrections import (
    corrections_carry_over,
    corrections_count,
    strongest_face,
)

logger = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(hours=1)
"""An upload's files stand alone until its transaction ends; after this long they are orphans."""

SWEEP_BATCH = 500
"""Folders whose rows the search for orphans asks for at once."""


@dataclass(frozen=True)
class PictureFile:
    """A checked picture, encoded again without metadata.

    Attributes:
        file_name: what the person's file was called, made safe to show.
        extension, content_type: of `original`.
        thumbnail: a small WebP.
        width, height: of the original in pixels, upright.
    """

    file_name: str
    extension: str
    content_type: str
    original: bytes
    thumbnail: bytes
    width: int
    height: int


@dataclass(frozen=True)
class FaceResult:
    """What was recognised of one face; `crop` is a PNG, the box lies inside the picture.

    Attributes:
        quality, quality_issues: see `mlcore.quality`.
        uncertain: the expression is not to be relied on.
    """

    x: int
    y: int
    width: int
    height: int
    detection_score: float
    crop: bytes
    probabilities: Mapping[str, float]
    quality: float
    quality_issues: Sequence[str]
    uncertain: bool


def media_prepare(
    *,
    owner: User,
    picture: PictureFile,
    consent_at: datetime,
    kind: str = Media.Kind.PICTURE,
    purpose: str = "",
    keep: str | None = None,
) -> Media:
    """Store a picture's files and return its row, not yet saved.

    What is kept of it, and for how long, is as its owner has it set now, unless `keep` says
    otherwise. The files come first and outside a transaction: writing them may take long, and on
    SQLite a transaction holds everybody else's writes up. Save the row, or delete its
    `media_files`.
    """
    media = Media(
        owner=owner,
        file_name=picture.file_name,
        content_type=picture.content_type,
        size=len(picture.original),
        width=picture.width,
        height=picture.height,
        consent_at=consent_at,
        kind=kind,
        purpose=purpose,
        keep=keep or owner.keep,
        delete_at=owner.delete_at(consent_at),
    )
    original, thumbnail = ContentFile(picture.original), ContentFile(picture.thumbnail)
    try:
        media.original.save(f"original.{picture.extension}", original, save=False)
        media.thumbnail.save("thumbnail.webp", thumbnail, save=False)
    except BaseException:
        files_delete(media_files(media))
        raise
    return media


def record_create(*, media: Media, name: str) -> Record:
    """Save a medium, prepared or there already, and a record of it; call inside a transaction."""
    media.save(force_insert=media._state.adding)
    return Record.objects.create(
        owner=media.owner,
        media=media,
        name=name,
        kind=media.kind,
        search_text=searchable(name, "", media.file_name),
    )


def record_store_faces(
    *,
    record: Record,
    faces: Sequence[FaceResult],
    annotated: bytes,
    detector: str,
    model_name: str,
    model_version: str,
) -> Record:
    """Replace the record's faces and mark it done; storing twice leaves the same rows.

    A person's corrections stay with the faces that are found where they were, and go with those
    that are not, see `corrections_carry_over`. Pictures that are not to be kept go in the same
    transaction.
    """
    written: list[str] = []
    try:
        with transaction.atomic():
            locked: Record = (
                Record.objects.select_for_update().select_related("media").get(pk=record.pk)
            )
            outdated = record_files(locked)
            rows = [_face_row(locked, index, face) for index, face in enumerate(faces)]
            corrections_carry_over(old=locked.faces.defer("explanation"), new=rows)
            locked.faces.all().delete()
            locked.annotated.name = ""
            if locked.media.keep == Keep.ALL:
                for row, face in zip(rows, faces, strict=True):
                    row.crop.save(f"face-{row.pk.hex}.png", ContentFile(face.crop), save=False)
                    written += face_files(row)
                name = f"annotated-{uuid.uuid4().hex}.jpg"
                locked.annotated.save(name, ContentFile(annotated), save=False)
                written += record_files(locked)
            Face.objects.bulk_create(rows)
            outdated += media_forget_pictures(media=locked.media)
            record_summarize(record=locked, faces=rows)
            locked.detector = detector
            locked.model_name = model_name
            locked.model_version = model_version
            locked.state = Record.State.DONE
            locked.error_code = locked.error_detail = ""
            locked.recognized_at = timezone.now()
            locked.save()
            transaction.on_commit(lambda: files_delete(outdated))
    except BaseException:
        files_delete(written)
        raise
    return locked


def record_summarize(*, record: Record, faces: Sequence[Face]) -> None:
    """Set what lists show of a record's faces; the caller saves it."""
    strongest = strongest_face(faces)
    record.expression = strongest.expression if strongest else ""
    record.probability = strongest.probability if strongest else None
    record.uncertain = strongest is not None and strongest.uncertain
    record.face_count = len(faces)
    corrections_count(record=record, faces=faces)


def media_forget_pictures(*, media: Media) -> list[str]:
    """Empty the fields of a medium's pictures that its owner did not want kept.

    Call inside a transaction, and delete the files that it returns once that is over: a row that
    points at nothing is harmless, a file that nobody knows is swept up.
    """
    if media.keep == Keep.ALL:
        return []
    forgotten = [media.original] if media.keep == Keep.THUMBNAILS else _pictures(media)
    names = [field.name for field in forgotten if field.name]
    for field in forgotten:
        field.name = ""
    media.save(update_fields=["original", "thumbnail"])
    return names


def face_store_explanation(*, face: Face, explanation: Mapping[str, Any]) -> bool:
    """Keep what the face's answer rests on; False if the face is gone."""
    return bool(Face.objects.filter(pk=face.pk).update(explanation=explanation))


def record_mark_failed(*, record: Record, code: str, detail: str) -> None:
    """Say in the record why it has no result; a result that it has already stays."""
    Record.objects.filter(pk=record.pk).exclude(state=Record.State.DONE).update(
        state=Record.State.FAILED, error_code=code, error_detail=detail
    )


def record_mark_queued(*, record: Record) -> None:
    """A failed record is tried again."""
    Record.objects.filter(pk=record.pk, state=Record.State.FAILED).update(
        state=Record.State.QUEUED, error_code="", error_detail=""
    )


def media_files(media: Media) -> list[str]:
    return [field.name for field in _pictures(media) if field.name]


def record_files(record: Record) -> list[str]:
    return [record.annotated.name] if record.annotated.name else []


def face_files(face: Face) -> list[str]:
    return [face.crop.name] if face.crop.name else []


def files_delete(names: Iterable[str]) -> None:
    """Delete files; one that cannot be deleted now is left to the hourly sweep."""
    for name in names:
        try:
            default_storage.delete(name)
        except OSError:
            logger.exception("Could not delete %s", name)


def orphaned_files_delete() -> int:
    """Delete files that no row knows, left behind by a crash, and folders that were left empty;
    returns how many files."""
    folders = iter(_media_folders())
    deleted = 0
    while batch := list(islice(folders, SWEEP_BATCH)):
        deleted += _orphans_delete(batch)
    return deleted


def _pictures(media: Media) -> list[FieldFile]:
    return [media.original, media.thumbnail]


def _media_folders() -> Iterable[str]:
    try:
        prefixes, _ = default_storage.listdir("media")
    except FileNotFoundError:
        return
    for prefix in prefixes:
        try:
            folders, _ = default_storage.listdir(f"media/{prefix}")
        except FileNotFoundError:
            continue
        yield from (f"media/{prefix}/{folder}" for folder in folders)


def _orphans_delete(folders: Sequence[str]) -> int:
    # Before anything is read: by then what is an orphan had its time to get a row.
    old = timezone.now() - ORPHAN_AGE
    media, known = _known(folders)
    deleted = 0
    for folder in folders:
        try:
            inner, names = default_storage.listdir(folder)
            for name in {f"{folder}/{name}" for name in names} - known:
                if default_storage.get_modified_time(name) < old:
                    default_storage.delete(name)
                    deleted += 1
            if not inner and not names and folder not in media:
                _empty_folder_delete(folder, old)
        except FileNotFoundError:
            continue  # somebody else deleted it in between
    return deleted


def _empty_folder_delete(folder: str, old: datetime) -> None:
    """Delete the empty folder of a medium that is not there.

    One that was made just now is about to get its first file, which would fail. The folders above,
    256 at most, stay: a folder may be about to be made in them, however old they are. Storages that
    are no file system have no empty folders.
    """
    is_local = isinstance(default_storage, FileSystemStorage)
    if not is_local or default_storage.get_modified_time(folder) >= old:
        return
    # Somebody wrote into it after all: then it is not empty, and stays.
    with suppress(OSError):
        default_storage.delete(folder)


def _known(folders: Iterable[str]) -> tuple[set[str], set[str]]:
    """Which of these folders are of media that are there, and all files that their rows know."""
    ids = set()
    for folder in folders:
        with suppress(ValueError):
            ids.add(uuid.UUID(folder.rsplit("/", 1)[1]))
    media = Media.objects.filter(pk__in=ids).values_list("pk", "original", "thumbnail")
    there, files = set(), set[str]()
    for pk, *names in media:
        there.add(f"media/{pk.hex[:2]}/{pk.hex}")
        files.update(names)
    of_records = Record.objects.filter(media__in=ids).values_list("annotated", flat=True)
    of_faces = Face.objects.filter(record__media__in=ids).values_list("crop", flat=True)
    return there, files.union(of_records, of_faces)


def _face_row(record: Record, index: int, face: FaceResult) -> Face:
    expression = max(face.probabilities, key=face.probabilities.__getitem__)
    return Face(
        record=record,
        index=index,
        x=face.x,
        y=face.y,
        width=face.width,
        height=face.height,
        detection_score=face.detection_score,
        expression=expression,
        probability=face.probabilities[expression],
        probabilities=dict(face.probabilities),
        quality=face.quality,
        quality_issues=list(face.quality_issues),
        uncertain=face.uncertain,
    )
