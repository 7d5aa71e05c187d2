"""A process for strangers' films, and how it is talked to.

The request is one line of JSON on its standard input, which stays open: when it is closed, the
process that asked is gone, and the child ends. The answers come on its standard output: four bytes
with the length of a header, the header in JSON, and, where that has a `size`, as many bytes more.
"""

import contextlib
import json
import os
import resource
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from mlcore.errors import FilmError
from mlcore.films.info import Limits

ROOT = Path(__file__).resolve().parents[2]

PIPE = 1 << 20
"""Bytes between the two processes, where the system lets it be said: a frame is some MB."""

SAID = 2000
"""Bytes that are kept of what the child said last on its standard error."""

_LENGTH = struct.Struct("<I")

_FORWARDED = ("PATH", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV")
"""What the child is told of the environment: no passwords and keys."""


class Answers:
    """The child's side of its standard output."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def send(self, header: Mapping[str, Any], payload: memoryview | None = None) -> None:
        size = 0 if payload is None else payload.nbytes
        text = json.dumps({**header, "size": size}).encode()
        self._target.write(_LENGTH.pack(len(text)) + text)
        if payload is not None:
            self._target.write(payload)
        self._target.flush()


def serve(tasks: Mapping[str, Callable[[dict[str, Any], Answers], None]]) -> None:
    """Be the child: read the request, limit yourself, and do the one of `tasks` that it names."""
    request = json.loads(sys.stdin.buffer.readline())
    # Whatever a library prints must not come between the answers.
    answers = Answers(os.fdopen(os.dup(1), "wb", buffering=1 << 16))
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit(request["limits"]["memory"], may_write=bool(request.get("writes")))
    try:
        tasks[request["task"]](request, answers)
    except FilmError as error:
        answers.send({"error": error.code, "detail": error.detail, "values": error.values})
    except MemoryError:
        answers.send({"error": "film_crashed", "detail": _TOO_MUCH, "values": {}})
    except BrokenPipeError:
        os._exit(0)


_TOO_MUCH = "The film's decoder needs more memory than it may have."


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def _limit(memory: int, *, may_write: bool) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not may_write:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # macOS knows this limit and refuses to set it.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


class Child:
    """The asking side: starts the process, gives its answers, and ends it when it hangs."""

    def __init__(self, module: str, request: Mapping[str, Any], limits: Limits) -> None:
        """
        Args:
            module: what is run, such as "mlcore.films.decoder".
            request: see there.
            limits: of the film, and of the process.
        """
        self._patience = limits.patience
        environment = {name: os.environ[name] for name in _FORWARDED if name in os.environ}
        # Threads of a library that does no work here would only take address space.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(  # noqa: S603 - our own module, by our own Python
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # No file: the decoder may write none, however short.
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._input, self._output = self._process.stdin, self._process.stdout.fileno()
        self._errors: int | None = self._process.stderr.fileno()
        os.set_blocking(self._errors, False)
        self._said = b""
        _widen(self._output)
        with contextlib.suppress(BrokenPipeError):  # it has ended; the first answer says why
            line = json.dumps({**request, "limits": asdict(limits)})
            self._input.write(line.encode() + b"\n")
            self._input.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def receive(self, patience: float = 1.0) -> tuple[dict[str, Any], bytearray]:
        """The next header and what came with it.

        Args:
            patience: how many times as long as usual may be waited for it.

        Raises:
            FilmError: the child says so, has died, or hangs.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, patience))
        header = json.loads(self._read(length))
        payload = self._read(header["size"])
        if "error" in header:
            raise FilmError(header["error"], header["detail"], **header["values"])
        return header, payload

    def _read(self, size: int, patience: float = 1.0) -> bytearray:
        content = bytearray(size)
        view, done = memoryview(content), 0
        seconds = self._patience * patience
        watch = _Watch(self.pid, seconds)
        while done < size:
            if not self._is_answered(watch.left()):
                # What it says is no answer: who only talks hangs, too.
                if watch.left() > 0 or watch.is_alive():
                    continue
                raise FilmError(
                    "film_stalled", f"The film's decoder did nothing for {seconds:g} s."
                )
            count = os.readv(self._output, [view[done:]])
            if not count:
                raise self._died()
            done += count
        return content

    def _is_answered(self, seconds: float) -> bool:
        """Wait for an answer, and hear what is said meanwhile: nobody writes to a full pipe."""
        pipes = [self._output] if self._errors is None else [self._output, self._errors]
        ready = select.select(pipes, [], [], seconds)[0]
        if self._errors in ready:
            self._listen()
        return self._output in ready

    def _listen(self) -> bool:
        """Keep the end of what the child said; whether there may be more."""
        if self._errors is None:
            return False
        try:
            part = os.read(self._errors, 1 << 16)
        except BlockingIOError:
            return False
        self._said = (self._said + part)[-SAID:]
        if not part:
            self._errors = None
        return bool(part)

    def _died(self) -> FilmError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self.kill()  # one that closed its answers and talks on would be heard for ever
        while self._listen():
            pass
        last = self._said.decode(errors="replace").strip().splitlines()
        if last and last[-1].startswith("MemoryError"):
            return FilmError("film_crashed", _TOO_MUCH)
        reason = f"; it said: {last[-1]}" if last else ""
        code = self._process.returncode
        return FilmError("film_crashed", f"The film's decoder died (exit status {code}{reason}).")

    def __del__(self) -> None:
        # Who forgets a generator of frames leaves no process behind.
        if hasattr(self, "_process"):
            self.close()

    def kill(self) -> None:
        """End the child, wherever it is."""
        self._process.kill()

    def close(self) -> None:
        """End the child and let go of what it took."""
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]


class _Watch:
    """Tells a process that hangs from one that gets no processor on a busy machine.

    It may go without an answer for some seconds of the clock; then again, as long as it used the
    processor meanwhile, but in all no more of it than these seconds, nor `LONGEST` times as long.
    """

    def __init__(self, pid: int, seconds: float) -> None:
        self._pid, self._seconds = pid, seconds
        self._began = time.monotonic()
        self._until = self._began + seconds
        self._first = self._last = _processor_seconds(pid)

    def left(self) -> float:
        """Seconds until it is to be asked whether the process is alive."""
        return max(0.0, self._until - time.monotonic())

    def is_alive(self) -> bool:
        """Whether to wait on."""
        now, used = time.monotonic(), _processor_seconds(self._pid)
        if used is None or self._first is None or self._last is None:
            return False
        working = used > self._last and used - self._first < self._seconds
        self._last, self._until = used, now + self._seconds
        return working and now - self._began < LONGEST * self._seconds


LONGEST = 15


def _processor_seconds(pid: int) -> float | None:
    """What a process used of the processor; None where the system does not tell this way."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _widen(pipe: int) -> None:
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)
    except (AttributeError, OSError):  # not Linux, or not allowed
        return
