"""That a map lies where the answer comes from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mlcore.artifacts import PACKAGED_MODELS
from mlcore.errors import ArtifactError
from mlcore.explanation import (
    CELLS,
    FAINT,
    PATCHES,
    draw,
    grad_cam,
    occlude,
    occlusion_map,
)
from mlcore.labels import EXPRESSIONS
from mlcore.recognizer import DEFAULT_MODEL, RecognizedFace, get_recognizer

HAPPY, SAD = EXPRESSIONS.index("happy"), EXPRESSIONS.index("sad")


class Quadrant:
    """Answers happy as far as one quadrant of a face is bright, and sad otherwise."""

    def __init__(self, rows: slice, columns: slice, strength: float = 1.0) -> None:
        self.rows, self.columns, self.strength = rows, columns, strength

    def classify(
        self, faces: Sequence[NDArray[np.uint8]], *, zooms: bool = True
    ) -> NDArray[np.float32]:
        answers = np.zeros((len(faces), 7), np.float32)
        answers[:, HAPPY] = [
            face[self.rows, self.columns].mean() / 255 * self.strength for face in faces
        ]
        answers[:, SAD] = 1 - answers[:, HAPPY]
        return answers


UPPER, LOWER = slice(0, 24), slice(24, 48)
QUADRANTS = [(rows, columns) for rows in (UPPER, LOWER) for columns in (UPPER, LOWER)]


def quadrant_face(rows: slice, columns: slice) -> NDArray[np.uint8]:
    face = np.full((48, 48), 20, np.uint8)
    face[rows, columns] = 250
    return face


@pytest.fixture(scope="module")
def portrait(astronaut: NDArray[np.uint8]) -> RecognizedFace:
    return get_recognizer().recognize(astronaut)[0]


@pytest.mark.parametrize(("rows", "columns"), QUADRANTS)
def test_the_map_lies_where_the_answer_comes_from(rows: slice, columns: slice) -> None:
    face, toy = quadrant_face(rows, columns), Quadrant(rows, columns)

    heat = occlusion_map(toy, face, "happy")

    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert rows.start <= row < rows.stop
    assert columns.start <= column < columns.stop
    assert heat.shape == face.shape
    assert heat.dtype == np.float32
    inside = np.maximum(heat[rows, columns], 0).sum()
    assert inside > 0.8 * np.maximum(heat, 0).sum()


def test_the_sign_says_whether_a_place_speaks_for_or_against() -> None:
    face, toy = quadrant_face(UPPER, UPPER), Quadrant(UPPER, UPPER)

    drops = occlude(toy, face).drops

    np.testing.assert_allclose(drops[HAPPY], -drops[SAD], atol=1e-6)
    assert occlusion_map(toy, face, "sad").min() == -1
    assert occlusion_map(toy, face, "happy").max() == 1


def test_cells_tile_faces_of_any_size() -> None:
    for shape in ((16, 16), (48, 48), (97, 97)):
        half = slice(0, shape[0] // 2)
        face = np.full(shape, 20, np.uint8)
        face[half, half] = 250

        heat = occlusion_map(Quadrant(half, half), face, "happy")

        assert heat.shape == shape
        assert heat[half, half].mean() > 0.3


def test_a_larger_patch_is_taken_only_where_a_smaller_changes_nothing() -> None:
    face = quadrant_face(UPPER, UPPER)

    assert occlude(Quadrant(UPPER, UPPER), face).patch == PATCHES[0]
    faint = Quadrant(UPPER, UPPER, strength=FAINT / 2)
    assert occlude(faint, face).patch == PATCHES[-1]
    assert 0 < occlusion_map(faint, face, "happy").max() < 0.6  # not stretched to look strong


def test_a_smile_rests_on_the_mouth(portrait: RecognizedFace) -> None:
    occlusion = occlude(get_recognizer(), portrait.crop)

    drops = occlusion.drops[HAPPY]
    row, column = np.unravel_index(drops.argmax(), drops.shape)
    assert drops.max() > 2 * FAINT
    assert drops.max() > 20 * np.median(np.abs(drops))  # the mouth, and little else
    assert CELLS / 2 <= row < CELLS * 0.85  # the mouth lies at two thirds of the crop
    assert CELLS / 4 <= column < CELLS * 3 / 4
    assert occlusion.probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.training
@pytest.mark.parametrize("model", ["compact_vgg", DEFAULT_MODEL])
def test_both_methods_agree_roughly(portrait: RecognizedFace, model: str) -> None:
    covered = occlusion_map(get_recognizer(model), portrait.crop, "happy")
    gradients = grad_cam(PACKAGED_MODELS / model, portrait.crop, "happy")

    assert gradients.shape == covered.shape
    assert gradients.min() >= 0
    assert gradients.max() == pytest.approx(1, abs=0.05)
    assert np.corrcoef(covered.ravel(), gradients.ravel())[0, 1] > 0.2


@pytest.mark.training
def test_grad_cam_needs_a_whole_model(tmp_path: Path, portrait: RecognizedFace) -> None:
    with pytest.raises(ArtifactError):
        grad_cam(tmp_path, portrait.crop, "happy")


def test_drawing_puts_the_map_beside_the_face(portrait: RecognizedFace) -> None:
    heat = np.zeros((48, 48), np.float32)
    heat[24:] = 1

    picture = draw(portrait.crop, heat, side=96)

    assert picture.shape == (96, 192, 3)
    red_over_blue = picture[..., 0].astype(int) - picture[..., 2]
    assert np.all(red_over_blue[:, :96] == 0)
    assert red_over_blue[80:, 96:].mean() > red_over_blue[:16, 96:].mean() + 20
