"""Csv files with a face a row: columns emotion, pixels (48x48, with spaces between) and Usage."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcore.datasets.faces import SPLITS, FaceDataset
from mlcore.datasets.importing import DEFAULT_SIZE, Progress
from mlcore.errors import DatasetError
from mlcore.preprocessing import Preprocessing

SIDE = 48
COLUMNS = ("emotion", "pixels", "Usage")
_ROWS_PER_REPORT = 500


def read_pixel_csv(
    path: Path, classes: int, *, size: int = DEFAULT_SIZE, progress: Progress | None = None
) -> FaceDataset:
    """Read the faces of `path`; their labels are the numbers that stand there.

    Args:
        classes: labels run from 0 to one less than this.
        progress: called with characters read and characters there are.

    Raises:
        DatasetError: the file is missing, or a row of it is not what the format promises.
    """
    resize = Preprocessing(size=size).resize
    images, labels, splits, names = [], [], [], []
    total = path.stat().st_size if path.exists() else 0
    done = 0
    for number, row in csv_rows(path, COLUMNS):
        images.append(resize(_pixels(row["pixels"], f"{path}, line {number}")))
        if not row["emotion"].isdecimal() or int(row["emotion"]) >= classes:
            raise DatasetError(
                f"{path}, line {number}: no expression has the number {row['emotion']!r}."
            )
        if row["Usage"] not in SPLITS:
            raise DatasetError(f"{path}, line {number}: there is no split {row['Usage']!r}.")
        labels.append(int(row["emotion"]))
        splits.append(row["Usage"])
        names.append(f"line {number}")
        # Two commas, a line's end and the number of the expression stand beside the two texts.
        done += len(row["pixels"]) + len(row["Usage"]) + 4
        if progress is not None and len(images) % _ROWS_PER_REPORT == 0:
            progress(min(done, total), total)
    if not images:
        raise DatasetError(f"{path} holds no face.")
    if progress is not None:
        progress(total, total)
    return FaceDataset(
        images=np.stack(images),
        labels=np.array(labels, dtype=np.int64),
        splits=np.array(splits),
        names=np.array(names),
    )


def csv_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
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


def _pixels(text: str, where: str) -> NDArray[np.uint8]:
    """(48, 48) from 2,304 numbers."""
    try:
        pixels = np.fromstring(text, dtype=np.int64, sep=" ")
    except ValueError as error:
        raise DatasetError(f"{where}: a pixel is not a number.") from error
    if pixels.size != SIDE * SIDE:
        raise DatasetError(f"{where}: {pixels.size} pixels instead of {SIDE * SIDE}.")
    if pixels.min() < 0 or pixels.max() > 255:
        raise DatasetError(f"{where}: a pixel outside 0 to 255.")
    return pixels.astype(np.uint8).reshape(SIDE, SIDE)
