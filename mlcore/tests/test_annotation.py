import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from mlcore.annotation import Mark, annotate, changed_parts, draw_marks
from mlcore.boxes import Box
from mlcore.pictures import encode_jpeg


@dataclass
class Face:
    box: Box
    expression: str = "surprise"
    probability: float = 0.87
    uncertain: bool = False


def test_the_picture_itself_is_left_alone() -> None:
    image = np.full((300, 400, 3), 90, np.uint8)
    annotated = annotate(image, [Face(Box(100, 100, 80, 80))])
    assert annotated.shape == image.shape
    assert annotated.dtype == np.uint8
    assert (image == 90).all()
    assert (annotated != 90).any()


def test_without_faces_nothing_is_drawn() -> None:
    image = np.full((300, 400, 3), 90, np.uint8)
    assert (annotate(image, []) == image).all()


def test_a_small_picture_is_enlarged_for_its_label() -> None:
    annotated = annotate(np.zeros((48, 64, 3), np.uint8), [Face(Box(10, 10, 30, 30))])
    assert annotated.shape == (200, 267, 3)


@pytest.mark.parametrize(
    ("size", "drawn"),
    [((40, 1000), (160, 4000)), ((16, 40_000), (16, 40_000)), ((16, 650_000), (2, 65_000))],
)
def test_a_strip_stays_a_picture_that_a_jpeg_holds(
    size: tuple[int, int], drawn: tuple[int, int]
) -> None:
    annotated = annotate(np.zeros((*size, 3), np.uint8), [Face(Box(10, 2, 12, 12))])
    assert annotated.shape[:2] == drawn
    assert encode_jpeg(annotated)


@pytest.mark.parametrize("side", [200, 700, 2000])
@pytest.mark.parametrize("place", list(itertools.product(("start", "middle", "end"), repeat=2)))
def test_a_label_is_whole_wherever_the_face_is(side: int, place: tuple[str, str]) -> None:
    face_side = side // 8
    starts = {"start": 0, "middle": side // 2, "end": side - face_side}
    image = np.full((side, side, 3), 90, np.uint8)
    box = Box(starts[place[0]], starts[place[1]], face_side, face_side)

    plates = []
    for text in ("surprise", "sad"):
        changed = (annotate(image, [Face(box, text)]) != 90).any(axis=2)
        columns = np.flatnonzero(changed.any(axis=0))
        plates.append(columns[-1] - columns[0])

    # Nothing of the longer word is cut off: its plate is longer than the shorter word's.
    assert plates[0] > plates[1] or plates[0] == side - 1
    assert plates[0] < side


def test_an_uncertain_face_has_a_dashed_frame_and_a_question_mark() -> None:
    image = np.full((400, 400, 3), 90, np.uint8)
    box = Box(100, 100, 200, 200)
    certain, uncertain = (
        (annotate(image, [Face(box, uncertain=value)]) != 90).any(axis=2) for value in (False, True)
    )

    bottom = box.y + box.height - 1
    assert certain[bottom, box.x : box.x + box.width].all()
    drawn = uncertain[bottom, box.x : box.x + box.width]
    assert 0.3 < drawn.mean() < 0.9
    assert drawn[0]
    assert drawn[-1]
    # The plates say something else.
    assert (certain[: box.y] != uncertain[: box.y]).any()


def test_faces_have_colours_of_their_own() -> None:
    image = np.zeros((400, 900, 3), np.uint8)
    boxes = [Box(20 + 140 * index, 100, 100, 100) for index in range(6)]
    annotated = annotate(image, [Face(box) for box in boxes])
    colours = {tuple(annotated[box.y + box.height - 1, box.x + 50].tolist()) for box in boxes}
    assert len(colours) == 6


@pytest.mark.parametrize("dashed", [False, True])
@pytest.mark.parametrize(
    "box",
    [
        Box(100, 80, 90, 90),
        Box(101, 81, 61, 71),
        Box(3, 2, 90, 90),
        Box(-20, 150, 90, 90),
        Box(280, 170, 90, 90),
        Box(150, 100, 8, 8),
        Box(10, 10, 300, 220),
    ],
)
def test_the_parts_that_a_mark_changes_are_all_that_it_changes(box: Box, dashed: bool) -> None:
    size = (320, 240)
    before = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    mark = Mark(box, "12: surprise 87 %", (20, 200, 90), dashed)
    whole, pieced = before.copy(), before.copy()
    draw_marks(whole, [mark], size)
    drawn = np.zeros((240, 320), int)
    for part in changed_parts(mark, size):
        rows, columns = slice(part.y, part.y + part.height), slice(part.x, part.x + part.width)
        assert not any(value % 2 for value in (part.x, part.y, part.width, part.height))
        canvas = pieced[rows, columns].copy()
        draw_marks(canvas, [mark], size, (part.x, part.y))
        pieced[rows, columns] = canvas
        drawn[rows, columns] += 1
    assert drawn.max() == 1
    assert not (whole != before)[drawn == 0].any()
    # OpenCV smooths a line otherwise where it leaves the canvas: some pixels, by a few levels.
    differences = np.abs(whole.astype(int) - pieced)
    assert (differences > 0).any(axis=2).sum() <= 40
    assert differences.max() <= 32
