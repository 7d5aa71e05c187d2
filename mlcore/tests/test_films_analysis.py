"""Faces of films that were composed, so that what should be found is known."""

import json
import threading
from dataclasses import fields
from pathlib import Path

import numpy as np
import psutil
import pytest

from mlcore.boxes import Box, iou
from mlcore.errors import FilmError
from mlcore.films.analysis import Block, analyse
from mlcore.films.columns import Columns
from mlcore.films.composed import Actor, Shot, Writing, compose_film, portrait
from mlcore.films.tracks import finish_tracks
from mlcore.labels import EXPRESSIONS
from mlcore.recognizer import Recognizer, get_recognizer
from mlcore.scenes import Picture
from mlcore.tests.films import FACE, plain, scenery, two_shots, write_shots

HAPPY = EXPRESSIONS.index("happy")


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return get_recognizer()


def joined(blocks: list[Block]) -> Columns:
    return Columns.joined([block.columns for block in blocks])


def assert_same(one: Columns, other: Columns) -> None:
    for field in fields(Columns):
        left, right = getattr(one, field.name), getattr(other, field.name)
        assert left.dtype == right.dtype
        assert np.array_equal(left, right), field.name


def overlaps(
    columns: Columns, shots: list[Shot], rate: float
) -> dict[tuple[int, int], list[float]]:
    """{(track, person): how the boxes overlap}, for the person that each sample is nearest to."""
    truth = {round(frame.time, 6): frame.faces for frame in compose_film(shots, rate)}
    found: dict[tuple[int, int], list[float]] = {}
    for row in range(len(columns)):
        faces = truth[round(float(columns.times[row]), 6)]
        box = Box(*(round(float(value)) for value in columns.boxes[row]))
        person, overlap = max(
            ((person, iou(box, face)) for person, face in faces.items()), key=lambda pair: pair[1]
        )
        found.setdefault((int(columns.tracks[row]), person), []).append(overlap)
    return found


@pytest.mark.parametrize(("rate", "samples"), [(5.0, 10), (None, 30), (1.0, 2)])
def test_each_person_in_a_shot_is_a_track(
    astronaut: Picture,
    tmp_path: Path,
    recognizer: Recognizer,
    rate: float | None,
    samples: int,
) -> None:
    shots = two_shots(astronaut)
    path = write_shots(tmp_path / "film.mp4", shots)
    blocks = list(analyse(path, recognizer, rate=rate))
    raw = joined(blocks)
    assert raw.cuts == pytest.approx([2.0], abs=0.01)
    columns, tracks = finish_tracks(raw)
    assert [(track.number, track.samples) for track in tracks] == [
        (1, samples),
        (2, samples),
        (3, samples),
    ]
    assert tracks[0].start == 0.0
    assert tracks[0].end < 2.0 == tracks[1].start == tracks[2].start
    assert {track.expression for track in tracks} == {"happy"}
    found = overlaps(columns, shots, 15)
    assert len(found) == 3
    assert all(overlap > 0.5 for values in found.values() for overlap in values)

    assert columns.times.dtype == np.float64
    assert columns.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (np.diff(columns.times) >= 0).all()
    assert (columns.frames == np.round(columns.times * 15)).all()
    last = blocks[-1]
    assert last.last
    assert not last.truncated
    assert last.frames == 60
    assert last.faces >= 3
    assert not any(block.last for block in blocks[:-1])


