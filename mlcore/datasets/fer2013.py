"""Kaggle's fer2013.csv (Goodfellow et al. 2013) and Microsoft's fer2013new.csv (FER+)."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcore.datasets.faces import FaceDataset
from mlcore.errors import DatasetError
from mlcore.labels import EXPRESSIONS

SIDE = 48
_FERPLUS_COLUMNS = (
    *("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "contempt"),
    *("unknown", "NF"),
)


def load_fer2013(path: Path, votes_path: Path | None = None) -> FaceDataset:
    """Load fer2013.csv, with the FER+ votes beside each face where `votes_path` is given.

    Args:
        path: Kaggle's file with the columns emotion, pixels, Usage.
        votes_path: fer2013new.csv; its row i belongs to row i of `path`.

    Raises:
        DatasetError: a file is missing or a row of it is not what the format promises.
    """
    images, labels, splits = [], [], []
    for number, row in _rows(path, ("emotion", "pixels", "Usage")):
        try:
            pixels = np.fromstring(row["pixels"], dtype=np.int64, sep=" ")
        except ValueError as error:
            raise DatasetError(f"{path}, line {number}: a pixel is not a number.") from error
        if pixels.size != SIDE * SIDE:
            raise DatasetError(
                f"{path}, line {number}: {pixels.size} pixels instead of {SIDE * SIDE}."
            )
        if pixels.min() < 0 or pixels.max() > 255:
            raise DatasetError(f"{path}, line {number}: a pixel outside 0 to 255.")
        if not row["emotion"].isdecimal() or int(row["emotion"]) >= len(EXPRESSIONS):
            raise DatasetError(
                f"{path}, line {number}: no expression has the number {row['emotion']!r}."
            )
        images.append(pixels.astype(np.uint8))
        labels.append(int(row["emotion"]))
        splits.append(row["Usage"])
    if not images:
        raise DatasetError(f"{path} holds no face.")
    votes = None
    if votes_path is not None:
        votes = load_ferplus_votes(votes_path)
        if len(votes) != len(images):
            raise DatasetError(
                f"{votes_path} has {len(votes)} rows and {path} has {len(images)}; "
                "they belong together."
            )
    return FaceDataset(
        images=np.stack(images).reshape(-1, SIDE, SIDE),
        labels=np.array(labels, dtype=np.int64),
        splits=np.array(splits),
        votes=votes,
    )


def load_ferplus_votes(path: Path) -> NDArray[np.int64]:
    """Load fer2013new.csv as (N, 10) counts: our eight expressions, unknown, not a face."""
    votes = []
    for number, row in _rows(path, _FERPLUS_COLUMNS):
        counts = [row[column] for column in _FERPLUS_COLUMNS]
        if not all(count.isdecimal() for count in counts):
            raise DatasetError(f"{path}, line {number}: a count of votes is not a number.")
        votes.append([int(count) for count in counts])
    return np.array(votes, dtype=np.int64).reshape(-1, len(_FERPLUS_COLUMNS))


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, row) of a csv that must have `columns`."""
    try:
        with open(path, newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(f"{path} lacks the column {missing[0]}.")
            for row in reader:
                if any(row[column] is None for column in columns):
                    raise DatasetError(f"{path}, line {reader.line_num}: the row is cut short.")
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read: {error}.") from error
