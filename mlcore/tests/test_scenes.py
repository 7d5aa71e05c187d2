import numpy as np
import pytest
from numpy.typing import NDArray

from mlcore.boxes import Box, iou
from mlcore.scenes import WHOLE_AREA, Conditions, FaceArea, background, compose


@pytest.fixture
def faces() -> list[NDArray[np.uint8]]:
    """Two pictures of 64x64: one red, one grey with a bright spot at (48, 16)."""
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 250
    spot = np.full((64, 64), 40, np.uint8)
    spot[12:20, 44:52] = 255
    return [red, spot]


def test_a_seed_gives_one_scene(faces: list[NDArray[np.uint8]]) -> None:
    conditions = Conditions((40, 90), tilt=30, light=0.4, blur=0.02)
    first, again, other = (
        compose(faces, [0, 1], seed, conditions=conditions) for seed in (5, 5, 6)
    )
    assert (first.picture == again.picture).all()
    assert first.faces == again.faces
    assert (first.picture != other.picture).any()


@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
@pytest.mark.parametrize("seed", range(8))
def test_faces_lie_apart_inside_the_picture(
    faces: list[NDArray[np.uint8]], size: tuple[int, int], seed: int
) -> None:
    scene = compose(faces, [0, 1, 0, 1], seed, size, conditions=Conditions((40, 200), tilt=30))
    assert scene.picture.shape == (size[1], size[0], 3)
    assert scene.picture.dtype == np.uint8
    assert scene.faces
    for number, face in enumerate(scene.faces):
        assert 40 <= face.box.height <= 200
        assert abs(face.angle) <= 30
        assert face.tile.x >= 0
        assert face.tile.y >= 0
        assert face.tile.x + face.tile.width <= size[0]
        assert face.tile.y + face.tile.height <= size[1]
        assert all(iou(face.tile, other.tile) == 0 for other in scene.faces[:number])


def test_a_face_at_its_own_size_keeps_its_pixels(faces: list[NDArray[np.uint8]]) -> None:
    conditions = Conditions((64, 64))
    scene = compose(faces, [1], 3, area=WHOLE_AREA, conditions=conditions)
    (face,) = scene.faces
    assert face.box == face.tile
    assert (cut(scene.picture, face.tile) == faces[1][:, :, None]).all()


def test_a_face_without_room_is_left_out(faces: list[NDArray[np.uint8]]) -> None:
    big = Conditions((180, 180))
    assert len(compose(faces, [0, 1] * 10, 0, conditions=big).faces) < 20
    assert compose(faces, [0], 0, (100, 100), conditions=big).faces == []


def test_the_box_follows_a_tilted_face(faces: list[NDArray[np.uint8]]) -> None:
    around_the_spot = FaceArea(0.75, 0.25, 0.25)
    for seed in range(6):
        scene = compose(
            faces, [1], seed, area=around_the_spot, conditions=Conditions((40, 40), tilt=30)
        )
        (face,) = scene.faces
        middle = Box(face.box.x + 15, face.box.y + 15, 10, 10)
        assert cut(scene.picture, middle).min() > 200, face.angle


def test_conditions_take_light_and_edges(faces: list[NDArray[np.uint8]]) -> None:
    bright, dark, blurred = (
        compose(faces, [1], 2, conditions=conditions).picture
        for conditions in (
            Conditions((80, 80)),
            Conditions((80, 80), light=0.25),
            Conditions((80, 80), blur=0.05),
        )
    )
    assert dark.mean() == pytest.approx(bright.mean() / 4, abs=1)
    assert (
        np.abs(np.diff(blurred.astype(int), axis=1)).max()
        < np.abs(np.diff(bright.astype(int), axis=1)).max()
    )


def test_backgrounds_differ_and_take_only_corners_of_pictures() -> None:
    middle = np.zeros((100, 100, 3), np.uint8)
    middle[25:75, 25:75] = 255
    random = np.random.default_rng(0)
    pictures = [background(random, (320, 240), [middle]) for _ in range(40)]
    assert {picture.shape for picture in pictures} == {(240, 320, 3)}
    assert any(not picture.any() for picture in pictures)  # the quilt of black corners
    assert len({picture.tobytes() for picture in pictures if picture.any()}) > 20


def cut(picture: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    return picture[box.y : box.y + box.height, box.x : box.x + box.width]
