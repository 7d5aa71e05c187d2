"""The broker of the embedded start: no worker ever takes half a message."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.worker.request import Request
from kombu import Connection
from kombu.transport import filesystem

from ferproject import celery_app, file_broker
from recognition.tasks import recognize_picture


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    folders = {f"data_folder_{way}": str(tmp_path) for way in ("in", "out")}
    options = folders | {"control_folder": str(tmp_path / "control")}
    with Connection("filesystem://localhost", transport_options=options) as connection:
        yield connection


def test_it_is_what_filesystem_means() -> None:
    assert celery_app.main == "ferproject"
    assert isinstance(Connection("filesystem://localhost").transport, file_broker.Transport)


def test_a_message_has_its_name_once_it_is_whole(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    replace = Path.replace

    def look_then_replace(source: Path, target: Path) -> Path:
        seen.append([path.name for path in tmp_path.glob("*.msg")])
        json.loads(source.read_text())
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", look_then_replace)

    with connection.SimpleQueue("pictures") as messages:
        messages.put({"number": 7})
        assert messages.get(timeout=5).payload == {"number": 7}

    assert seen == [[]]
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize(("seconds", "late"), [(60, False), (-1, True)])
def test_a_message_that_comes_too_late_is_not_worked_on(
    connection: Connection, seconds: float, late: bool
) -> None:
    with connection.SimpleQueue("pictures") as messages:
        recognize_picture.apply_async(
            ("job", 0), expires=seconds, connection=connection, queue="pictures"
        )
        message = messages.get(timeout=5)

    assert Request(message, app=celery_app, task=recognize_picture).revoked() is late


def test_a_worker_soon_looks_again_whether_it_is_to_end(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    listened: list[float] = []
    monkeypatch.setattr(
        filesystem.Transport, "drain_events", lambda *_, timeout: listened.append(timeout)
    )

    for seconds in (2.0, 0.05):
        connection.drain_events(timeout=seconds)

    assert listened == [file_broker.LISTENS_SECONDS, 0.05]
