"""What decoding and encoding take; a part of `benchmarks.video`."""

import itertools
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.table import print_table
from benchmarks.video_films import FILM_RATE
from benchmarks.video_work import Bench
from mlcore.films.painter import QUALITY


def decoders(bench: Bench) -> None:
    def row(size: str) -> list[str]:
        path = str(bench.film(size, 1, 10))
        cells = [size]
        for every in (1, 3):
            for decode in (with_pyav, with_opencv):
                decode(path, every)
                started = time.process_time()
                count = decode(path, every)
                cells.append(f"{(time.process_time() - started) / count * 1e3:.2f}")
        return cells

    print_table(
        [
            "H.264, ms of a core for each frame",
            "all to RGB, PyAV",
            "OpenCV",
            "every third to RGB, PyAV",
            "OpenCV",
        ],
        (row(size) for size in bench.options.sizes),
    )


def encoders(bench: Bench) -> None:
    """What the encoder's settings cost and give, on frames of a film as they are."""
    path = bench.film("1280x720", 1, 10)
    ways = {
        "as annotated films are": QUALITY,
        **{
            preset: {"preset": preset, "crf": QUALITY["crf"]}
            for preset in ("veryfast", "superfast", "ultrafast")
        },
    }

    def row(name: str, way: Mapping[str, str]) -> list[str]:
        target = bench.folder / "encoded.mp4"
        taken = encoded(path, target, way)
        size = target.stat().st_size
        return [name, f"{taken:.2f}", f"{size / 1e6:.2f}", f"{likeness(path, target):.1f}"]

    print_table(
        ["x264, 5 s of 1280x720", "ms of a core for each frame", "MB", "PSNR of the luma, dB"],
        (row(name, way) for name, way in ways.items()),
    )


def encoded(path: Path, target: Path, way: Mapping[str, str]) -> float:
    """Encode a film's frames anew; ms of the processor for each, without decoding them."""
    with av.open(str(path)) as film, av.open(str(target), "w") as out:
        frames = list(itertools.islice(film.decode(video=0), 150))
        video = out.add_stream("libx264", rate=FILM_RATE, options=dict(way))
        video.width, video.height, video.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        started = time.process_time()
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, FILM_RATE)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        return (time.process_time() - started) / len(frames) * 1e3


def likeness(path: Path, other: Path) -> float:
    """Peak signal to noise of the luma of two films, in decibels."""
    with av.open(str(path)) as film, av.open(str(other)) as copy:
        errors = [
            float(
                np.mean(
                    (one.to_ndarray()[: one.height] - two.to_ndarray()[: two.height].astype(float))
                    ** 2
                )
            )
            for one, two in zip(film.decode(video=0), copy.decode(video=0), strict=False)
        ]
    return float(10 * np.log10(255**2 / np.mean(errors)))


def with_pyav(path: str, every: int) -> int:
    count = 0
    with av.open(path) as film:
        film.streams.video[0].thread_type = "AUTO"
        for count, frame in enumerate(film.decode(video=0), 1):
            if count % every == 0:
                frame.to_ndarray(format="rgb24")
    return count


def with_opencv(path: str, every: int) -> int:
    count, film = 0, cv2.VideoCapture(path)
    while film.grab():
        count += 1
        if count % every == 0:
            cv2.cvtColor(film.retrieve()[1], cv2.COLOR_BGR2RGB)
    return count
