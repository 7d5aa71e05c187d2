import numpy as np
import pytest
from numpy.typing import NDArray

from mlcore.artifacts import PACKAGED_MODELS
from mlcore.boxes import Box, Detection, clip, iou, suppress_overlaps
from mlcore.crops import CropRule
from mlcore.detectors import DETECTORS
from mlcore.recognizer import DEFAULT_MODEL, Recognizer, get_recognizer


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


def random_boxes(random: np.random.Generator, count: int) -> list[Box]:
    """Boxes that overlap a picture of 300x200 at least in part."""
    boxes = []
    for _ in range(count):
        width, height = (int(side) for side in random.integers(1, 250, 2))
        x, y = int(random.integers(1 - width, 300)), int(random.integers(1 - height, 200))
        boxes.append(Box(x, y, width, height))
    return boxes


@pytest.mark.parametrize("seed", range(20))
def test_no_clipped_box_leaves_the_picture_or_is_empty(seed: int) -> None:
    for box in random_boxes(np.random.default_rng(seed), 50):
        assert_inside(clip(box, 300, 200), 300, 200)


@pytest.mark.parametrize("seed", range(20))
def test_boxes_of_one_face_become_its_surest(seed: int) -> None:
    random = np.random.default_rng(seed)
    found = [Detection(box, float(random.random())) for box in random_boxes(random, 40)]
    kept = suppress_overlaps(found)
    assert suppress_overlaps(kept) == kept
    assert set(kept) <= set(found)
    assert max(found, key=lambda one: one.score) in kept
    for number, one in enumerate(kept):
        assert all(iou(one.box, other.box) <= 0.4 for other in kept[:number])
    for lost in set(found) - set(kept):
        assert any(
            other.score >= lost.score and iou(one_part(lost.box, other.box), lost.box) > 0
            for other in kept
        )


@pytest.mark.parametrize("seed", range(10))
def test_jittered_copies_of_faces_apart_become_one_box_each(seed: int) -> None:
    random = np.random.default_rng(seed)
    faces = [Box(200 * number, 30 * number, 100, 100) for number in range(4)]
    found = []
    for face in faces:
        for _ in range(6):
            x, y, grown = (int(value) for value in random.integers(-8, 9, 3))
            box = Box(face.x + x, face.y + y, 100 + grown, 100 + grown)
            found.append(Detection(box, float(random.random())))
    kept = suppress_overlaps(found)
    assert len(kept) == len(faces)
    assert all(sum(iou(face, one.box) > 0.5 for one in kept) == 1 for face in faces)


class Finds:
    """A detector that finds the given boxes in every picture, duplicates suppressed."""

    name = "finds"
    crop_rule = CropRule(margin=1.2, shift_up=0.05)

    def __init__(self, boxes: list[Box]) -> None:
        self.boxes = boxes

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        return suppress_overlaps(Detection(box, 1.0) for box in self.boxes)


@pytest.mark.parametrize("seed", range(10))
def test_no_box_that_the_recognizer_gives_leaves_the_picture(seed: int) -> None:
    random = np.random.default_rng(seed)
    picture = random.integers(0, 256, (200, 300, 3), np.uint8)
    recognizer = Recognizer(PACKAGED_MODELS / DEFAULT_MODEL, Finds(random_boxes(random, 30)))
    faces = recognizer.recognize(picture)
    assert faces
    for face in faces:
        assert_inside(face.box, 300, 200)


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize(("top", "left"), [(0, 0), (70, 0), (0, 165), (95, 190)])
def test_a_face_at_the_edge_is_one_box_inside_the_picture(
    astronaut: NDArray[np.uint8], name: str, top: int, left: int
) -> None:
    picture = astronaut[top : top + 200, left:]
    faces = get_recognizer(detector=name).recognize(picture)
    face = clip(Box(180 - left, 80 - top, 90, 90), *picture.shape[1::-1])
    times = sum(iou(face, found.box) > 0.4 for found in faces)
    # OpenCV's cascade does not look beyond the edge.
    assert times == 1 or (times == 0 and name == "opencv_haar")
    for found in faces:
        assert_inside(found.box, picture.shape[1], picture.shape[0])


def assert_inside(box: Box, width: int, height: int) -> None:
    assert box.x >= 0
    assert box.y >= 0
    assert box.width > 0
    assert box.height > 0
    assert box.x + box.width <= width
    assert box.y + box.height <= height


def one_part(first: Box, second: Box) -> Box:
    """What two boxes share."""
    moved = Box(first.x - second.x, first.y - second.y, first.width, first.height)
    inside = clip(moved, second.width, second.height)
    return Box(inside.x + second.x, inside.y + second.y, inside.width, inside.height)
