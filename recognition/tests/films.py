"""Small films with a face that is known, and what sends them."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rest_framework.test import APIClient

from conftest import PORTRAIT
from mlcore.films.composed import Actor, Shot, Writing, compose_film, write_film

FILMS = "/api/v1/films/"
SIZE = (320, 240)


def head() -> np.ndarray:
    """The portrait's head, square."""
    picture = Image.open(PORTRAIT).crop((110, 0, 340, 230)).resize((200, 200))
    return np.asarray(picture.convert("RGB"))


def film_bytes(
    folder: Path,
    *,
    seconds: Sequence[float] = (3.0,),
    rate: float = 10.0,
    suffix: str = "mp4",
    faces: int = 1,
    writing: Writing | None = None,
) -> bytes:
    """A film of shots with the portrait at different places, as a file's bytes."""
    path = folder / f"film.{suffix}"
    backgrounds = np.full((SIZE[1], SIZE[0] * faces, 3), (90, 110, 130), np.uint8)
    shots = []
    for place, length in enumerate(seconds):
        actors = [
            Actor(head(), lambda time, n=n: (SIZE[0] * n + 130 + 20 * np.sin(time), 120, 200))
            for n in range(faces)
        ]
        shade = np.clip(backgrounds.astype(int) + 60 * (place % 2), 0, 255).astype(np.uint8)
        shots.append(Shot(length, shade, actors))
    frames = ((one.time, one.picture) for one in compose_film(shots, rate))
    write_film(path, frames, writing or Writing(rate=round(rate)))
    return path.read_bytes()


def begin(client: APIClient, content: bytes, **fields: Any) -> Any:
    values = {"file_name": "My film.mp4", "size": len(content), "people_agreed": True, **fields}
    return client.post(FILMS, values)


def piece(client: APIClient, pk: str, offset: Any, content: bytes) -> Any:
    return client.generic(
        "PATCH", f"{FILMS}{pk}/?offset={offset}", content, content_type="application/octet-stream"
    )


def pieces(content: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    stream = io.BytesIO(content)
    offset = 0
    while part := stream.read(size):
        yield offset, part
        offset += len(part)


def send(client: APIClient, content: bytes, *, size: int = 40_000, **fields: Any) -> Any:
    """The answer to the last piece of a film that is sent whole."""
    response = begin(client, content, **fields)
    assert response.status_code == 201, response.content
    answer = response
    for offset, part in pieces(content, size):
        answer = piece(client, response.json()["id"], offset, part)
        if answer.status_code != 200:
            break
    return answer
