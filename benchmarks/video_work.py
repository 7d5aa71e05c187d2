"""What work on a film takes, by stage, and how that is kept; a part of `benchmarks.video`."""

import argparse
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.arguments import command_parser
from benchmarks.detectors import read_faces
from benchmarks.video_films import film_of
from mlcore.detectors.opencv_haar import OpenCVHaarDetector
from mlcore.films.analysis import analyse
from mlcore.films.columns import Columns
from mlcore.films.painting import annotate
from mlcore.films.tracks import finish_tracks
from mlcore.recognizer import Recognizer, get_recognizer
from mlcore.scenes import Picture
from mlcore.tracking import FaceSearch

RATE = 10.0
"""Samples a second."""


class Results:
    """What was measured so far, by what it is, in a JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, name: str, measure: Callable[[], Any]) -> Any:
        """What was measured under that name, now or before; plain JSON."""
        if name not in self._known:
            self._known[name] = measure()
            draft = self._path.with_suffix(".part")
            draft.write_text(json.dumps(self._known, indent=1))
            draft.replace(self._path)
        return self._known[name]


@dataclass
class Bench:
    """A run: its options, where films lie, and what is known."""

    options: argparse.Namespace
    folder: Path
    results: Results

    @cached_property
    def pictures(self) -> list[Picture]:
        return read_faces(self.options.data)

    def film(self, size: str, faces: int, seconds: int) -> Path:
        return film_of(self.folder, lambda: self.pictures, size, faces, seconds)

    def worked(self, size: str, faces: int, seconds: int) -> dict[str, Any]:
        """A film of that kind, analysed and annotated."""
        found: dict[str, Any] = self.results.get(
            f"{seconds} s of {size}, {faces} faces",
            lambda: alone(self.film(size, faces, seconds)),
        )
        return found

    def kinds(self) -> list[tuple[str, int]]:
        return list(itertools.product(self.options.sizes, self.options.faces))


class Stages:
    """Seconds of the processor by what they were used for."""

    NAMES = ("search", "near", "confirm", "classify")

    def __init__(self, recognizer: Recognizer) -> None:
        self.seconds = dict.fromkeys(self.NAMES, 0.0)
        self._lock = threading.Lock()
        search: Any = FaceSearch
        wrapped: Any = recognizer
        second: Any = OpenCVHaarDetector
        search.whole = self.timed("search", search.whole)
        search.near = self.timed("near", search.near)
        second.confirms = self.timed("confirm", second.confirms)
        wrapped.classify = self.timed("classify", recognizer.classify)

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            started = time.thread_time()
            try:
                return work(*arguments, **more)
            finally:
                with self._lock:
                    self.seconds[name] += time.thread_time() - started

        return call


class Memory:
    """The largest sum of this process's memory and its children's, in MB."""

    def __enter__(self) -> "Memory":
        self.most, self._done = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._done.wait(0.05):
            total = own.memory_info().rss
            for child in own.children():
                try:
                    total += child.memory_info().rss
                except psutil.Error:
                    continue
            self.most = max(self.most, total / 1e6)


def used(whose: int) -> float:
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime


def worked_on(path: Path) -> dict[str, Any]:
    """Analyse and annotate a film: times and memory."""
    recognizer = get_recognizer()
    # A worker has this ready before its second film.
    recognizer.recognize_many([np.zeros((480, 640, 3), np.uint8)] * 8)
    stages = Stages(recognizer)
    answer: dict[str, Any] = {}
    own, children = used(resource.RUSAGE_SELF), used(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with Memory() as memory:
        blocks = list(analyse(path, recognizer, rate=RATE))
    answer["analyse"] = time.monotonic() - started
    answer["analyse_memory"] = memory.most
    stages.seconds["decode"] = used(resource.RUSAGE_CHILDREN) - children
    stages.seconds["rest"] = (
        used(resource.RUSAGE_SELF) - own - sum(stages.seconds[name] for name in Stages.NAMES)
    )
    columns, tracks = finish_tracks(Columns.joined([block.columns for block in blocks]))
    children, started = used(resource.RUSAGE_CHILDREN), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Memory() as memory:
        annotate(path, columns, Path(folder) / "film.mp4")
    answer["annotate"] = time.monotonic() - started
    answer["annotate_memory"] = memory.most
    stages.seconds["paint and encode"] = used(resource.RUSAGE_CHILDREN) - children
    answer |= {
        "stages": stages.seconds,
        "seconds": blocks[-1].time,
        "frames": blocks[-1].frames,
        "samples": len(columns),
        "tracks": len(tracks),
    }
    return answer


def alone(path: Path) -> dict[str, Any]:
    """`worked_on` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.video_work", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("film", type=Path)
    print(json.dumps(worked_on(parser.parse_args().film)))


if __name__ == "__main__":
    main()