def test_expressions_are_those_of_the_stills(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    shots = two_shots(astronaut)
    path = write_shots(tmp_path / "film.mp4", shots, Writing(rate=15, options={"crf": "10"}))
    columns, _ = finish_tracks(joined(list(analyse(path, recognizer, rate=5))))
    stills = [frame for frame in compose_film(shots, 15) if round(frame.time * 15) % 3 == 0]
    for frame in stills:
        at = np.isclose(columns.times, frame.time)
        faces = recognizer.recognize(frame.picture)
        assert at.sum() == len(faces)
        expected = np.mean([face.probabilities for face in faces], axis=0)
        assert np.abs(columns.probabilities[at].mean(axis=0) - expected).max() < 0.05


@pytest.mark.parametrize("rate", [10.0, None])
def test_analysed_in_two_halves_is_as_in_one_go(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer, rate: float | None
) -> None:
    keys = Writing(rate=15, options={"preset": "medium", "g": "12"})
    path = write_shots(tmp_path / "film.mp4", two_shots(astronaut, seconds=2.5), keys)
    whole = list(analyse(path, recognizer, rate=rate, block_seconds=1.0))
    assert len(whole) >= 4
    for place in range(len(whole) - 1):
        state = json.loads(json.dumps(whole[place].state))
        rest = list(analyse(path, recognizer, rate=rate, state=state, block_seconds=1.0))
        assert_same(joined(whole[: place + 1] + rest), joined(whole))
        assert rest[-1].frames == whole[-1].frames
        assert rest[-1].faces == whole[-1].faces
        assert rest[-1].state == whole[-1].state


def test_a_state_of_another_rate_is_refused(tmp_path: Path, recognizer: Recognizer) -> None:
    path = plain(tmp_path / "film.mp4")
    (block,) = analyse(path, recognizer, rate=5)
    with pytest.raises(ValueError, match="another way"):
        next(analyse(path, recognizer, rate=2, state=block.state))


def test_vertical_films_that_are_stored_lying(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    shots = two_shots(astronaut, (406, 720), 1.0)
    path = write_shots(tmp_path / "film.mov", shots, Writing(rate=15, rotation=90))
    columns, tracks = finish_tracks(joined(list(analyse(path, recognizer, rate=5))))
    assert len(tracks) == 3
    found = overlaps(columns, shots, 15)
    assert all(overlap > 0.5 for values in found.values() for overlap in values)


def test_boxes_are_in_the_film_s_pixels_however_small_it_is_looked_at(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    shots = two_shots(astronaut, (960, 720), 0.6)
    path = write_shots(tmp_path / "film.mp4", shots)
    columns, _ = finish_tracks(joined(list(analyse(path, recognizer, rate=5, max_side=480))))
    found = overlaps(columns, shots, 15)
    assert len(found) == 3
    assert all(overlap > 0.5 for values in found.values() for overlap in values)


def test_a_face_that_comes_between_two_searches_is_followed_back(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    face = portrait(astronaut, FACE)
    actors = [
        Actor(face, lambda t: (130.0, 180.0, 150.0)),
        Actor(face[:, ::-1], lambda t: (350.0, 180.0, 150.0), seconds=(0.4, 1.6)),
    ]
    shots = [Shot(2.0, scenery(1), actors)]
    path = write_shots(tmp_path / "film.mp4", shots)
    columns, tracks = finish_tracks(joined(list(analyse(path, recognizer, rate=5))))
    assert len(tracks) == 2
    assert (tracks[1].start, tracks[1].end) == pytest.approx((0.4, 1.4))
    assert tracks[1].samples == 6
    assert all(
        overlap > 0.5 for values in overlaps(columns, shots, 15).values() for overlap in values
    )


def test_a_face_that_is_gone_for_a_moment_stays_one_track(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    face = portrait(astronaut, FACE)
    place = lambda t: (200.0 + 10 * t, 180.0, 150.0)  # noqa: E731
    actors = [Actor(face, place, seconds=(0, 1)), Actor(face, place, seconds=(2.2, 3.5))]
    path = write_shots(tmp_path / "film.mp4", [Shot(3.5, scenery(1), actors)])
    columns, tracks = finish_tracks(joined(list(analyse(path, recognizer, rate=5))))
    assert len(tracks) == 1
    assert not ((columns.times > 1.01) & (columns.times < 2.19)).any()


def test_a_film_without_faces(tmp_path: Path, recognizer: Recognizer) -> None:
    path = plain(tmp_path / "film.mp4", frames=45)
    (block,) = analyse(path, recognizer, rate=5)
    columns, tracks = finish_tracks(block.columns)
    assert (len(columns), tracks) == (0, [])
    assert columns.probabilities.shape == (0, 7)
    assert (block.last, block.frames) == (True, 45)


def test_other_detectors_faces_are_followed_too(astronaut: Picture, tmp_path: Path) -> None:
    shots = two_shots(astronaut, seconds=1.0)
    path = write_shots(tmp_path / "film.mp4", shots)
    haar = get_recognizer(detector="opencv_haar")
    columns, tracks = finish_tracks(joined(list(analyse(path, haar, rate=5))))
    assert len(tracks) == 3
    assert all(
        overlap > 0.4 for values in overlaps(columns, shots, 15).values() for overlap in values
    )


def test_of_a_film_cut_short_the_rest_is_analysed_and_it_is_said(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    path = write_shots(tmp_path / "film.mkv", two_shots(astronaut))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    blocks = list(analyse(path, recognizer, rate=5))
    assert blocks[-1].truncated
    assert len(joined(blocks)) > 3


def test_work_that_is_given_up_leaves_nothing_behind(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    path = write_shots(tmp_path / "film.mp4", two_shots(astronaut, seconds=5.0))
    work = analyse(path, recognizer, rate=10, block_seconds=1.0)
    next(work)
    (child,) = psutil.Process().children()
    assert any(thread.name == "film-reader" for thread in threading.enumerate())
    work.close()
    assert not child.is_running()
    assert not any(thread.name == "film-reader" for thread in threading.enumerate())


def test_a_decoder_that_dies_on_the_way(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    path = write_shots(tmp_path / "film.mp4", two_shots(astronaut, seconds=20.0), rate=30)
    work = analyse(path, recognizer, rate=10, block_seconds=1.0)
    first = next(work)
    (child,) = psutil.Process().children()
    child.kill()
    with pytest.raises(FilmError) as refusal:
        list(work)
    assert refusal.value.code == "film_crashed"
    assert not psutil.Process().children()
    again = next(analyse(path, recognizer, rate=10, state=first.state, block_seconds=1.0))
    assert again.time > first.time


def test_columns_survive_storage(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    path = write_shots(tmp_path / "film.mp4", two_shots(astronaut))
    columns = joined(list(analyse(path, recognizer, rate=10)))
    assert_same(Columns.from_bytes(columns.to_bytes()), columns)
    part = columns.between(1.0, 2.0)
    assert len(part) == 10
    assert len(part.cuts) == 0
    assert_same(Columns.joined([columns.between(0, 1), part, columns.between(2, 99)]), columns)
    for bad in (b"", b"PK\3\4", b"not a file", columns.to_bytes()[:-100]):
        with pytest.raises(ValueError, match="numbers of a film"):
            Columns.from_bytes(bad)
