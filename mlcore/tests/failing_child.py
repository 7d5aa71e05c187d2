"""Fails in the way it is asked to, so that tests see what is told of it."""

import sys
from pathlib import Path
from typing import Any, NoReturn

from mlcore.films.child import Answers, serve


def _raise(request: dict[str, Any], answers: Answers) -> NoReturn:
    raise RuntimeError("no more")


def _lack_memory(request: dict[str, Any], answers: Answers) -> NoReturn:
    """There is not even enough to say so."""

    def send(header: object) -> NoReturn:
        raise MemoryError

    answers.send = send  # type: ignore[assignment, method-assign]
    raise MemoryError


def _write(request: dict[str, Any], answers: Answers) -> None:
    Path(request["path"]).write_text("a")


def _talk(request: dict[str, Any], answers: Answers) -> None:
    """More than a pipe holds."""
    sys.stderr.write("a word\n" * 500_000)
    answers.send({"done": True})


def _talk_on(request: dict[str, Any], answers: Answers) -> NoReturn:
    while True:
        sys.stderr.write("a word\n")


if __name__ == "__main__":
    serve(
        {
            "raise": _raise,
            "lack memory": _lack_memory,
            "write": _write,
            "talk": _talk,
            "talk on": _talk_on,
        }
    )
