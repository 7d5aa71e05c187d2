"""Whose export is made when: one at a time, and nobody is forgotten."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import data_exports
from accounts.data_exports import (
    LEASE,
    MAX_ATTEMPTS,
    ExportDroppedError,
    data_export_delete,
    data_export_make,
    data_export_request,
    data_exports_ring_again,
)
from accounts.models import DataExport


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Exports whose bells were rung, which no worker hears."""
    bells: list[int] = []
    monkeypatch.setattr(data_exports, "_ring", bells.append)
    return bells


@pytest.fixture
def exports(make_user: Callable, rung: list[int]) -> list[DataExport]:
    """Of three people who asked one after the other, and whose bells were answered."""
    return [data_export_request(user=make_user(f"person.{number}")) for number in range(3)]


def elapse(seconds: float = LEASE.total_seconds() + 1) -> None:
    """As if so much time had passed since all that was."""
    for export in DataExport.objects.filter(lease_until__isnull=False):
        export.lease_until -= timedelta(seconds=seconds)
        export.save(update_fields=["lease_until"])


def begin(export: DataExport) -> DataExport:
    claimed = data_exports._claim(export.pk)
    assert claimed is not None
    return claimed


def states() -> list[str]:
    return list(DataExport.objects.order_by("pk").values_list("state", flat=True))


def test_one_is_made_at_a_time(exports: list[DataExport], rung: list[int]) -> None:
    begin(exports[0])

    for waiting in exports[1:]:
        assert data_export_make(export_id=waiting.pk) is None

    assert states() == ["running", "queued", "queued"]
    assert DataExport.objects.get(pk=exports[1].pk).attempts == 0
    assert rung == []


@pytest.mark.parametrize("end", ["done", "failed", "dropped"])
def test_when_one_is_over_the_bell_rings_for_who_waited_longest(
    exports: list[DataExport], rung: list[int], monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    first, second, third = exports
    write = data_exports._write

    def meanwhile(export: DataExport, name: str) -> None:
        assert data_export_make(export_id=third.pk) is None
        assert data_export_make(export_id=second.pk) is None
        if end == "failed":
            raise OSError("the disk is full")
        if end == "dropped":
            data_export_delete(export=export)
            raise ExportDroppedError
        write(export, name)

    monkeypatch.setattr(data_exports, "_write", meanwhile)

    made = data_export_make(export_id=first.pk)

    assert (made.state if made else "dropped") == end
    assert rung == [second.pk]
    monkeypatch.setattr(data_exports, "_write", write)
    for export, bells in ((second, [second.pk, third.pk]), (third, [second.pk, third.pk])):
        made = data_export_make(export_id=export.pk)
        assert made is not None
        assert made.state == "done"
        assert rung == bells


def test_a_bell_for_one_that_was_deleted_while_it_waited_goes_to_the_next(
    exports: list[DataExport], rung: list[int]
) -> None:
    first, second, third = exports
    data_export_make(export_id=first.pk)
    second.user.delete()

    assert data_export_make(export_id=second.pk) is None

    assert rung == [second.pk, third.pk]


def test_who_waits_long_is_not_given_up_and_not_rung_for_in_vain(
    exports: list[DataExport], rung: list[int]
) -> None:
    first, second, _third = exports
    begin(first)
    for _ in range(3 * MAX_ATTEMPTS):
        elapse()
        DataExport.objects.filter(pk=first.pk).update(lease_until=timezone.now() + LEASE)
        assert data_exports_ring_again() == 0
        assert data_export_make(export_id=second.pk) is None

    assert states() == ["running", "queued", "queued"]
    assert set(DataExport.objects.exclude(pk=first.pk).values_list("attempts")) == {(0,)}
    assert rung == []


def test_a_lost_bell_is_rung_again(exports: list[DataExport], rung: list[int]) -> None:
    """One bell at a time: it is heard when its turn has come, whosever it is."""
    assert data_exports_ring_again() == 0  # they may be on their way
    elapse()

    assert data_exports_ring_again() == 1

    assert rung == [exports[0].pk]
    begin(exports[0])
    assert data_exports_ring_again() == 0


def test_a_lost_worker_is_in_nobodys_way(exports: list[DataExport], rung: list[int]) -> None:
    first, second, _third = exports
    lost = begin(first)
    elapse()

    assert data_exports_ring_again() == 1

    assert rung == [first.pk]
    assert begin(first).attempts == 2
    assert not data_exports._mine(lost).exists()
    assert data_exports._claim(second.pk) is None
    elapse()
    begin(second)  # before anybody has noticed that the first one's worker is lost, too


def test_one_that_loses_all_its_workers_makes_way(
    exports: list[DataExport], rung: list[int]
) -> None:
    first, second, _third = exports
    for _ in range(MAX_ATTEMPTS):
        begin(first)
        elapse()
        data_exports_ring_again()

    assert states() == ["failed", "queued", "queued"]
    assert rung == [first.pk] * (MAX_ATTEMPTS - 1) + [second.pk]


def test_asking_again_and_again_is_throttled(api: APIClient, rung: list[int]) -> None:
    for _ in range(10):
        asked = api.post("/api/v1/data-exports/")
        assert asked.status_code == 202, asked.content
        assert api.delete(f"/api/v1/data-exports/{asked.json()['id']}/").status_code == 204

    refused = api.post("/api/v1/data-exports/")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert int(refused["Retry-After"]) > 0
    assert states() == []
    assert api.get("/api/v1/data-exports/").status_code == 200
