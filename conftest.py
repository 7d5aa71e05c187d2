"""Fixtures for all rooms."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from accounts.consents import consent_give
from accounts.models import User
from ferproject import celery_app
from recognition.models import Job

PORTRAIT = Path(__file__).parent / "mlcore" / "tests" / "data" / "astronaut.jpg"
PASSWORD = "correct horse battery"


# Each may hold TensorFlow, a started product and a browser.
MOST_PROCESSES = 4


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Whatever is named on the command line runs in this process, where it starts at once."""
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return 0
    processors = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    )
    return min(processors or 1, MOST_PROCESSES)


@pytest.hookimpl(tryfirst=True)  # before what `-m` leaves out is decided
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("rows")


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("CI") and not os.environ.get("PYTEST_XDIST_WORKER"):
        config.pluginmanager.register(FailuresAtOnce(config))


class FailuresAtOnce:
    """In CI a failure is told when it happens: a run ended from outside tells nothing later."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome in {"failed", "rerun"}:
            terminal = self.config.pluginmanager.get_plugin("terminalreporter")
            said = report.longreprtext.splitlines()
            error = next((line for line in said if line.startswith("E  ")), "".join(said[-1:]))
            terminal.write_line(
                f"\n{report.nodeid} ({report.when}, {report.outcome}): {error.strip()}"[:1000]
            )


def require(present: object, reason: str) -> None:
    """Skip the test for want of something on this machine; in CI that is a failure."""
    if not present:
        if os.environ.get("CI"):
            pytest.fail(f"{reason} (in CI nothing may be missing)")
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Throttles count in the cache; no test inherits another's counts."""
    cache.clear()


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(username: str = "ada.lovelace", *, consents: bool = True, **fields: object) -> User:
        user = User.objects.create_user(username, password=PASSWORD, **fields)
        if consents:
            consent_give(user=user, version=settings.CONSENT_VERSION)
        return user

    return make


@pytest.fixture
def user(make_user: Callable[..., User]) -> User:
    return make_user()


@pytest.fixture
def other_user(make_user: Callable[..., User]) -> User:
    return make_user("grace.hopper")


@pytest.fixture
def api(user: User) -> APIClient:
    """A client signed in as `user`."""
    return client_of(user)


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A JPEG with one face: NASA's public-domain portrait of Eileen Collins."""
    return PORTRAIT.read_bytes()


@pytest.fixture(scope="session")
def faceless() -> bytes:
    """A JPEG without a face."""
    return picture_bytes(Image.linear_gradient("L").convert("RGB"))


def picture_bytes(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def run_jobs(django_capture_on_commit_callbacks: Callable[..., object]) -> Iterator[Callable]:
    """A context in which bells ring at its end and tasks run in this process.

    The real worker is met in tests/.
    """
    celery_app.conf.task_always_eager = True
    yield lambda: django_capture_on_commit_callbacks(execute=True)
    celery_app.conf.task_always_eager = False


@pytest.fixture
def upload(run_jobs: Callable) -> Callable[..., Job]:
    """Upload a picture over the API and have it recognised."""

    def send(
        client: APIClient, content: bytes, name: str = "", file_name: str = "a.jpg", **fields: str
    ) -> Job:
        with run_jobs():
            response = post_pictures(client, [(file_name, content)], name=name, **fields)
        assert response.status_code == 202, response.content
        return Job.objects.get(pk=response.json()["jobs"][0]["id"])

    return send


def post_pictures(client: APIClient, files: list[tuple[str, bytes]], **fields: str):
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    data = {"consent": "true", **fields, "files": uploads}
    return client.post("/api/v1/recognitions/", data, format="multipart")


def stored_files() -> set[str]:
    """Every file below the media folder."""
    root = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def _own_media_root(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
