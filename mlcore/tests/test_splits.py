import numpy as np
import pytest

from mlcore.datasets.balance import downsample, oversample, replicate, resize_classes
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION, FaceDataset
from mlcore.datasets.splits import groups, leaking, split_apart, split_at_random
from mlcore.errors import DatasetError

SHARES = (0.7, 0.1, 0.2)


def dataset_of(labels: list[int], subjects: list[str] | None = None) -> FaceDataset:
    """A face of its own pixels for each label."""
    random = np.random.default_rng(0)
    return FaceDataset(
        images=random.integers(0, 256, (len(labels), 8, 8), dtype=np.uint8),
        labels=np.array(labels),
        splits=np.array([TRAINING] * len(labels)),
        subjects=None if subjects is None else np.array(subjects),
    )


@pytest.fixture
def people() -> FaceDataset:
    """60 people with three faces each, of two classes."""
    return dataset_of([row % 2 for row in range(180)], [f"S{row // 3:03}" for row in range(180)])


def test_a_random_split_has_its_shares_in_every_class() -> None:
    dataset = split_at_random(dataset_of([0] * 100 + [3] * 50), SHARES, seed=1)

    for label, size in ((0, 100), (3, 50)):
        counts = [
            (dataset.splits[dataset.labels == label] == s).sum()
            for s in (TRAINING, VALIDATION, TEST)
        ]
        assert counts == [round(share * size) for share in SHARES]


def test_a_split_is_the_seeds(people: FaceDataset) -> None:
    first, again, other = (split_apart(people, SHARES, seed) for seed in (1, 1, 2))

    assert (first.splits == again.splits).all()
    assert (first.splits != other.splits).any()


def test_people_stay_on_one_side(people: FaceDataset) -> None:
    apart = split_apart(people, SHARES, seed=1)

    for subject in np.unique(people.subjects):
        assert len(set(apart.splits[people.subjects == subject])) == 1
    assert not leaking(apart).any()
    assert leaking(split_at_random(people, SHARES, seed=1)).sum() > 20


def test_copies_stay_on_one_side() -> None:
    dataset = replicate(dataset_of([0] * 40 + [1] * 10), {1: 4})
    assert (dataset.labels == 1).sum() == 40

    random, apart = (split(dataset, SHARES, 3) for split in (split_at_random, split_apart))

    assert leaking(random)[dataset.labels == 1].any()
    assert not leaking(random)[dataset.labels == 0].any()
    assert not leaking(apart).any()


def test_a_copy_that_is_of_two_people_binds_them_together() -> None:
    dataset = dataset_of([0, 0, 0, 0], ["a", "a", "b", "c"])
    dataset.images[2] = dataset.images[1]

    numbers = groups(dataset)

    assert len(set(numbers[:3])) == 1
    assert numbers[3] not in numbers[:3]


def test_shares_that_do_not_add_up_are_refused(people: FaceDataset) -> None:
    with pytest.raises(DatasetError, match="add up to 1"):
        split_apart(people, (0.7, 0.1, 0.1), seed=1)


def test_oversampling_fills_every_class_up() -> None:
    pytest.importorskip("imblearn")
    dataset = dataset_of([0] * 30 + [1] * 10 + [5] * 3)

    full = oversample(dataset, seed=0)

    assert np.bincount(full.labels).tolist() == [30, 30, 0, 0, 0, 30]
    known = {face.tobytes() for face in dataset.images[dataset.labels == 5]}
    assert {face.tobytes() for face in full.images[full.labels == 5]} == known


def test_classes_are_resized_and_cut_down() -> None:
    dataset = dataset_of([0] * 30 + [1] * 4)

    resized = resize_classes(dataset, 10, seed=0)
    assert np.bincount(resized.labels).tolist() == [10, 10]
    assert len({face.tobytes() for face in resized.images[resized.labels == 1]}) == 4
    assert np.bincount(downsample(dataset, 10, seed=0).labels).tolist() == [10, 4]
