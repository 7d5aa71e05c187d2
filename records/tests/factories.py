"""Rows without a recognition, for tests of what is read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import User
from mlcore.labels import EXPRESSIONS
from records.models import Face, Media, Record
from records.names import searchable
from records.services import FilmFile, film_prepare, film_record_create, film_store
from records.timelines import Samples

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


FILM = bytes(range(256)) * 40
"""No film, but its bytes are told apart."""

Shown = tuple[float, int, str]

TALK: list[Shown] = [
    *((at / 5, 1, "happy" if at < 10 else "sad") for at in range(20)),  # 0 to 4 s
    *((at / 5, 2, "neutral") for at in range(20)),
    *((at / 5, 3, "angry") for at in range(25, 35)),  # 5 to 7 s
]


def samples_shown(rows: Sequence[Shown]) -> Samples:
    """Samples of (time, track, expression), each sure of it by 94 %."""
    return Samples.of(
        times=[row[0] for row in rows],
        tracks=[row[1] for row in rows],
        boxes=[[10 * row[1], 20, 100, 110] for row in rows],
        probabilities=[[0.94 if name == row[2] else 0.01 for name in EXPRESSIONS] for row in rows],
        quality=[0.9 for row in rows],
        uncertain=[False for row in rows],
    ).in_order()


def make_film_record(
    owner: User,
    folder: Path,
    rows: Sequence[Shown] = TALK,
    keep: str = "all",
    content: bytes = FILM,
) -> Record:
    """A film as its analysis leaves it."""
    path = folder / "film.mp4"
    path.write_bytes(content)
    film = FilmFile("talk.mp4", path, "mp4", "video/mp4", 640, 360, 8.0, 25.0, False)
    media = film_prepare(owner=owner, film=film, consent_at=timezone.now(), purpose="", keep=keep)
    return film_store(
        record=film_record_create(media=media, film=film, name="Talk"),
        samples=samples_shown(rows),
        cuts=[4.5],
        duration=8.0,
        truncated=False,
        detector="dlib_hog",
        model_name="m",
        model_version="1",
    )
