"""The broker of the embedded start: no worker ever takes half a message."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection

from ferproject import celery_app, file_broker


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
