"""How well the faces of composed films are followed; a part of `benchmarks.video`."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.video_films import ENCODED, FILM_RATE
from benchmarks.video_work import RATE, Bench
from mlcore.boxes import Box, iou
from mlcore.films.analysis import analyse
from mlcore.films.columns import Columns
from mlcore.films.composed import Actor, Shot, compose_film, write_film
from mlcore.films.sampling import bin_of
from mlcore.films.tracks import finish_tracks
from mlcore.recognizer import Recognizer, get_recognizer
from mlcore.scenes import Picture, background

COUNTED = 0.5
"""So large a share of a face must lie in the picture, uncovered by others, to be in the truth of
tracks."""


Face = tuple[int, Box, bool]
"""In a frame: number of the person, where it is, and whether it counts."""


def is_found(recognizer: Recognizer, picture: Picture) -> bool:
    scene = np.full((480, 640, 3), 110, np.uint8)
    actor = Actor(picture, lambda time: (320.0, 240.0, 180.0))
    (still,) = compose_film([Shot(0.01, scene, [actor])], FILM_RATE)
    return any(
        iou(one.box, still.faces[0]) >= 0.5 for one in recognizer.detector.detect(still.picture)
    )


def followed(bench: Bench, name: str) -> dict[str, Any]:
    """Films of some faces, analysed and compared with the truth."""
    options, recognizer = bench.options, get_recognizer()
    order = np.random.default_rng(0).permutation(len(bench.pictures))[:150]
    some = [bench.pictures[index] for index in order]
    pictures = [one for one in some if name == "all" or is_found(recognizer, one)]
    rows, totals = [], np.zeros(3)
    agree: list[bool] = []
    apart: list[float] = []
    stills: list[bool] = []
    for number in range(options.films):
        shots = some_shots(np.random.default_rng(number), pictures)
        path = bench.folder / f"tracks-{number}.mp4"
        drawn = list(compose_film(shots, FILM_RATE, seed=number))
        write_film(path, ((one.time, one.picture) for one in drawn), ENCODED)
        columns, found = finish_tracks(
            Columns.joined([one.columns for one in analyse(path, recognizer, rate=RATE)])
        )
        truth: dict[float, list[Face]] = {}
        taken = None
        for one in drawn:
            if bin_of(one.time, RATE) != taken:
                taken = bin_of(one.time, RATE)
                truth[round(one.time, 3)] = [
                    (person, box, one.visible[person] >= COUNTED)
                    for person, box in one.faces.items()
                ]
        counts = identities(columns, truth)
        people = {person for faces in truth.values() for person, _, _ in faces}
        totals += counts
        rows.append(
            [
                f"{len(shots)} shots, {len(people)} people",
                str(len(found)),
                *scores(counts),
            ]
        )
        for place in range(0, len(drawn) - 1, FILM_RATE // 2):
            one = drawn[place]
            at = np.isclose(columns.times, one.time, atol=1e-3)
            faces, next_ones = recognizer.recognize_many([one.picture, drawn[place + 1].picture])
            for face in faces:
                stills += [
                    other.expression == face.expression
                    for other in next_ones
                    if iou(face.box, other.box) > 0.5
                ]
                for row in np.flatnonzero(at):
                    if iou(face.box, box_of(columns, row)) > 0.5:
                        answer = columns.probabilities[row]
                        agree.append(int(answer.argmax()) == int(face.probabilities.argmax()))
                        apart.append(float(np.abs(answer - face.probabilities).sum() / 2))
        path.unlink()
    rows.append(["all", "", *scores(totals)])
    return {
        "faces": [len(pictures), len(some)],
        "rows": rows,
        "compared": len(agree),
        "agree": statistics.mean(agree),
        "apart": statistics.mean(apart),
        "stills": statistics.mean(stills),
    }


def some_shots(rng: np.random.Generator, pictures: Sequence[Picture]) -> list[Shot]:
    """Two to four shots of one to three faces, some of which come late or leave early."""
    size = (640, 480)
    shots = []
    for _ in range(int(rng.integers(2, 5))):
        seconds, count = float(rng.uniform(1.5, 4)), int(rng.integers(1, 4))
        actors = []
        for place in range(count):
            side = float(rng.uniform(110, 0.95 * size[0] / count if count > 1 else 320))
            side = min(side, 320)
            room = size[0] / count
            start = room * (place + 0.5) + rng.uniform(-0.1, 0.1) * room
            speed, nearer = rng.uniform(-0.15, 0.15) * room, rng.uniform(-0.1, 0.15)
            high = rng.uniform(200, 280)

            def at(
                time: float, side=side, start=start, speed=speed, nearer=nearer, high=high
            ) -> tuple[float, float, float]:
                return start + speed * time, high, side * (1 + nearer * time)

            begin = float(rng.uniform(0, 0.5)) * seconds if rng.random() < 0.25 else 0.0
            end = seconds * float(rng.uniform(0.7, 1)) if rng.random() < 0.25 else seconds
            picture = pictures[int(rng.integers(len(pictures)))]
            actors.append(Actor(picture, at, seconds=(begin, end)))
        shots.append(Shot(seconds, background(rng, size), actors))
    return shots


def box_of(columns: Columns, row: int) -> Box:
    return Box(*(round(float(value)) for value in columns.boxes[row]))


def identities(columns: Columns, truth: Mapping[float, Sequence[Face]]) -> np.ndarray:
    """Identity true positives, samples, and true faces (Ristani et al. 2016,
    https://arxiv.org/abs/1609.01775): each person is given the one track that fits most.

    A face that is mostly hidden need not be found, and finding it is no mistake: as in the MOT
    benchmarks (Milan et al. 2016, https://arxiv.org/abs/1603.00831), neither it nor a sample on it
    is counted.
    """
    people = sorted({person for faces in truth.values() for person, _, _ in faces})
    numbers = np.unique(columns.tracks).tolist()
    fits = np.zeros((len(people), len(numbers)))
    samples = 0
    for row in range(len(columns)):
        on = [
            (person, counted)
            for person, box, counted in truth.get(round(float(columns.times[row]), 3), ())
            if iou(box, box_of(columns, row)) >= 0.5
        ]
        samples += not on or any(counted for _, counted in on)
        for person, counted in on:
            if counted:
                fits[people.index(person), numbers.index(int(columns.tracks[row]))] += 1
    matched = fits[linear_sum_assignment(-fits)].sum()
    true = sum(counted for faces in truth.values() for _, _, counted in faces)
    return np.array([matched, samples, true])


def scores(counts: Iterable[float]) -> list[str]:
    matched, found, true = counts
    return [
        f"{2 * matched / max(found + true, 1):.3f}",
        f"{matched / max(found, 1):.3f}",
        f"{matched / max(true, 1):.3f}",
    ]
