"""Child processes that belong together: started, kept alive, and stopped as one."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

STOP_SECONDS = 15
QUICK_DEATH_SECONDS = 10
MAX_QUICK_DEATHS = 3

# Read before a child is there: between its birth and its program it should do next to nothing.
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1


class ProcessCannotLiveError(Exception):
    """A process ended several times in a row right after its start."""


def end_with_parent() -> None:
    """For a child before its program starts: it is asked to end when its parent is killed outright.

    The parent has no chance then to do so itself. Only Linux can; see prctl(2).
    """
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class ProcessGroup:
    """Use as a context: the processes run inside it and are gone after it."""

    def __init__(self, commands: Mapping[str, Sequence[str]], folder: Path) -> None:
        self.commands = commands
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.started_at: dict[str, float] = {}
        self.quick_deaths = dict.fromkeys(commands, 0)

    def __enter__(self) -> "ProcessGroup":
        # A closed terminal (SIGHUP) and a service manager (SIGTERM) end it as Ctrl-C does. Ctrl-C
        # is named too: a script that starts it in the background has it ignored.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        for name in self.commands:
            self._start(name)
        return self

    def __exit__(self, *_: object) -> None:
        # A second Ctrl-C must not leave a process behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def is_running(self, name: str) -> bool:
        return self.running[name].poll() is None

    def keep_alive(self, on_death: Callable[[str, int], None]) -> None:
        """Start whatever ended again; call it every second or so.

        Raises:
            ProcessCannotLiveError: a process ended three times within seconds of its start.
        """
        for name, process in self.running.items():
            status = process.poll()
            if status is None:
                continue
            quick = time.monotonic() - self.started_at[name] < QUICK_DEATH_SECONDS
            self.quick_deaths[name] = self.quick_deaths[name] + 1 if quick else 0
            if self.quick_deaths[name] >= MAX_QUICK_DEATHS:
                raise ProcessCannotLiveError(name)
            on_death(name, status)
            self._start(name)

    def _start(self, name: str) -> None:
        # In a session of its own: a Ctrl-C reaches the parent alone, which then stops the others
        # in order instead of racing them.
        self.running[name] = subprocess.Popen(  # noqa: S603 (commands are our own)
            self.commands[name],
            start_new_session=True,
            cwd=self.folder,
            preexec_fn=end_with_parent,
        )
        self.started_at[name] = time.monotonic()


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
