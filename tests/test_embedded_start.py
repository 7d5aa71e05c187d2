"""`manage.py serve`, which is what `make serve` runs: no server but its own."""

import signal
import socket
import stat
import string
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from tests.stack import ROOT, Client, Program, embedded, environment, wait_for

pytestmark = pytest.mark.stack


def test_it_starts_from_nothing_recognises_and_stops_whole(data_dir: Path, portrait: bytes) -> None:
    with embedded(data_dir) as (program, address):
        page = requests.get(address, timeout=10)
        assert page.status_code == 200
        assert '<div id="app">' in page.text
        client = Client(address, "ada.lovelace")
        job = client.finished(client.upload(portrait, "Eileen Collins"))
        assert job["state"] == "done", job
        record = client.json(f"/api/v1/records/{job['record']}/")
        assert [face["expression"] for face in record["faces"]] == ["happy"]
        family = psutil.Process(program.process.pid).children(recursive=True)
        assert len(family) >= 3  # the web server's parent and child, the worker

    assert program.process.returncode == 0
    assert not any(process.is_running() for process in family)
    assert "Traceback" not in program.output()

    key = data_dir / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    first_key = key.read_text()
    with embedded(data_dir) as (_, address):
        again = requests.get(
            f"{address}/api/v1/records/", headers=client.headers, timeout=10
        )  # the session and the record outlive the restart
        assert [row["name"] for row in again.json()["results"]] == ["Eileen Collins"]
    assert key.read_text() == first_key


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_ways_to_end_it_leave_nothing_running(data_dir: Path, number: int) -> None:
    with embedded(data_dir) as (program, _):
        family = psutil.Process(program.process.pid).children(recursive=True)
        assert program.stop(number) == 0
        assert not any(process.is_running() for process in family)


def test_a_taken_port_is_said(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = (sys.executable, "manage.py", "serve", "--port", str(port))
        data_dir.mkdir()
        program = Program(command, environment(data_dir), data_dir.parent / "serve.log")
        assert program.process.wait(timeout=60) == 1

    assert f"Port {port} of 127.0.0.1 cannot be used" in program.output()
    assert "Traceback" not in program.output()


def test_a_worker_killed_in_the_middle_loses_nothing(data_dir: Path, large_portrait: bytes) -> None:
    quick = {"JOB_LEASE_SECONDS": "3", "JOB_SWEEP_SECONDS": "1", "JOB_RING_SECONDS": "3"}
    with embedded(data_dir, **quick) as (program, address):
        client = Client(address, "ada.lovelace")
        jobs = [client.upload(large_portrait) for _ in range(4)]

        def running() -> bool:
            rows = client.json("/api/v1/jobs/?state=running")["results"]
            return bool(rows)

        wait_for(running, "a job is running")
        (worker,) = program.children("pictures@")
        worker.kill()

        results = [client.finished(job) for job in jobs]

        assert [job["state"] for job in results] == ["done"] * 4, results
        assert "The worker process ended (-9); starting it again." in program.output()
        for job in results:
            record = client.json(f"/api/v1/records/{job['record']}/")
            assert len(record["faces"]) == 1


def test_jobs_wait_for_a_worker_over_a_restart(data_dir: Path, large_portrait: bytes) -> None:
    """The whole product dies with work in hand; the next start finishes it."""
    quick = {"JOB_LEASE_SECONDS": "3", "JOB_SWEEP_SECONDS": "1", "JOB_RING_SECONDS": "2"}
    with embedded(data_dir, **quick) as (program, address):
        client = Client(address, "ada.lovelace")
        jobs = [client.upload(large_portrait) for _ in range(3)]
        program.kill()
    with embedded(data_dir, **quick) as (_, address):
        client.address = address
        assert [client.finished(job)["state"] for job in jobs] == ["done"] * 3


def test_memory_stays_within_bounds(data_dir: Path, portrait: bytes) -> None:
    """No TensorFlow: the web process under 200 MB, the worker under 400 MB (issue A's figures)."""
    with embedded(data_dir) as (program, address):
        client = Client(address, "ada.lovelace")
        for job in [client.upload(portrait) for _ in range(5)]:
            client.finished(job)
        web = sum(process.memory_info().rss for process in program.children("gunicorn"))
        (worker,) = program.children("pictures@")
        assert web < 200e6
        assert worker.memory_info().rss < 400e6


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PRODUCTION": "true"}, "SECRET_KEY"),
        ({"PRODUCTION": "true", "SECRET_KEY": "x" * 50}, "ALLOWED_HOSTS"),
        (
            {
                "PRODUCTION": "true",
                "SECRET_KEY": "x" * 50,
                "ALLOWED_HOSTS": "a.org",
                "DEBUG": "true",
            },
            "DEBUG",
        ),
        ({"MODEL": "no_such_model"}, "no_such_model"),
        ({"PICTURE_MAX_BYTES": "twenty"}, "PICTURE_MAX_BYTES"),
    ],
)
def test_wrong_settings_stop_the_start(data_dir: Path, changes: dict[str, str], words: str) -> None:
    data_dir.mkdir()
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environment(data_dir, **changes),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert result.returncode != 0
    assert words in result.stderr


def test_production_is_locked_down(data_dir: Path) -> None:
    data_dir.mkdir()
    production = {
        "PRODUCTION": "true",
        "SECRET_KEY": string.ascii_letters,
        "ALLOWED_HOSTS": "faces.org",
        "CACHE_URL": "redis://localhost/1",
    }
    result = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "manage.py",
            "check",
            "--deploy",
            "--fail-level",
            "WARNING",
        ],
        env=environment(data_dir, **production, SECURE_HSTS_PRELOAD="true"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout
