"""Kaggle's fer2013.csv (Goodfellow et al. 2013) and Microsoft's fer2013new.csv (FER+)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcore.datasets.faces import FaceDataset
from mlcore.datasets.importing import DEFAULT_SIZE, Progress
from mlcore.datasets.pixel_csv import SIDE, csv_rows, read_pixel_csv
from mlcore.errors import DatasetError
from mlcore.labels import EXPRESSIONS

__all__ = ["SIDE", "load_fer2013", "load_ferplus_votes"]

_FERPLUS_COLUMNS = (
    *("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "contempt"),
    *("unknown", "NF"),
)


def load_fer2013(
    path: Path,
    votes_path: Path | None = None,
    *,
    size: int = DEFAULT_SIZE,
    progress: Progress | None = None,
) -> FaceDataset:
    """Load fer2013.csv, with the FER+ votes beside each face where `votes_path` is given.

    Args:
        path: Kaggle's file with the columns emotion, pixels, Usage.
        votes_path: fer2013new.csv; its row i belongs to row i of `path`.
        size: side of the faces in pixels; those of the file have 48.
        progress: called as the file is read.

    Raises:
        DatasetError: a file is missing or a row of it is not what the format promises.
    """
    dataset = read_pixel_csv(path, len(EXPRESSIONS), size=size, progress=progress)
    if votes_path is None:
        return dataset
    votes = load_ferplus_votes(votes_path)
    if len(votes) != len(dataset):
        raise DatasetError(
            f"{votes_path} has {len(votes)} rows and {path} has {len(dataset)}; "
            "they belong together."
        )
    return replace(dataset, votes=votes)


def load_ferplus_votes(path: Path) -> NDArray[np.int64]:
    """Load fer2013new.csv as (N, 10) counts: our eight expressions, unknown, not a face."""
    votes = []
    for number, row in csv_rows(path, _FERPLUS_COLUMNS):
        counts = [row[column] for column in _FERPLUS_COLUMNS]
        if not all(count.isdecimal() for count in counts):
            raise DatasetError(f"{path}, line {number}: a count of votes is not a number.")
        votes.append([int(count) for count in counts])
    return np.array(votes, dtype=np.int64).reshape(-1, len(_FERPLUS_COLUMNS))
