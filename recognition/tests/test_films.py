"""Films over the API, decoded, analysed and made by the real thing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from conftest import stored_files
from recognition.models import FilmBlock, FilmPiece, FilmUpload
from recognition.tests.films import FILMS, film_bytes, send
from records.models import Media


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three seconds with one face."""
    return film_bytes(tmp_path_factory.mktemp("film"))


@pytest.fixture(autouse=True)
def _own_scratch(settings, tmp_path: Path) -> None:
    settings.FILM_SCRATCH_DIR = tmp_path / "scratch"


@pytest.fixture
def analysed(api: APIClient, film: bytes, run_jobs: Callable) -> dict[str, Any]:
    """The record of a film that was analysed."""
    with run_jobs():
        answer = send(api, film)
    assert answer.status_code == 200, answer.content
    return api.get(f"/api/v1/records/{answer.json()['record']}/").json()


def test_a_film_is_sent_in_pieces_and_analysed(
    api: APIClient, film: bytes, run_jobs: Callable
) -> None:
    with run_jobs():
        answer = send(api, film, name="A talk")

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["offset"] == len(film)
    upload = FilmUpload.objects.get()
    assert api.get(f"{FILMS}{upload.pk}/").json()["state"] == "done"
    job = api.get(f"/api/v1/jobs/{body['job']['id']}/").json()
    assert (job["kind"], job["state"], job["error"]) == ("film", "done", None)
    assert job["film"]["done_seconds"] == pytest.approx(2.9, abs=0.2)
    record = api.get(f"/api/v1/records/{body['record']}/").json()
    assert (record["name"], record["kind"], record["state"]) == ("A talk", "video", "done")
    assert (record["face_count"], record["expression"]) == (1, "happy")
    timeline = record["timeline"]
    assert (timeline["width"], timeline["height"]) == (320, 240)
    assert timeline["duration"] == pytest.approx(3.0, abs=0.2)
    assert timeline["sample_count"] == 15  # five a second
    samples = api.get(f"/api/v1/records/{body['record']}/samples/").json()
    assert len(samples["times"]) == 15
    assert set(samples["tracks"]) == {1}
    assert record["thumbnail"]
    assert not FilmPiece.objects.exists()
    assert not FilmBlock.objects.exists()
    media = Media.objects.get()
    folder = media.original.name.rsplit("/", 1)[0]
    assert stored_files() == {media.original.name, media.thumbnail.name}
    assert folder.endswith(media.pk.hex)
