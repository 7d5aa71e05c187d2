import numpy as np
import pytest

from mlcore.boxes import Box, Detection, clip, iou, suppress_overlaps
from mlcore.crops import CropRule, crop


@pytest.mark.parametrize(
    ("box", "clipped"),
    [
        (Box(10, 10, 20, 20), Box(10, 10, 20, 20)),
        (Box(-5, -5, 20, 20), Box(0, 0, 15, 15)),
        (Box(90, 40, 20, 20), Box(90, 40, 10, 10)),
        (Box(-50, 10, 20, 20), Box(0, 10, 0, 20)),
        (Box(200, 10, 20, 20), Box(100, 10, 0, 20)),
    ],
)
def test_clip(box: Box, clipped: Box) -> None:
    assert clip(box, 100, 50) == clipped


def test_iou() -> None:
    assert iou(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1
    assert iou(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert iou(Box(0, 0, 10, 10), Box(10, 0, 10, 10)) == 0
    assert iou(Box(0, 0, 0, 0), Box(0, 0, 0, 0)) == 0


def test_the_surest_box_of_a_face_stays_and_the_largest_face_comes_first() -> None:
    face, twin = Detection(Box(0, 0, 100, 100), 2.0), Detection(Box(8, 8, 100, 100), 1.0)
    mouth = Detection(Box(30, 60, 30, 30), 0.5)
    neighbour = Detection(Box(95, 0, 40, 40), 3.0)
    assert suppress_overlaps([mouth, twin, neighbour, face]) == [face, neighbour]


def test_faces_of_one_size_stay_in_one_order() -> None:
    row = [Detection(Box(x, 0, 10, 10), x / 100) for x in (40, 0, 20)]
    assert [found.box.x for found in suppress_overlaps(row)] == [0, 20, 40]


def test_a_square_lies_about_the_centre_moved_up() -> None:
    square = CropRule(margin=1.2, shift_up=0.05).square(Box(100, 100, 100, 80))
    assert square == Box(90, 75, 120, 120)


def test_a_crop_beyond_the_edge_repeats_it() -> None:
    picture = np.arange(100, dtype=np.uint8).reshape(10, 10)
    inside = crop(picture, Box(2, 3, 4, 4))
    assert (inside == picture[3:7, 2:6]).all()
    beyond = crop(picture, Box(-2, 7, 5, 5))
    assert beyond.shape == (5, 5)
    assert beyond[0].tolist() == [70, 70, 70, 71, 72]
    assert beyond[4].tolist() == [90, 90, 90, 91, 92]
