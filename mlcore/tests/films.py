"""Films that tests compose."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mlcore.boxes import Box
from mlcore.films.composed import Actor, Shot, Writing, compose_film, portrait, write_film
from mlcore.films.reading import frames
from mlcore.scenes import Picture, background

SIZE = (480, 360)
FACE = Box(180, 70, 100, 110)
"""In the picture of the astronaut."""


def scenery(seed: int, size: tuple[int, int] = SIZE) -> Picture:
    """A background without faces."""
    return background(np.random.default_rng(seed), size)


def two_shots(astronaut: Picture, size: tuple[int, int] = SIZE, seconds: float = 2.0) -> list[Shot]:
    """One face that comes nearer while it moves to the right, a cut, then two faces."""
    face = portrait(astronaut, FACE)
    wide, high = size[0] / 480, size[1] / 360
    least = min(wide, high)
    one = Actor(face, lambda t: ((150 + 40 * t) * wide, 180 * high, (160 + 20 * t) * least))
    left = Actor(face, lambda t: (130 * wide, (170 + 10 * t) * high, 150 * least))
    right = Actor(face[:, ::-1], lambda t: ((350 - 20 * t) * wide, 190 * high, 160 * least))
    return [Shot(seconds, scenery(1, size), [one]), Shot(seconds, scenery(3, size), [left, right])]


def one_who_passes(astronaut: Picture) -> list[Shot]:
    """One face, between two samples of one a second."""
    face = portrait(astronaut, FACE)
    actor = Actor(face, lambda t: (240.0, 180.0, 150.0), seconds=(0.3, 0.7))
    return [Shot(1.5, scenery(1), [actor])]


def detail_of_who_passes(path: Path) -> float:
    """How much of that face can be made out, in levels from one pixel to the next."""
    (frame,) = itertools.islice(frames(path, rate=None), 7, 8)
    inside = frame.image.mean(axis=2)[150:210, 210:270]
    return float(np.abs(np.diff(inside, axis=1)).mean())


def drawn(
    shots: list[Shot], rate: float = 15.0, turned: int = 0
) -> Iterator[tuple[float, Picture]]:
    """Times and pictures, turned to the left by so many degrees as a camera would store them."""
    for frame in compose_film(shots, rate):
        yield frame.time, np.ascontiguousarray(np.rot90(frame.picture, turned // 90))


def write_shots(
    path: Path, shots: list[Shot], writing: Writing | None = None, rate: float = 15.0
) -> Path:
    """A film of shots; one with a rotation is stored lying on its side."""
    writing = writing or Writing(rate=15)
    write_film(path, drawn(shots, rate, writing.rotation), writing)
    return path


def plain(path: Path, *, frames: int = 30, rate: int = 15, writing: Writing | None = None) -> Path:
    """A film of a moving pattern, without faces."""
    picture = scenery(0, (160, 96))
    moving = (
        (number / rate, np.ascontiguousarray(np.roll(picture, number, axis=1)))
        for number in itertools.islice(itertools.count(), frames)
    )
    write_film(path, moving, writing or Writing(rate=rate))
    return path
