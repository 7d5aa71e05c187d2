"""What every loader returns: faces with labels, and with votes where people voted."""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mlcore.errors import DatasetError
from mlcore.labels import FERPLUS_EXPRESSIONS

TRAINING, VALIDATION, TEST = "Training", "PublicTest", "PrivateTest"
SPLITS = (TRAINING, VALIDATION, TEST)

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True)
class FaceDataset:
    """N faces, all grey or all RGB.

    Attributes:
        images: (N, height, width) uint8 grey, or (N, height, width, 3) uint8 RGB.
        labels: (N,) int64, indices into `EXPRESSIONS`.
        splits: (N,) str, FER2013's names: Training, PublicTest (to select by), PrivateTest (to
            report). Data without official splits is all Training.
        votes: (N, 10) int64 or None: the FER+ counts of the eight expressions in our order, of
            "unknown" and of "not a face".
        subjects: (N,) str or None: whose face it is, for splits in which nobody stands on two
            sides.
        names: (N,) str or None: the file, or the line of a csv, that a message names a face by.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    votes: NDArray[np.int64] | None = None
    subjects: NDArray[np.str_] | None = None
    names: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: NDArray[Any]) -> "FaceDataset":
        """The faces at `rows` (a boolean mask or indices)."""
        return replace(
            self,
            images=self.images[rows],
            labels=self.labels[rows],
            splits=self.splits[rows],
            votes=_at(self.votes, rows),
            subjects=_at(self.subjects, rows),
            names=_at(self.names, rows),
        )

    def name_of(self, row: int) -> str:
        """What a message calls the face at `row`."""
        return f"face {row}" if self.names is None else str(self.names[row])

    def split(self, name: str) -> "FaceDataset":
        """The faces of one official split; raises `DatasetError` if it is empty."""
        rows = self.splits == name
        if not rows.any():
            raise DatasetError(f"The data holds no face of the split {name}.")
        return self.take(rows)

    def vote_distribution(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The votes as training targets: ((N, 8) distributions, (N,) weights of 0 or 1).

        Single votes are dropped as noise, as the FER+ authors do. The weight is 0 where nothing
        is left or where most people saw no face.
        """
        votes = _without_single_votes(self.require_votes())
        counts = votes[:, : len(FERPLUS_EXPRESSIONS)].astype(np.float32)
        totals = counts.sum(axis=1)
        not_a_face = votes[:, 9] > votes[:, :9].max(axis=1)
        usable = (totals > 0) & ~not_a_face
        distribution = np.full_like(counts, 1 / counts.shape[1])
        distribution[usable] = counts[usable] / totals[usable, None]
        return distribution, usable.astype(np.float32)

    def strict_majority(self) -> NDArray[np.int64]:
        """(N,) the expression with more than half of the votes, or -1 where there is none.

        This is the "majority" protocol of Barsoum et al. 2016 (https://arxiv.org/abs/1608.01041):
        counts of one are set to zero; the largest must be more than half of what is left, and an
        expression.
        """
        votes = _without_single_votes(self.require_votes())
        winner = votes.argmax(axis=1)
        strict = votes.max(axis=1) * 2 > votes.sum(axis=1)
        return np.where(strict & (winner < len(FERPLUS_EXPRESSIONS)), winner, -1)

    def require_votes(self) -> NDArray[np.int64]:
        """The votes; raises `DatasetError` if the data was loaded without."""
        if self.votes is None:
            raise DatasetError("The data was loaded without FER+ votes (fer2013new.csv).")
        return self.votes


def merged(*datasets: FaceDataset) -> FaceDataset:
    """All faces of several datasets; votes only if all have them, subjects and names if any has.

    Raises:
        DatasetError: they differ in size, or some are grey and others RGB.
    """
    forms = sorted({_form(dataset.images) for dataset in datasets})
    if len(forms) > 1:
        raise DatasetError(f"Faces of {' and '.join(forms)} cannot be merged.")

    def joined(arrays: list[NDArray[Any] | None], blank: str | None) -> NDArray[Any] | None:
        if all(array is None for array in arrays):
            return None
        if any(array is None for array in arrays) and blank is None:
            return None
        return np.concatenate(
            [
                np.full(len(dataset), blank) if array is None else array
                for dataset, array in zip(datasets, arrays, strict=True)
            ]
        )

    return FaceDataset(
        images=np.concatenate([dataset.images for dataset in datasets]),
        labels=np.concatenate([dataset.labels for dataset in datasets]),
        splits=np.concatenate([dataset.splits for dataset in datasets]),
        votes=joined([dataset.votes for dataset in datasets], None),
        subjects=joined([dataset.subjects for dataset in datasets], ""),
        names=joined([dataset.names for dataset in datasets], ""),
    )


def known_from(dataset: FaceDataset, training: FaceDataset) -> NDArray[np.bool_]:
    """(N,) True for each face of `dataset` whose very pixels, or whose person, `training` has."""
    pixels = {face.tobytes() for face in training.images}
    known = np.fromiter((face.tobytes() in pixels for face in dataset.images), bool, len(dataset))
    if dataset.subjects is not None and training.subjects is not None:
        people = np.unique(training.subjects[training.subjects != ""])
        known |= np.isin(dataset.subjects, people)
    return known


def _form(images: NDArray[np.uint8]) -> str:
    """What a message says of the shape of faces."""
    height, width = images.shape[1:3]
    return f"{height}x{width} {'grey' if images.ndim == 3 else 'RGB'} pixels"


def _at(values: NDArray[_Scalar] | None, rows: NDArray[Any]) -> NDArray[_Scalar] | None:
    return None if values is None else values[rows]


def _without_single_votes(votes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(votes <= 1, 0, votes)
