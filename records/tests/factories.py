"""Rows without a recognition, for tests of what is read."""

from datetime import UTC, datetime
from typing import Any

from django.core.files.base import ContentFile

from accounts.models import User
from mlcore.labels import EXPRESSIONS
from records.models import Face, Media, Record
from records.names import searchable

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


def probabilities_of(expression: str, probability: float) -> dict[str, float]:
    """`probability` for the expression, the rest shared by the others."""
    rest = (1 - probability) / (len(EXPRESSIONS) - 1)
    return {name: probability if name == expression else rest for name in EXPRESSIONS}


def make_record(
    owner: User,
    faces: list[tuple[str, float]] | None = None,
    *,
    at: datetime = NOON,
    files: bool = False,
    **fields: Any,
) -> Record:
    """A record that is done, with a face for each (expression, probability)."""
    media = Media(
        owner=owner,
        kind=fields.pop("kind", Media.Kind.PICTURE),
        file_name=fields.pop("file_name", "a.jpg"),
        content_type="image/jpeg",
        size=3,
        width=100,
        height=80,
        consent_at=at,
    )
    if files:
        media.original.save("original.jpg", ContentFile(b"jpg"), save=False)
        media.thumbnail.save("thumbnail.webp", ContentFile(b"webp"), save=False)
    media.save(force_insert=True)
    strongest = max(faces or [], key=lambda face: face[1], default=("", None))
    values = {
        "name": "A record",
        "state": Record.State.DONE,
        "face_count": len(faces or []),
        "expression": strongest[0],
        "probability": strongest[1],
        "recognized_at": at,
        "model_name": "compact_vgg",
        "model_version": "1",
        "detector": "dlib_hog",
        **fields,
    }
    text = searchable(values["name"], values.get("note", ""), media.file_name)
    record = Record.objects.create(
        owner=owner, media=media, kind=media.kind, search_text=text, **values
    )
    Record.objects.filter(pk=record.pk).update(created_at=at)
    for index, (expression, probability) in enumerate(faces or []):
        Face.objects.create(
            record=record,
            index=index,
            x=10 * index,
            y=0,
            width=10,
            height=10,
            detection_score=0.5,
            expression=expression,
            probability=probability,
            probabilities=probabilities_of(expression, probability),
            quality=0.9,
        )
    record.refresh_from_db()
    return record
