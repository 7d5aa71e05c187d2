"""The films that `benchmarks.video` composes."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.detectors import size_of
from mlcore.films.composed import Actor, Shot, Writing, compose_film, write_film
from mlcore.scenes import Picture, background

FILM_RATE = 30


ENCODED = Writing(options={"preset": "veryfast", "crf": "21"}, sound="aac", rate=FILM_RATE)


def film_of(
    folder: Path,
    read: Callable[[], Sequence[Picture]],
    size: str,
    faces: int,
    seconds: int,
) -> Path:
    """A film of some faces that move about; drawn once, and repeated where it is longer."""
    path = folder / f"{size}-{faces}-{seconds}.mp4"
    if path.exists():
        return path
    base = folder / f"{size}-{faces}-10.mp4"
    if not base.exists():
        width, height = size_of(size)
        rng, pictures = np.random.default_rng(faces), read()
        actors = [
            walking(pictures[int(rng.integers(len(pictures)))], (width, height), place, faces)
            for place in range(faces)
        ]
        shot = Shot(10.0, background(rng, (width, height)), actors)
        drawn = ((one.time, one.picture) for one in compose_film([shot], FILM_RATE))
        draft = base.with_name(f"draft-{base.name}")
        write_film(draft, drawn, ENCODED)
        draft.replace(base)
    if seconds != 10:
        repeat(base, path, seconds // 10)
    return path


def walking(picture: Picture, size: tuple[int, int], place: int, of: int) -> Actor:
    """A face that sways and comes nearer and goes away, in its part of the picture."""
    width, height = size
    room = width / of
    side = min(0.42 * height, 0.8 * room)

    def at(time: float) -> tuple[float, float, float]:
        grown = side * (0.85 + 0.15 * np.sin(0.5 * time + place))
        x = room * (place + 0.5) + (room - side) / 2 * np.sin(0.9 * time + 2 * place)
        return float(x), height * (0.5 + 0.1 * float(np.sin(0.7 * time + place))), float(grown)

    return Actor(picture, at)


def repeat(source: Path, target: Path, times: int) -> None:
    """The same packets again and again."""
    draft = target.with_name(f"draft-{target.name}")
    with av.open(str(draft), "w") as out:
        streams: dict[int, Any] = {}
        latest: dict[int, int] = {}
        for round_ in range(times):
            with av.open(str(source)) as film:
                used = [*film.streams.video, *film.streams.audio]
                for stream in used:
                    if stream.index not in streams:
                        streams[stream.index] = out.add_stream_from_template(stream)
                for packet in film.demux(*used):
                    if packet.dts is None:
                        continue
                    shift = int(Fraction(10 * round_) / packet.time_base)
                    packet.pts += shift
                    packet.dts += shift
                    # Sound begins before the pictures, and ends after them.
                    if packet.dts <= latest.get(packet.stream.index, -(10**9)):
                        continue
                    latest[packet.stream.index] = packet.dts
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)
    draft.replace(target)
