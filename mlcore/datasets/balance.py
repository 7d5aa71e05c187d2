"""Making classes equally large, by copies or by leaving faces out.

Copies belong in Training alone: balance after splitting, or ask `mlcore.datasets.splits.leaking`
what a split that was made afterwards is worth.
"""

import numpy as np
from numpy.typing import NDArray

from mlcore.datasets.faces import FaceDataset

BALANCES = ("none", "oversample", "replicate", "downsample")


def balanced(dataset: FaceDataset, balance: str, seed: int) -> FaceDataset:
    """`dataset` balanced in one of the ways of `BALANCES`; give it Training alone.

    "oversample" fills every class up to the largest with copies drawn at random; "replicate"
    repeats each class as a whole, as often as the largest has room for; "downsample" cuts the
    classes that are larger than the median class down to that.
    """
    labels, counts = np.unique(dataset.labels, return_counts=True)
    match balance:
        case "oversample":
            return oversample(dataset, seed)
        case "replicate":
            times = counts.max() // counts
            return replicate(dataset, dict(zip(labels.tolist(), times.tolist(), strict=True)))
        case "downsample":
            return downsample(dataset, int(np.median(counts)), seed)
    return dataset


def oversample(dataset: FaceDataset, seed: int) -> FaceDataset:
    """Every class filled up with copies, drawn at random, to the size of the largest.

    By imbalanced-learn's RandomOverSampler (Lemaître et al. 2017,
    https://jmlr.org/papers/v18/16-365.html).
    """
    # It imports scikit-learn and SciPy, which serving lacks.
    from imblearn.over_sampling import RandomOverSampler

    sampler = RandomOverSampler(random_state=seed)
    rows, _ = sampler.fit_resample(np.arange(len(dataset))[:, None], dataset.labels)
    return dataset.take(rows[:, 0])


def replicate(dataset: FaceDataset, copies: dict[int, int]) -> FaceDataset:
    """Each face of the class `label` repeated `copies[label]` times in all; others once."""
    times = np.array([copies.get(int(label), 1) for label in dataset.labels])
    return dataset.take(np.repeat(np.arange(len(dataset)), times))


def resize_classes(dataset: FaceDataset, size: int, seed: int) -> FaceDataset:
    """Every class cut down, or filled up with copies, to `size` faces drawn at random."""
    random = np.random.default_rng(seed)
    rows: list[NDArray[np.int64]] = []
    for label in np.unique(dataset.labels):
        members = random.permutation(np.flatnonzero(dataset.labels == label))
        # Whole rounds first: no face is drawn a third time before each was drawn twice.
        rows.append(np.resize(members, size))
    return dataset.take(np.sort(np.concatenate(rows)))


def downsample(dataset: FaceDataset, most: int, seed: int) -> FaceDataset:
    """Classes of more than `most` faces cut down to as many, drawn at random."""
    random = np.random.default_rng(seed)
    rows = [
        random.permutation(np.flatnonzero(dataset.labels == label))[:most]
        for label in np.unique(dataset.labels)
    ]
    return dataset.take(np.sort(np.concatenate(rows)))
