"""Dividing faces into Training, PublicTest (to select) and PrivateTest (to report).

Published figures often come from a split made at random, after classes were filled up with copies:
then copies of one face, and frames of one person, stand on both sides. `split_at_random` divides
as those papers do; `split_apart` keeps everything that belongs together on one side, and so does
`folds_apart`, for cross-validation.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlcore.datasets.faces import TEST, TRAINING, VALIDATION, FaceDataset
from mlcore.errors import DatasetError

Shares = tuple[float, float, float]
"""Of Training, PublicTest and PrivateTest; they add up to 1."""


def split_at_random(dataset: FaceDataset, shares: Shares, seed: int) -> FaceDataset:
    """`dataset` with every face put in a split by itself, each class in proportion."""
    return _split(dataset, shares, np.arange(len(dataset)), seed)


def split_apart(dataset: FaceDataset, shares: Shares, seed: int) -> FaceDataset:
    """`dataset` with copies of a face, and all faces of a person, put in one split together."""
    return _split(dataset, shares, groups(dataset), seed)


def folds_apart(dataset: FaceDataset, folds: int, seed: int) -> NDArray[np.int64]:
    """(N,) the fold of each face, from 0: a person's faces, and copies of a face, in one fold.

    Drawn at random, then dealt so that every fold gets its share of each class, as far as whole
    people allow (scikit-learn's StratifiedGroupKFold).

    Raises:
        DatasetError: it is not known whose faces they are, or there are too few people.
    """
    if dataset.subjects is None or "" in dataset.subjects:
        raise DatasetError(
            "The data does not say whose faces they are, so they cannot be divided by people."
        )
    belongs = groups(dataset)
    people = len(np.unique(belongs))
    if not 2 <= folds <= people:
        raise DatasetError(f"{people} people can be divided into 2 to {people} folds, not {folds}.")
    # SciPy comes with it, which serving lacks.
    from sklearn.model_selection import StratifiedGroupKFold

    numbers = np.empty(len(dataset), np.int64)
    divided = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for number, (_, test) in enumerate(divided.split(belongs, dataset.labels, belongs)):
        numbers[test] = number
    return numbers


def groups(dataset: FaceDataset) -> NDArray[np.int64]:
    """(N,) a number for each face, the same for faces of equal pixels or of one known subject."""
    parents = np.arange(len(dataset))

    def root(row: int) -> int:
        while parents[row] != row:
            parents[row] = parents[parents[row]]
            row = parents[row]
        return int(row)

    first: dict[object, int] = {}
    for row, image in enumerate(dataset.images):
        marks: list[object] = [image.tobytes()]
        if dataset.subjects is not None and dataset.subjects[row]:
            marks.append(("subject", str(dataset.subjects[row])))
        for mark in marks:
            parents[root(row)] = root(first.setdefault(mark, row))
    return np.array([root(row) for row in range(len(dataset))])


def leaking(dataset: FaceDataset) -> NDArray[np.bool_]:
    """(N,) True for each face of PrivateTest whose copy or whose person is in Training too."""
    belongs = groups(dataset)
    trained = np.unique(belongs[dataset.splits == TRAINING])
    return np.asarray((dataset.splits == TEST) & np.isin(belongs, trained))


def _split(
    dataset: FaceDataset, shares: Shares, belongs: NDArray[np.int64], seed: int
) -> FaceDataset:
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise DatasetError(f"The shares {shares} of the splits do not add up to 1.")
    random = np.random.default_rng(seed)
    splits = np.empty(len(dataset), dtype="<U11")
    # Class by class, so that each split gets its share of a rare class too. A group goes where
    # its first face's class sends it.
    unique, first = np.unique(belongs, return_index=True)
    target: dict[int, str] = {}
    for label in np.unique(dataset.labels[first]):
        members = random.permutation(unique[dataset.labels[first] == label])
        ends = np.round(np.cumsum(shares) * len(members)).astype(int)
        for name, part in zip(_NAMES, np.split(members, ends[:-1]), strict=True):
            target.update(dict.fromkeys(part.tolist(), name))
    splits[:] = [target[int(group)] for group in belongs]
    return replace(dataset, splits=splits)


_NAMES: Sequence[str] = (TRAINING, VALIDATION, TEST)
