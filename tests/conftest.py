"""Real services for the tests that cross rooms."""

import fcntl
import io
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from kombu import Connection
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from conftest import PORTRAIT, require
from ferproject.processes import end_with_parent
from tests.browser import FLAGS, Person, enter, new_context, watched_page
from tests.stack import ROOT, Program, embedded, free_port, wait_for

FRONTEND = ROOT / "frontend"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes runs last: a fault in a room shows first, and fast.

    The very last are the journeys, which are short and share a started product and a browser, so
    that processes which share out what is left end together.

    In CI, whose machine others may share, what fails there is tried a second time. Both are told.
    """
    items.sort(key=lambda item: sum(bool(item.get_closest_marker(m)) for m in ("stack", "browser")))
    if os.environ.get("CI"):
        for item in items:
            if item.get_closest_marker("stack"):
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, str, Path]]:
    """The product as `make serve` starts it, its address and its data, once for all journeys.

    It takes people's addresses from their browsers, so that each test has its own count of tries,
    waits less long before what is deleted is gone, and takes films in small pieces.
    """
    data = tmp_path_factory.mktemp("embedded") / "data"
    changes = {
        "TRUSTED_PROXY_COUNT": "1",
        "RECORD_UNDO_SECONDS": "15",
        "FILM_PIECE_MAX_BYTES": str(1024 * 1024),
    }
    with embedded(data, **changes) as (program, address):
        yield program, address, data


@pytest.fixture(scope="session")
def running(product: tuple[Program, str, Path]) -> str:
    """The address of the product in its embedded default."""
    return product[1]


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
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=end_with_parent) as server:
        url = f"redis://127.0.0.1:{port}/0"
        try:
            wait_for(lambda: _answers(url), "Redis answers", 20)
            yield url
        finally:
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
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium without its own windows, where that is installed: it takes a third less time.

    It has no camera.
    """
    shell = None if os.environ.get("CHROMIUM") else shutil.which("chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shell or chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, running: str) -> Iterator[BrowserContext]:
    with new_context(browser, running) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which any script error or breach of the content policy fails the test."""
    with watched_page(context) as page:
        yield page


@pytest.fixture
def username() -> str:
    """One that no other test has."""
    return f"person.{uuid.uuid4().hex[:8]}"


@pytest.fixture
def person(context: BrowserContext, page: Page, username: str) -> Person:
    """Somebody who has signed up and agreed to the notice, in the test's browser."""
    return enter(context, page, username)


@pytest.fixture
def other(browser: Browser, running: str) -> Iterator[Person]:
    """Somebody else, in a browser of their own."""
    with new_context(browser, running) as context, watched_page(context) as page:
        yield enter(context, page, f"other.{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def npm() -> str:
    path = shutil.which("npm")
    require(path, "Node.js with npm is not installed")
    return str(path)


@pytest.fixture(scope="session")
def run_npm(npm: str) -> Callable[..., str]:
    """Runs a command in `frontend/`, with what package-lock.json names installed."""

    def run(*command: str, seconds: int = 540) -> str:
        # Vite and its tools read NODE_ENV; the build must not depend on who runs it.
        env = {name: value for name, value in os.environ.items() if name not in {"NODE_ENV", "CI"}}
        result = subprocess.run(
            command, cwd=FRONTEND, env=env, capture_output=True, text=True, timeout=seconds
        )
        assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]
        return result.stdout

    lock = FRONTEND / "package-lock.json"
    installed = FRONTEND / "node_modules" / ".package-lock.json"
    # Once, until that file changes, and by one of the processes that run tests.
    with open(lock) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            run(npm, "ci", "--no-audit", "--no-fund")
            installed.touch()
    return run


@pytest.fixture(scope="session")
def axe(run_npm: Callable[..., str]) -> str:
    """The script of axe-core, pinned in package-lock.json."""
    return (FRONTEND / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"
