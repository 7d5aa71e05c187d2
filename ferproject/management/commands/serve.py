"""The embedded start: web server and worker together, on SQLite and a file broker."""

import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from ferproject.processes import ProcessCannotLiveError, ProcessGroup

START_SECONDS = 60


class Command(BaseCommand):
    help = "Migrate, then run web server and worker until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--threads", type=int, default=16, help="of the web server")
        parser.add_argument("--concurrency", type=int, default=2, help="jobs at a time")

    def handle(
        self, *args: Any, host: str, port: int, threads: int, concurrency: int, **_: Any
    ) -> None:
        started = time.monotonic()
        _require_free_port(host, port)
        call_command("migrate", interactive=False, verbosity=0)
        commands = {
            "web": web_command(host, port, threads),
            "worker": worker_command(concurrency),
        }
        try:
            with ProcessGroup(commands, settings.BASE_DIR) as processes:
                address = f"http://{'localhost' if host in LOCAL else host}:{port}/"
                _wait_for_answer(processes, f"{address}healthz")
                self.stdout.write(
                    self.style.SUCCESS(f"Expression Lab is at {address}")
                    + f"  (ready in {time.monotonic() - started:.1f} s)\n"
                    + f"Files are in {settings.DATA_DIR}. Ctrl-C stops it."
                )
                self.stdout.flush()
                while True:
                    time.sleep(1)
                    processes.keep_alive(self._report_death)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")
        except ProcessCannotLiveError as error:
            raise CommandError(
                f"The {error} process keeps ending at its start; what it said stands above."
            ) from error

    def _report_death(self, name: str, status: int) -> None:
        self.stderr.write(f"The {name} process ended ({status}); starting it again.")


QUEUES = ("pictures", "housekeeping")
LOCAL = {"127.0.0.1", "0.0.0.0", "::"}  # noqa: S104 (names to compare with)


CONNECTIONS = 100
"""That the web server reads from at a time; more wait with the system. Requests are served in the
order in which they were read, so that behind a flood of a thousand connections everybody would wait
for all of it."""


def web_command(host: str, port: int, threads: int) -> list[str]:
    """One process with threads: requests wait for files and the database, and what works on a live
    camera's frames works outside the GIL."""
    return [
        *(sys.executable, "-m", "gunicorn", "ferproject.wsgi", "--bind", f"{host}:{port}"),
        *("--worker-class", "gthread", "--threads", str(threads), "--no-control-socket"),
        *("--worker-connections", str(CONNECTIONS)),
        *("--log-level", "warning"),
    ]


def worker_command(concurrency: int) -> list[str]:
    """Threads, not processes: dlib and LiteRT work outside the GIL, and one network is enough."""
    return [
        *(sys.executable, "-m", "celery", "-A", "ferproject", "--quiet", "worker"),
        *("--pool", "threads", "--concurrency", str(concurrency)),
        *("--queues", ",".join(f"{settings.QUEUE_PREFIX}{name}" for name in QUEUES)),
        *("--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def _require_free_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} of {host} cannot be used ({error.strerror}): stop what uses it, or "
                f"choose another, as in `make serve PORT={port + 1}`."
            ) from error


def _wait_for_answer(processes: ProcessGroup, url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not processes.is_running("web"):
            raise CommandError("The web server ended at its start; what it said stands above.")
        try:
            urllib.request.urlopen(url, timeout=2)  # noqa: S310 (our own address)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise CommandError(f"The web server did not answer within {START_SECONDS} seconds.")
