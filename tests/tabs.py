"""Chromium spoken to without Playwright, which tells every tab that it is the one in front."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ferproject.processes import end_with_parent
from tests.browser import FLAGS

# What Chromium reads commands from, and writes answers to.
READS, WRITES = 3, 4


class Tab:
    def __init__(self, chromium: "Chromium", address: str) -> None:
        self._chromium = chromium
        self.target = chromium.send("Target.createTarget", url=address)["targetId"]
        attached = chromium.send("Target.attachToTarget", targetId=self.target, flatten=True)
        self._session = attached["sessionId"]

    def send(self, method: str, **parameters: Any) -> Any:
        return self._chromium.send(method, self._session, **parameters)

    def evaluate(self, script: str) -> Any:
        answer = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def bring_to_front(self) -> None:
        self._chromium.send("Target.activateTarget", targetId=self.target)


class Chromium:
    """Its DevTools protocol over two pipes: JSON, each message ended by a zero byte."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._read = b""
        self._number = 0

    def send(self, method: str, session: str = "", **parameters: Any) -> Any:
        """The answer to a command; what the browser tells meanwhile is not listened to."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._read:
                more = os.read(self._answers, 65536)
                assert more, "Chromium has ended"
                self._read += more
            one, _, self._read = self._read.partition(b"\0")
            answer = json.loads(one)
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer)
                return answer["result"]


@contextmanager
def bare_chromium(path: str, folder: Path, flags: Sequence[str] = ()) -> Iterator[Chromium]:
    """A headless Chromium with its profile in a folder."""
    their_reading, our_writing = os.pipe()
    our_reading, their_writing = os.pipe()
    # The shell puts the pipes where Chromium looks for them, whatever numbers they have here.
    shell = f'exec "$@" {READS}<&{their_reading} {WRITES}>&{their_writing}'
    command = [path, "--headless", "--remote-debugging-pipe", f"--user-data-dir={folder}"]
    with subprocess.Popen(
        ["bash", "-c", shell, "chromium", *command, *FLAGS, *flags],
        pass_fds=(their_reading, their_writing),
        stderr=subprocess.DEVNULL,
        preexec_fn=end_with_parent,
    ) as process:
        os.close(their_reading)
        os.close(their_writing)
        chromium = Chromium(our_writing, our_reading)
        try:
            yield chromium
        finally:
            try:
                chromium.send("Browser.close")
                process.wait(timeout=30)
            finally:
                process.kill()  # nothing, once it has ended; leaving the context waits for it
                os.close(our_writing)
                os.close(our_reading)
