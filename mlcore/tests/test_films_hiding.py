"""Where faces of composed films are made unrecognisable, however few samples there are of them."""

from pathlib import Path

import numpy as np
import pytest

from mlcore.films.analysis import analyse
from mlcore.films.columns import Columns
from mlcore.films.composed import Actor, Shot, compose_film, portrait
from mlcore.films.hiding import faces_to_hide
from mlcore.films.overlay import Overlay
from mlcore.films.tracks import finish_tracks
from mlcore.recognizer import Recognizer, get_recognizer
from mlcore.scenes import Picture
from mlcore.tests.films import FACE, plain, scenery, two_shots, write_shots

BLURRED = {"smoothing": 0.0, "tracks": [], "labels": [], "words": {}, "blur_faces": True}


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return get_recognizer()


def faces_shown(shots: list[Shot], columns: Columns, hidden: Columns) -> list[float]:
    """The times, in seconds, of the frames in which the middle of a face is not blurred."""
    overlay = Overlay(BLURRED, columns, hidden)
    shown = []
    for frame in compose_film(shots, 15):
        blurred, _ = overlay.at(frame.time)
        for face in frame.faces.values():
            x, y = face.x + face.width / 2, face.y + face.height / 2
            if not any(
                box.x < x < box.x + box.width and box.y < y < box.y + box.height for box in blurred
            ):
                shown.append(frame.time)
    return shown


def test_a_face_between_two_samples_is_hidden(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    face = portrait(astronaut, FACE)
    actors = [
        Actor(face, lambda t: (120.0, 180.0, 150.0)),
        # Neither in a sample nor in a picture that the analysis searches whole.
        Actor(face[:, ::-1], lambda t: (350.0, 180.0, 150.0), seconds=(1.3, 1.7)),
    ]
    shots = [Shot(3.0, scenery(1), actors)]
    path = write_shots(tmp_path / "film.mp4", shots)
    blocks = list(analyse(path, recognizer, rate=1.0))
    columns, tracks = finish_tracks(Columns.joined([block.columns for block in blocks]))
    assert len(tracks) == 1
    assert faces_shown(shots, columns, Columns.empty()) == pytest.approx(
        np.arange(20, 26) / 15, abs=1e-6
    )

    told: list[tuple[float, float]] = []
    hidden = faces_to_hide(path, recognizer, progress=lambda *seconds: told.append(seconds))
    assert faces_shown(shots, columns, hidden) == []
    assert set(hidden.tracks) == {1, 2}
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == pytest.approx((44 / 15, 3.0), abs=0.1)


def test_so_are_the_faces_of_a_shot_from_its_first_frame_on(
    astronaut: Picture, tmp_path: Path, recognizer: Recognizer
) -> None:
    # The cut lies between two of the frames that are looked at ten times a second.
    shots = two_shots(astronaut, seconds=7 / 15)
    path = write_shots(tmp_path / "film.mp4", shots)
    hidden = faces_to_hide(path, recognizer)
    assert hidden.cuts == pytest.approx([7 / 15], abs=1e-3)
    assert faces_shown(shots, Columns.empty(), hidden) == []


def test_where_nobody_is_nothing_is_hidden(tmp_path: Path, recognizer: Recognizer) -> None:
    hidden = faces_to_hide(plain(tmp_path / "film.mp4"), recognizer)
    assert len(hidden) == 0
