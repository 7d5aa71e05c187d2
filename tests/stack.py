"""The product's real processes, started and stopped by tests."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil
import requests

from ferproject.processes import end_with_parent

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery"
WAIT_SECONDS = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(
    answer: Callable[[], T], what: str, seconds: float = WAIT_SECONDS, every: float = 0.05
) -> T:
    """Ask until the answer is true, every so many seconds; fail with the last answer."""
    deadline = time.monotonic() + seconds
    last: T | None = None
    while time.monotonic() < deadline:
        if last := answer():
            return last
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s (last answer {last!r})")


def environment(data_dir: Path, **changes: str) -> dict[str, str]:
    """This process's, without what a test session or a `.env` file says to Django."""
    ours = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "CI"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "DATA_DIR": str(data_dir), "PYTHONWARNINGS": "ignore", **changes}


@dataclass
class Program:
    """A started command with its output in a file."""

    command: Sequence[str]
    env: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=ROOT,
                stdout=output,
                stderr=output,
                # A test that takes too long ends its whole process; what it started must not go on.
                preexec_fn=end_with_parent,
            )

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def children(self, word: str) -> list[psutil.Process]:
        """Running descendants whose command line holds `word`."""
        parent = psutil.Process(self.process.pid)
        return [p for p in parent.children(recursive=True) if word in " ".join(p.cmdline())]

    def stop(self, number: int = signal.SIGINT, seconds: float = 30) -> int:
        """Its status; what does not end in time is killed, so that no other test has it beside."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """As a machine does that runs out of memory: at once, with all its children."""
        family = [*psutil.Process(self.process.pid).children(recursive=True)]
        self.process.kill()
        for member in family:
            member.kill()
        self.process.wait(timeout=10)


@contextmanager
def embedded(data_dir: Path, **changes: str) -> Iterator[tuple[Program, str]]:
    """`manage.py serve` on a free port; yields it and its address."""
    port = free_port()
    command = (sys.executable, "manage.py", "serve", "--port", str(port))
    data_dir.mkdir(parents=True, exist_ok=True)
    program = Program(command, environment(data_dir, **changes), data_dir.parent / "serve.log")
    try:
        wait_for(
            lambda: (
                "Expression Lab is at" in program.output() or program.process.poll() is not None
            ),
            "the address is printed",
        )
        assert program.process.poll() is None, program.output()[-800:]
        yield program, f"http://localhost:{port}"
    finally:
        program.stop()


class Client:
    """A program that uses the API over HTTP."""

    def __init__(self, address: str, username: str) -> None:
        self.address, self.username = address, username
        credentials = {"username": username, "password": PASSWORD}
        answer = requests.post(
            f"{address}/_allauth/app/v1/auth/signup", json=credentials, timeout=30
        )
        assert answer.status_code == 200, answer.text
        self.headers = {"X-Session-Token": answer.json()["meta"]["session_token"]}
        consent = f"{address}/api/v1/consent/"
        version = {"version": self.json("/api/v1/consent/")["required_version"]}
        assert requests.post(consent, json=version, headers=self.headers, timeout=30).ok

    def get(self, path: str) -> requests.Response:
        return requests.get(self.address + path, headers=self.headers, timeout=30)

    def json(self, path: str) -> Any:
        return self.get(path).json()

    def delete(self, path: str) -> requests.Response:
        return requests.delete(self.address + path, headers=self.headers, timeout=30)

    def upload(self, content: bytes, name: str = "") -> dict[str, Any]:
        """The job of one uploaded picture."""
        answer = requests.post(
            f"{self.address}/api/v1/recognitions/",
            headers=self.headers,
            data={"consent": "true", "name": name},
            files={"files": ("picture.jpg", content)},
            timeout=60,
        )
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()["jobs"][0]
        return job

    def finished(self, job: dict[str, Any], every: float = 0.05) -> dict[str, Any]:
        """The job once it is over; asked for every so many seconds."""

        def over() -> dict[str, Any] | None:
            state = self.json(f"/api/v1/jobs/{job['id']}/")
            return state if state["state"] in {"done", "failed"} else None

        result = wait_for(over, "the job is over", every=every)
        assert result is not None
        return result
