"""What records keep of a person, for `accounts.personal_data`."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from accounts.personal_data import CHUNK, PersonalFile, Room, Row, Section, fields_of
from mlcore.labels import EXPRESSIONS
from records.exports import timeline_document
from records.keeping import media_erase
from records.models import Face, Media, Record, SampleBlock, Tag, Timeline
from records.timelines import Samples


def _media(user: User) -> Iterator[Row]:
    for media in _streamed(Media.objects.filter(owner=user)):
        yield {
            "id": media.pk,
            "file_name": media.file_name,
            "kind": media.kind,
            "content_type": media.content_type,
            "size": media.size,
            "width": media.width,
            "height": media.height,
            "consent_at": media.consent_at,
            "purpose": media.purpose,
            "keep": media.keep,
            "delete_at": media.delete_at,
            "created_at": media.created_at,
            "original": _path(media.original.name),
            "thumbnail": _path(media.thumbnail.name),
        }


def _records(user: User) -> Iterator[Row]:
    records = Record.objects.filter(owner=user).prefetch_related("tags")
    for record in _streamed(records):
        yield {
            "id": record.pk,
            "media": record.media_id,
            "name": record.name,
            "note": record.note,
            "tags": [tag.name for tag in record.tags.all()],
            "state": record.state,
            "error_code": record.error_code,
            "error_detail": record.error_detail,
            "expression": record.expression,
            "probability": record.probability,
            "uncertain": record.uncertain,
            "face_count": record.face_count,
            "detector": record.detector,
            "model_name": record.model_name,
            "model_version": record.model_version,
            "revision": record.revision,
            "created_at": record.created_at,
            "recognized_at": record.recognized_at,
            "deleted_at": record.deleted_at,
            "annotated": _path(record.annotated.name),
        }


def _faces(user: User) -> Iterator[Row]:
    faces = Face.objects.filter(record__owner=user).order_by("record_id", "index")
    for face in faces.iterator(chunk_size=CHUNK):
        yield {
            "id": face.pk,
            "record": face.record_id,
            "index": face.index,
            "x": face.x,
            "y": face.y,
            "width": face.width,
            "height": face.height,
            "detection_score": face.detection_score,
            "expression": face.expression,
            "probability": face.probability,
            **{f"probability_{name}": share for name, share in face.probabilities.items()},
            "quality": face.quality,
            "quality_issues": face.quality_issues,
            "uncertain": face.uncertain,
            "explanation": face.explanation,
            "corrected_expression": face.corrected_expression,
            "corrected_at": face.corrected_at,
            "crop": _path(face.crop.name),
        }


def _corrections(user: User) -> Iterator[Row]:
    """What the person said that faces show, in whosever record."""
    faces = Face.objects.filter(corrected_by=user).order_by("pk")
    names = ("id", "record", "expression", "corrected_expression", "corrected_at")
    return fields_of(faces, *names)


def _timelines(user: User) -> Iterator[Row]:
    for timeline in _streamed(Timeline.objects.filter(owner=user)):
        yield {
            "id": timeline.pk,
            "record": timeline.record_id,
            "media": timeline.media_id,
            "created_at": timeline.created_at,
            **timeline_document(timeline),
        }


def _samples(user: User) -> Iterator[Row]:
    blocks = SampleBlock.objects.filter(timeline__owner=user).order_by("timeline_id", "index")
    for block in blocks.iterator(chunk_size=4):
        columns = Samples.from_bytes(block.data, block.count).columns()
        rows = zip(*columns.values(), strict=True)
        for at, track, (x, y, width, height), shares, quality, uncertain in rows:
            yield {
                "timeline": block.timeline_id,
                "time": at,
                "face": track,
                "x": x,
                "y": y,
                "width": width,
                "height": height,
                **{f"probability_{name}": p for name, p in zip(EXPRESSIONS, shares, strict=True)},
                "quality": quality,
                "uncertain": uncertain,
            }


def _tags(user: User) -> Iterator[Row]:
    return fields_of(Tag.objects.filter(owner=user), "name")


def _files(user: User) -> Iterator[PersonalFile]:
    media = Media.objects.filter(owner=user).order_by("pk")
    columns = media.values_list("original", "thumbnail").iterator(chunk_size=CHUNK)
    for names in columns:
        yield from (PersonalFile(_path(name), name) for name in names if name)
    for files in (
        Record.objects.filter(owner=user).values_list("annotated", flat=True),
        Face.objects.filter(record__owner=user).values_list("crop", flat=True),
    ):
        for name in files.order_by("pk").iterator(chunk_size=CHUNK):
            if name:
                yield PersonalFile(_path(name), name)


def _path(name: str | None) -> str:
    """Where a stored file lies in the export: the folder of its medium, without the prefix."""
    return "/".join(name.split("/")[2:]) if name else ""


def _streamed(rows: QuerySet[Any]) -> Iterator[Any]:
    return rows.order_by("pk").iterator(chunk_size=CHUNK)


ROOM = Room(
    sections=(
        Section("pictures", frozenset({"records.Media"}), _media),
        Section("records", frozenset({"records.Record"}), _records),
        Section("faces", frozenset({"records.Face"}), _faces),
        Section("corrections", frozenset({"records.Face"}), _corrections),
        Section("timelines", frozenset({"records.Timeline"}), _timelines),
        Section("samples", frozenset({"records.SampleBlock"}), _samples),
        Section("tags", frozenset({"records.Tag"}), _tags),
    ),
    files=_files,
    erase=media_erase,
)
