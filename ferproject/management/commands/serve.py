"""The embedded start: web server and worker together, on SQLite and a file broker."""

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

START_SECONDS = 60
STOP_SECONDS = 15
RESTART_PAUSE = 1.0
"""Seconds before a process that died is started again, so that one that cannot live costs little."""


class Command(BaseCommand):
    help = "Migrate, then run web server and worker until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--threads", type=int, default=8, help="of the web server")
        parser.add_argument("--concurrency", type=int, default=2, help="jobs at a time")

    def handle(
        self, *args: Any, host: str, port: int, threads: int, concurrency: int, **_: Any
    ) -> None:
        started = time.monotonic()
        self._require_free_port(host, port)
        call_command("migrate", interactive=False, verbosity=0)
        commands = {
            "web": [
                *(sys.executable, "-m", "gunicorn", "ferproject.wsgi", "--bind", f"{host}:{port}"),
                *("--worker-class", "gthread", "--threads", str(threads), "--no-control-socket"),
                *("--log-level", "warning", "--name", "expression-lab"),
            ],
            "worker": [
                *(
                    sys.executable,
                    "-m",
                    "celery",
                    "-A",
                    "ferproject",
                    "worker",
                    "--pool",
                    "threads",
                ),
                *("--concurrency", str(concurrency), "--queues", "pictures,housekeeping"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                *("--loglevel", "WARNING", "--quiet"),
            ],
        }
        signal.signal(signal.SIGTERM, _interrupt)
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name, command in commands.items():
                processes[name] = _start(command)
            self._wait_for_first_page(processes["web"], host, port)
            seconds = time.monotonic() - started
            self.stdout.write(
                self.style.SUCCESS(f"Expression Lab is at http://{_shown(host)}:{port}/")
                + f"  (ready in {seconds:.1f} s; files in {settings.DATA_DIR}; Ctrl-C stops it)"
            )
            self.stdout.flush()
            while True:
                time.sleep(RESTART_PAUSE)
                for name, process in processes.items():
                    if process.poll() is not None:
                        self.stderr.write(
                            f"The {name} process ended ({process.returncode}); starting it again."
                        )
                        processes[name] = _start(commands[name])
        except KeyboardInterrupt:
            self.stdout.write("\nStopping.")
        finally:
            # A second Ctrl-C must not leave a process behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            _stop(processes.values())

    def _require_free_port(self, host: str, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} of {host} cannot be used ({error.strerror}): stop what uses it, or "
                    f"choose another, as in `make serve PORT={port + 1}`."
                ) from error

    def _wait_for_first_page(self, web: "subprocess.Popen[bytes]", host: str, port: int) -> None:
        url = f"http://{_shown(host)}:{port}/healthz"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if web.poll() is not None:
                raise CommandError("The web server ended at its start; what it said stands above.")
            try:
                urllib.request.urlopen(url, timeout=2)
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise CommandError(f"The web server did not answer within {START_SECONDS} seconds.")


def _shown(host: str) -> str:
    return "localhost" if host in {"127.0.0.1", "0.0.0.0"} else host  # noqa: S104


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    # In a session of its own: a Ctrl-C reaches this process alone, which then stops the others
    # in order instead of racing them.
    return subprocess.Popen(command, start_new_session=True, cwd=settings.BASE_DIR)  # noqa: S603


def _stop(processes: Any) -> None:
    running = [process for process in processes if process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt
