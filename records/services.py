"""Every write of records. Files are written before their rows and deleted after them, so a row
never points at a file that is not there; what a crash leaves behind is swept up hourly."""

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from records.models import Face, Media, Record

logger = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(hours=1)
"""An upload's files stand alone until its transaction ends; after this long they are orphans."""


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


def media_prepare(*, owner: User, picture: PictureFile, consent_at: datetime) -> Media:
    """Store a picture's files and return its row, not yet saved.

    The files come first and outside a transaction: writing them may take long, and on SQLite a
    transaction holds everybody else's writes up. Save the row, or delete its `media_files`.
    """
    media = Media(
        owner=owner,
        file_name=picture.file_name,
        content_type=picture.content_type,
        size=len(picture.original),
        width=picture.width,
        height=picture.height,
        consent_at=consent_at,
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
    """Save a prepared medium and a record of it; call inside a transaction."""
    media.save(force_insert=True)
    return Record.objects.create(owner=media.owner, media=media, name=name)


def record_store_faces(
    *,
    record: Record,
    faces: Sequence[FaceResult],
    annotated: bytes,
    detector: str,
    model_name: str,
    model_version: str,
) -> Record:
    """Replace the record's faces and mark it done; storing twice leaves the same rows."""
    written: list[str] = []
    try:
        with transaction.atomic():
            locked: Record = (
                Record.objects.select_for_update().select_related("media").get(pk=record.pk)
            )
            outdated = record_files(locked)
            locked.faces.all().delete()
            rows = [_face_row(locked, index, face) for index, face in enumerate(faces)]
            for row, face in zip(rows, faces, strict=True):
                row.crop.save(f"face-{row.pk.hex}.png", ContentFile(face.crop), save=False)
                written += face_files(row)
            Face.objects.bulk_create(rows)
            name = f"annotated-{uuid.uuid4().hex}.jpg"
            locked.annotated.save(name, ContentFile(annotated), save=False)
            written += record_files(locked)
            # A blurred face's 90 % must not speak for the picture where a sharp one says 80 %.
            strongest = max(
                rows, key=lambda row: (not row.uncertain, row.probability), default=None
            )
            locked.expression = strongest.expression if strongest else ""
            locked.probability = strongest.probability if strongest else None
            locked.uncertain = strongest is not None and strongest.uncertain
            locked.face_count = len(rows)
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


def record_rename(*, record: Record, name: str) -> Record:
    record.name = name
    record.save(update_fields=["name"])
    return record


def record_delete(*, record: Record) -> None:
    """Delete a record and its faces, and its medium if no other record is of it.

    `records.signals` deletes the files once the rows are gone.
    """
    with transaction.atomic():
        media = Media.objects.select_for_update().get(pk=record.media_id)
        if media.records.exclude(pk=record.pk).exists():
            record.delete()
        else:
            media.delete()


def media_files(media: Media) -> list[str]:
    return [field.name for field in (media.original, media.thumbnail) if field.name]


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
    """Delete files that no row knows, left behind by a crash; returns how many."""
    deleted = 0
    for folder in _media_folders():
        known = _known_files(folder)
        _, names = default_storage.listdir(folder)
        for name in (f"{folder}/{name}" for name in names):
            age = timezone.now() - default_storage.get_modified_time(name)
            if name not in known and age > ORPHAN_AGE:
                default_storage.delete(name)
                deleted += 1
    return deleted


def _media_folders() -> Iterable[str]:
    try:
        prefixes, _ = default_storage.listdir("media")
    except FileNotFoundError:
        return
    for prefix in prefixes:
        folders, _ = default_storage.listdir(f"media/{prefix}")
        yield from (f"media/{prefix}/{folder}" for folder in folders)


def _known_files(folder: str) -> set[str]:
    try:
        media_id = uuid.UUID(folder.rsplit("/", 1)[1])
    except ValueError:
        return set()
    media = Media.objects.filter(pk=media_id).first()
    if media is None:
        return set()
    known = set(media_files(media))
    for record in media.records.prefetch_related("faces"):
        known.update(record_files(record), *map(face_files, record.faces.all()))
    return known


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
