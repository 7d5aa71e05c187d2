"""Real services for the tests that cross rooms."""

import io
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from kombu import Connection
from PIL import Image

from conftest import PORTRAIT, require
from tests.stack import embedded, free_port, wait_for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes runs last: a fault in a room shows first, and fast."""
    items.sort(key=lambda item: any(item.get_closest_marker(m) for m in ("stack", "browser")))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the product in its embedded default."""
    with embedded(tmp_path_factory.mktemp("embedded") / "data") as (_, address):
        yield address


@pytest.fixture(scope="session")
def large_portrait() -> bytes:
    """The portrait on a canvas of 24 megapixels, which takes a worker about a second."""
    canvas = Image.new("RGB", (6000, 4000), (90, 110, 130))
    face = Image.open(PORTRAIT).resize((2400, 2400))
    canvas.paste(face, (1800, 800))
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """A fresh database on the PostgreSQL of TEST_POSTGRESQL_URL, or of this machine."""
    server = os.environ.get("TEST_POSTGRESQL_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    try:
        admin = psycopg2.connect(server, connect_timeout=3)
    except psycopg2.OperationalError as error:
        require(False, f"no PostgreSQL answers at {server}: {str(error).splitlines()[0]}")
        return
    admin.autocommit = True
    name = f"expression_lab_{uuid.uuid4().hex[:12]}"
    with admin.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with admin.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.close()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """TEST_REDIS_URL, or a Redis of our own on a free port: tests share no keys with anybody."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url
        return
    program = shutil.which("redis-server")
    require(program, "redis-server is not installed")
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    command = [
        str(program),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        folder,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        url = f"redis://127.0.0.1:{port}/0"
        wait_for(lambda: _answers(url), "Redis answers", 20)
        yield url
        server.terminate()


@pytest.fixture(scope="session")
def rabbitmq_url() -> str:
    """TEST_RABBITMQ_URL, or RabbitMQ as it comes."""
    url = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")
    require(_answers(url), f"no RabbitMQ answers at {url}")
    return url


def _answers(url: str) -> bool:
    try:
        with Connection(url, connect_timeout=2) as connection:
            connection.ensure_connection(max_retries=1, timeout=3)
        return True
    except Exception:
        return False


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    require(path, "Chromium is not installed")
    return str(path)


@pytest.fixture(scope="session")
def npm() -> str:
    path = shutil.which("npm")
    require(path, "Node.js with npm is not installed")
    return str(path)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"
