"""The product on PostgreSQL with Redis or RabbitMQ: web process and Celery's own worker pool."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.stack import ROOT, Client, Program, environment, free_port, wait_for

pytestmark = pytest.mark.stack

QUICK = {
    "JOB_LEASE_SECONDS": "3",
    "JOB_SWEEP_SECONDS": "1",
    "JOB_RING_SECONDS": "3",
    "RECORD_UNDO_SECONDS": "1",
}


@pytest.fixture(params=["redis", "rabbitmq"])
def broker_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def env(data_dir: Path, postgresql_url: str, broker_url: str) -> dict[str, str]:
    data_dir.mkdir()
    queue = f"test-{os.getpid()}-{free_port()}"  # a broker may be shared with other tests
    return environment(
        data_dir,
        DATABASE_URL=postgresql_url,
        CELERY_BROKER_URL=broker_url,
        QUEUE_PREFIX=f"{queue}-",
        **QUICK,
    )


@contextmanager
def running(name: str, env: dict[str, str], tmp_path: Path, *command: str) -> Iterator[Program]:
    program = Program((sys.executable, *command), env, tmp_path / f"{name}.log")
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.kill()


@contextmanager
def web_process(env: dict[str, str], tmp_path: Path) -> Iterator[str]:
    port = free_port()
    bind = ("--bind", f"127.0.0.1:{port}", "--threads", "4", "--no-control-socket")
    with running("web", env, tmp_path, "-m", "gunicorn", "ferproject.wsgi", *bind) as web:
        address = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert web.process.poll() is None, web.output()
            try:
                return requests.get(f"{address}/healthz", timeout=2).ok
            except (requests.ConnectionError, requests.Timeout):
                return False

        wait_for(answers, "the web process answers")
        yield address


def worker_process(env: dict[str, str], tmp_path: Path, name: str = "worker"):
    prefix = env["QUEUE_PREFIX"]
    queues = f"{prefix}pictures,{prefix}housekeeping"
    options = ("--concurrency", "1", "--queues", queues, "--hostname", f"{name}@{prefix}")
    return running(name, env, tmp_path, "-m", "celery", "-A", "ferproject", "worker", *options)


def test_a_job_survives_its_worker(
    env: dict[str, str], tmp_path: Path, portrait: bytes, large_portrait: bytes
) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"], env=env, cwd=ROOT, check=True
    )
    with web_process(env, tmp_path) as address:
        client = Client(address, "ada.lovelace")
        early = client.upload(portrait)  # no worker is there yet
        with worker_process(env, tmp_path) as worker:
            assert client.finished(early)["state"] == "done"
            jobs = [client.upload(large_portrait) for _ in range(2)]
            wait_for(
                lambda: client.json("/api/v1/jobs/?state=running")["results"], "a job is running"
            )
            worker.kill()
        with worker_process(env, tmp_path, "second"):
            results = [client.finished(job) for job in jobs]
            assert [job["state"] for job in results] == ["done", "done"], results
            for job in [early, *results]:
                record = client.json(f"/api/v1/records/{job['record']}/")
                assert len(record["faces"]) == 1
                assert client.delete(f"/api/v1/records/{job['record']}/").status_code == 204
            assert client.json("/api/v1/records/")["results"] == []
            media = Path(env["DATA_DIR"], "media")
            wait_for(
                lambda: not [path for path in media.rglob("*") if path.is_file()],
                "the deleted files are gone",
                seconds=60,
            )


@pytest.mark.parametrize("room", ["accounts", "records", "recognition"])
def test_a_room_passes_on_postgresql(data_dir: Path, postgresql_url: str, room: str) -> None:
    """Every test of a room that has rows, again, on the database of production."""
    data_dir.mkdir()
    command = [
        sys.executable,
        "-m",
        "pytest",
        room,
        "-m",
        "rows",
        "-q",
        "--no-header",
    ]
    result = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--color", "no"],
        env=environment(data_dir, DATABASE_URL=postgresql_url),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=540,
    )

    assert result.returncode == 0, result.stdout[-3000:]
    assert " passed" in result.stdout.splitlines()[-1]
