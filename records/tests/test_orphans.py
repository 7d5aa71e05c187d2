"""The hourly search for files that no row knows, and for folders that were left empty."""

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from conftest import stored_files
from records.models import Media, Record
from records.services import ORPHAN_AGE, files_delete, media_files, orphaned_files_delete, storing
from records.tests.recognized import face_result, recognize

LONG_AGO = 2 * ORPHAN_AGE.total_seconds()


def age(path: Path, seconds: float = LONG_AGO) -> None:
    """As if nobody had touched it for so long."""
    then = time.time() - seconds
    os.utime(path, (then, then))


def age_all() -> None:
    for path in settings.MEDIA_ROOT.rglob("*"):
        age(path)


def folder_of(media: Media) -> Path:
    return settings.MEDIA_ROOT / "media" / media.pk.hex[:2] / media.pk.hex


@pytest.fixture
def recognized(user: User, make_record: Callable[..., Record]) -> list[Record]:
    """Each with four files."""
    return [recognize(make_record(user), face_result()) for _ in range(5)]


@pytest.mark.parametrize(("batch", "queries"), [(500, 3), (2, 9)])
def test_rows_are_asked_for_in_batches(
    recognized: list[Record],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries,
    batch: int,
    queries: int,
) -> None:
    monkeypatch.setattr(storing, "SWEEP_BATCH", batch)
    known = stored_files()
    for record in recognized:
        record.media.original.save("lost.jpg", ContentFile(b"lost"), save=False)
    age_all()

    with django_assert_num_queries(queries):
        assert orphaned_files_delete() == 5

    assert stored_files() == known
    assert len(known) == 20


def test_a_row_that_comes_amid_the_search_keeps_its_files(
    user: User,
    make_record: Callable[..., Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = make_record(user)
    media = record.media
    Media.objects.filter(pk=media.pk).delete()
    for path in folder_of(media).iterdir():
        age(path, ORPHAN_AGE.total_seconds() - 60)
    known, now = storing._known, timezone.now

    def late(folders: list[str]) -> tuple[set[str], set[str]]:
        found = known(folders)
        media.save(force_insert=True)
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(minutes=10))
        return found

    monkeypatch.setattr(storing, "_known", late)

    assert orphaned_files_delete() == 0
    assert stored_files() == set(media_files(media))


def test_empty_folders_go_with_their_record(
    user: User,
    make_record: Callable[..., Record],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    kept, without_files, deleted = (make_record(user).media for _ in range(3))
    files_delete(media_files(without_files))
    with django_capture_on_commit_callbacks(execute=True):
        Media.objects.filter(pk=deleted.pk).delete()
    folders = [folder_of(media) for media in (kept, without_files, deleted)]

    orphaned_files_delete()
    assert [folder.exists() for folder in folders] == [True] * 3  # somebody may be about to write
    age_all()
    orphaned_files_delete()

    assert [folder.exists() for folder in folders] == [True, True, False]
    assert folders[2].parent.exists()
    assert stored_files() == set(media_files(kept))


def test_a_folder_that_is_written_into_meanwhile_stays(
    user: User,
    make_record: Callable[..., Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    media = make_record(user).media
    folder = folder_of(media)
    Media.objects.filter(pk=media.pk).delete()
    files_delete(media_files(media))
    age_all()
    modified = default_storage.get_modified_time

    def write_meanwhile(name: str) -> datetime:
        found = modified(name)
        (folder / "late.jpg").write_bytes(b"late")
        return found

    monkeypatch.setattr(default_storage, "get_modified_time", write_meanwhile)

    assert orphaned_files_delete() == 0
    assert (folder / "late.jpg").exists()
