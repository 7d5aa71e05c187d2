import numpy as np
import pytest
from numpy.typing import NDArray

from mlcore.conditions import CONDITIONS, degrade, mean_recall, measure_conditions
from mlcore.datasets.faces import FaceDataset

CHANGES = [condition for condition in CONDITIONS if condition != "as they are"]


@pytest.fixture
def faces() -> NDArray[np.uint8]:
    """Two faces of 48x48 with a bright spot to the left of the centre."""
    faces = np.full((2, 48, 48), 90, np.uint8)
    faces[:, 20:28, 6:14] = 200
    return faces


@pytest.mark.parametrize("condition", CHANGES)
def test_a_condition_changes_a_copy_in_the_same_way_each_time(
    condition: str, faces: NDArray[np.uint8]
) -> None:
    before = faces.copy()
    changed = degrade(faces, CONDITIONS[condition])
    assert changed.shape == faces.shape
    assert changed.dtype == np.uint8
    assert (changed != faces).any()
    assert (faces == before).all()
    assert (degrade(faces, CONDITIONS[condition]) == changed).all()


def test_conditions_do_what_they_are_called(faces: NDArray[np.uint8]) -> None:
    def changed(words: str) -> NDArray[np.uint8]:
        (condition,) = [name for name in CONDITIONS if name.startswith(words)]
        return degrade(faces, CONDITIONS[condition])

    assert (degrade(faces, CONDITIONS["as they are"]) == faces).all()
    assert changed("dark").mean() == pytest.approx(faces.mean() / 4, abs=1)
    assert changed("very dark").mean() == pytest.approx(faces.mean() / 16, abs=1)
    bright = changed("bright")
    assert (bright[faces == 200] == 255).all()
    assert (bright[faces == 90] == 180).all()
    # Edges grow softer, the more the stronger.
    steps = [np.abs(np.diff(changed(name).astype(int), axis=2)).max() for name in CHANGES[3:5]]
    assert 110 > steps[0] > steps[1]
    steps = [
        np.abs(np.diff(changed(f"small: {side}").astype(int), axis=2)).max()
        for side in (24, 16, 12)
    ]
    assert 110 > steps[0] > steps[2]
    # A spot to the left moves up or down when the face is turned, by sine of the angle.
    for degrees in (15, 30):
        rows = np.argwhere(changed(f"turned in the plane by {degrees}")[0] > 150)[:, 0]
        expected = 14 * np.sin(np.deg2rad(degrees))
        assert abs(rows.mean() - 23.5) == pytest.approx(expected, abs=0.6)


def test_each_condition_is_measured_on_the_same_faces() -> None:
    """A classifier that goes by brightness: the dark are all taken for sad, and surely so."""
    labels = np.array([3, 4] * 20)
    images = np.where(labels == 3, 200, 40).astype(np.uint8)[:, None, None]
    dataset = FaceDataset(
        np.repeat(np.repeat(images, 48, axis=1), 48, axis=2),
        labels,
        np.array(["PrivateTest"] * 40),
    )
    seen = []

    def classify(faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        seen.append(len(faces))
        bright = faces.mean(axis=(1, 2)) > 100
        chances = np.full((len(faces), 7), 0.02, np.float32)
        chances[np.arange(len(faces)), np.where(bright, 3, 4)] = np.where(bright, 0.4, 0.8)
        return chances

    conditions = {name: CONDITIONS[name] for name in ("as they are", CHANGES[0])}
    plain, dark = measure_conditions(
        classify, dataset, 0.5, conditions=conditions, most=21, progress=lambda name: None
    )

    assert seen == [21, 21]
    assert (plain.faces, plain.accuracy, plain.recall) == (21, 1.0, 1.0)
    assert plain.uncertain == pytest.approx(
        np.mean(labels[np.linspace(0, 39, 21).astype(int)] == 3)
    )
    assert plain.accuracy_sure == 1.0
    assert dark.accuracy == pytest.approx(1 - plain.uncertain)
    assert (dark.recall, dark.uncertain) == (0.5, 0.0)
    assert dark.stated == pytest.approx(0.8)


def test_mean_recall_weighs_expressions_alike() -> None:
    right = np.array([True] * 9 + [False])
    assert mean_recall(right, np.array([3] * 8 + [4] * 2)) == pytest.approx((1 + 0.5) / 2)
