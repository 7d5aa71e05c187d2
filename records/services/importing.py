"""Records that were exported from an installation become rows and files of this one."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from records.models import Face, Media, Record, SampleBlock, Timeline
from records.names import searchable
from records.services.editing import tags_of_new_records
from records.services.films import FilmFile
from records.services.storing import (
    PictureFile,
    face_files,
    files_delete,
    media_files,
    record_files,
    record_summarize,
)
from records.services.timelines import timeline_prepare

_MEDIA_FIELDS = ("kind", "file_name", "width", "height", "consent_at", "purpose", "created_at")
_RECORD_FIELDS = (
    *("name", "note", "state", "error_code", "error_detail", "detector", "model_name"),
    *("model_version", "recognized_at", "created_at"),
)
_FACE_FIELDS = (
    *("index", "detection_score", "expression", "probabilities", "uncertain", "quality"),
    *("quality_issues", "corrected_expression", "corrected_at"),
)

_IDS = uuid.UUID("0d3b5b0e-6f0c-4d7e-9d53-1f6a3c6f2b77")

BATCH = 100
"""Timelines in one statement: each may have megabytes."""


@dataclass(frozen=True)
class ImportedRecord:
    """A record as another installation exported it, checked.

    Attributes:
        document: see `recognition.import_documents.RecordDocumentSerializer`.
        picture: encoded again, with its thumbnail; None where none was kept or sent.
        annotated: a JPEG, or None.
        crops: a PNG or None for each face.
        film: freed of its metadata; None where none was kept or sent.
        annotated_film: an MP4 on this machine, or None.
        thumbnail: of the film, a WebP, or None.
    """

    document: Mapping[str, Any]
    picture: PictureFile | None
    annotated: bytes | None
    crops: Sequence[bytes | None]
    film: FilmFile | None = None
    annotated_film: Path | None = None
    thumbnail: bytes | None = None


def imported_id(*, owner: User, exported_id: uuid.UUID) -> uuid.UUID:
    """The record's id here: the same for the same person and record, and nobody else's."""
    return uuid.uuid5(_IDS, f"{owner.pk}:{exported_id}")


def is_known(*, owner: User, exported_id: uuid.UUID) -> bool:
    """Whether the person has this record already, as it was exported or imported."""
    ids = [exported_id, imported_id(owner=owner, exported_id=exported_id)]
    return Record.objects.filter(owner=owner, pk__in=ids).exists()


@dataclass(frozen=True)
class PreparedImport:
    """Rows that are not saved yet, of files that are stored already."""

    media: Media
    record: Record
    faces: Sequence[Face]
    tags: Sequence[str]
    timeline: Timeline | None = None
    blocks: Sequence[SampleBlock] = ()

    @property
    def files(self) -> list[str]:
        faces = [name for face in self.faces for name in face_files(face)]
        return [*media_files(self.media), *record_files(self.record), *faces]


def import_prepare(*, owner: User, imported: ImportedRecord) -> PreparedImport:
    """Store the files of one record and return its rows.

    The files come first and outside a transaction, see `records.services.media_prepare`. Hand all
    of an import to `imports_store`, or delete their `files`. How long they are kept is as their
    owner has it set now.
    """
    values = imported.document
    picture, film = imported.picture, imported.film
    content_type, size = "", 0
    if picture:
        content_type, size = picture.content_type, len(picture.original)
    elif film:
        content_type, size = film.content_type, film.path.stat().st_size
    media = Media(
        owner=owner,
        content_type=content_type,
        size=size,
        # From today on: what consent was given to long ago would be gone within the hour.
        delete_at=owner.delete_at(timezone.now()),
        **_chosen(values, _MEDIA_FIELDS),
    )
    record = Record(
        pk=imported_id(owner=owner, exported_id=values["id"]),
        owner=owner,
        media=media,
        kind=media.kind,
        search_text=searchable(values["name"], values["note"], media.file_name),
        **_chosen(values, _RECORD_FIELDS),
    )
    faces = [_face_row(record, face) for face in values["faces"]]
    if values["timeline"]:
        timeline, blocks = timeline_prepare(record=record, values=values["timeline"])
        prepared = PreparedImport(media, record, faces, values["tags"], timeline, blocks)
    else:
        record_summarize(record=record, faces=faces)
        prepared = PreparedImport(media, record, faces, values["tags"])
    try:
        if picture:
            name = f"original.{picture.extension}"
            media.original.save(name, ContentFile(picture.original), save=False)
            media.thumbnail.save("thumbnail.webp", ContentFile(picture.thumbnail), save=False)
        if film:
            with film.path.open("rb") as content:
                media.original.save(f"original.{film.extension}", File(content), save=False)
        if imported.thumbnail:
            media.thumbnail.save("thumbnail.webp", ContentFile(imported.thumbnail), save=False)
        if imported.annotated_film:
            with imported.annotated_film.open("rb") as content:
                name = f"annotated-{uuid.uuid4().hex}.mp4"
                record.annotated.save(name, File(content), save=False)
        if imported.annotated:
            name = f"annotated-{uuid.uuid4().hex}.jpg"
            record.annotated.save(name, ContentFile(imported.annotated), save=False)
        for row, crop in zip(faces, imported.crops, strict=True):
            if crop:
                row.crop.save(f"face-{row.pk.hex}.png", ContentFile(crop), save=False)
    except BaseException:
        files_delete(prepared.files)
        raise
    return prepared


def imports_store(*, prepared: Sequence[PreparedImport]) -> None:
    """Save all prepared rows of a person, or none; the files stay the caller's to delete if it
    raises.

    On SQLite everybody else's writes wait for the transaction. So whatever can be is worked out
    before it begins, and within it there is no statement for each record.
    """
    inserts = [
        _insert_of(Media, [one.media for one in prepared]),
        _insert_of(Record, [one.record for one in prepared]),
        _insert_of(Face, [face for one in prepared for face in one.faces]),
    ]
    timelines = [one.timeline for one in prepared if one.timeline]
    blocks = [block for one in prepared for block in one.blocks]
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, rows in inserts:
            cursor.executemany(statement, rows)
        tags_of_new_records([(one.record, one.tags) for one in prepared])
        Timeline.objects.bulk_create(timelines, batch_size=BATCH)
        SampleBlock.objects.bulk_create(blocks, batch_size=BATCH)


def _insert_of(model: type[Model], rows: Sequence[Model]) -> tuple[str, list[list[Any]]]:
    """What `executemany` takes to insert rows that have their keys already.

    `bulk_create` works its values out with the writer held, which takes five times as long, and
    would set `created_at` to now.
    """
    fields, quote = model._meta.concrete_fields, connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join("%s" for _ in fields)
    table = quote(model._meta.db_table)
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({places})",  # noqa: S608 (names of our own)
        [
            [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
            for row in rows
        ],
    )


def _chosen(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names}


def _face_row(record: Record, values: Mapping[str, Any]) -> Face:
    return Face(
        record=record,
        **values["box"],
        **_chosen(values, _FACE_FIELDS),
        probability=values["probabilities"][values["expression"]],
        corrected_by=record.owner if values["corrected_expression"] else None,
    )
