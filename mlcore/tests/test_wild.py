from pathlib import Path

import numpy as np
import pytest

from mlcore.boxes import Box
from mlcore.errors import DatasetError
from mlcore.pictures import encode_png
from mlcore.recognizer import get_recognizer
from mlcore.wild import (
    WildFace,
    cheek_colour,
    recognize_wild,
    typology_angle,
    wild_report,
    wilson,
)

HAPPY, SAD, NEUTRAL = 3, 4, 6
BOX = Box(20, 20, 100, 100)


def skin(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((140, 140, 3), (red, green, blue), np.uint8)


def angle_of(picture: np.ndarray) -> float | None:
    cheeks = cheek_colour(picture, BOX)
    assert cheeks is not None
    return typology_angle(*cheeks)


@pytest.mark.parametrize(
    ("colour", "expected"),
    # L* and b* by the formulas of IEC 61966-2-1 and CIE 15: 86.7, 15.6; 65.9, 22.8; 32.9, 17.8.
    [((241, 212, 188), 67.0), ((198, 150, 120), 34.9), ((107, 68, 50), -43.9)],
)
def test_the_angle_of_known_colours(colour: tuple[int, int, int], expected: float) -> None:
    assert angle_of(skin(*colour)) == pytest.approx(expected, abs=1)


def test_a_grey_picture_has_no_skin_tone() -> None:
    assert angle_of(skin(120, 120, 120)) is None
    assert angle_of(skin(121, 120, 118)) is None
    assert angle_of(skin(120, 110, 150)) is None  # in blue light


def test_only_the_cheeks_are_asked() -> None:
    picture = skin(0, 0, 255)
    picture[70:84, 40:56] = picture[70:84, 84:100] = (198, 150, 120)
    assert angle_of(picture) == pytest.approx(34.9, abs=1)
    assert cheek_colour(picture, Box(500, 500, 10, 10)) is None  # outside


def face(label: int, answer: int, angle: float | None = 50.0, **values: object) -> WildFace:
    return WildFace(label, answer, **{"person": "Ada", "light": 120.0, **values}, angle=angle)


def test_groups_by_skin_tone_and_light() -> None:
    faces = [
        *[face(HAPPY, HAPPY)] * 3,
        face(SAD, HAPPY, uncertain=True),
        *[face(SAD, SAD, angle=20.0, light=60.0)] * 2,
        face(NEUTRAL, SAD, angle=-30.0, light=200.0),
        face(NEUTRAL, NEUTRAL, angle=None, person="Grace", cheeks=50.0),
        WildFace(HAPPY, -1, "Alan"),
    ]

    report = wild_report(faces)

    assert (report.pictures, report.found) == (9, 8)
    assert report.by_label["happy"] == (3, 1.0)
    assert report.by_label["angry"] == (0, 0.0)
    (everything,) = report.groups["all"]
    assert everything.accuracy == 6 / 8
    assert everything.recall == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)
    assert everything.uncertain == 1 / 8
    assert everything.fewest == 0
    assert [group.faces for group in report.groups["skin tone"]] == [4, 2, 1, 1]
    assert [group.accuracy for group in report.groups["skin tone"]] == [0.75, 1.0, 0.0, 1.0]
    assert [group.faces for group in report.groups["light"]] == [2, 5, 1]
    grey = report.groups["cheeks, where skin tone cannot be told"]
    assert [group.faces for group in grey] == [0, 1, 0]
    assert [group.people for group in (everything, grey[1])] == [2, 1]


def test_wilsons_interval() -> None:
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert wilson(0, 10)[0] == pytest.approx(0)
    assert wilson(0, 0) == (0.0, 1.0)


def test_pictures_go_through_the_whole_chain(tmp_path: Path, astronaut: np.ndarray) -> None:
    (tmp_path / "Eileen_Collins_0001.png").write_bytes(encode_png(astronaut))
    (tmp_path / "wall.png").write_bytes(encode_png(skin(200, 200, 200)))
    (tmp_path / "labels.csv").write_text(
        "file,expression\nEileen_Collins_0001.png,happy\nwall.png,neutral\nmissing.png,disgust\n"
    )

    smile, wall = recognize_wild(get_recognizer(), tmp_path)

    assert (smile.label, smile.answer, smile.uncertain) == (HAPPY, HAPPY, False)
    assert (smile.person, wall.person) == ("Eileen_Collins", "wall")
    assert smile.angle is not None
    assert 10 < smile.angle < 70
    assert 45 < smile.cheeks < 95
    assert smile.light == pytest.approx(astronaut.mean(), abs=10)
    assert (wall.label, wall.answer) == (NEUTRAL, -1)


def test_what_is_wrong_with_the_labels_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read as a csv"):
        recognize_wild(get_recognizer(), tmp_path)
    (tmp_path / "labels.csv").write_text("picture,expression\na.png,happy\n")
    with pytest.raises(DatasetError, match="cannot be read as a csv"):
        recognize_wild(get_recognizer(), tmp_path)
    (tmp_path / "labels.csv").write_text("file,expression\na.png,bored\n")
    with pytest.raises(DatasetError, match="'bored', which is none of ours"):
        recognize_wild(get_recognizer(), tmp_path)
