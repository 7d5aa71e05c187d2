"""What is odd about a dataset: copies, empty pictures, empty classes, unreadable files."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcore.datasets.faces import SPLITS, TRAINING, FaceDataset
from mlcore.labels import EXPRESSIONS

NEARLY_EMPTY = 5.0
"""Grey levels of standard deviation under which a picture shows next to nothing. FER2013's two
faces under it are blank to the eye and, for all ten people of FER+, no face."""


@dataclass(frozen=True)
class Duplicates:
    """Faces whose very pixels stand in the data more than once. A group is all with the same.

    Attributes:
        groups: how many there are.
        faces: how many faces are in them.
        within: by split, the groups with two or more faces in it.
        across: groups with faces in more than one split.
        conflicting: groups whose faces have different labels.
        in_training: by split other than Training, the faces with a copy in Training.
    """

    groups: int
    faces: int
    within: dict[str, int]
    across: int
    conflicting: int
    in_training: dict[str, int]


@dataclass(frozen=True)
class DatasetCheck:
    """What `check_dataset` found.

    Attributes:
        faces: how many there are.
        size: their side in pixels.
        channels: 1 for grey, 3 for RGB.
        subjects: how many people they are of, where that is known.
        counts: by split and expression, the number of faces.
        empty_classes: by split, the expressions that no face of it shows.
        duplicates: exact copies.
        constant: names of the pictures of one single grey or colour.
        nearly_empty: names of those with a deviation under `NEARLY_EMPTY`, in each channel.
        unreadable: a sentence for each file that gave no face.
    """

    faces: int
    size: int
    channels: int
    subjects: int | None
    counts: dict[str, dict[str, int]]
    empty_classes: dict[str, tuple[str, ...]]
    duplicates: Duplicates
    constant: tuple[str, ...]
    nearly_empty: tuple[str, ...]
    unreadable: tuple[str, ...]


def check_dataset(dataset: FaceDataset, unreadable: Iterable[str] = ()) -> DatasetCheck:
    """Count the faces of `dataset` and look for what is odd about them.

    Args:
        unreadable: what its loader said of files that gave no face.
    """
    splits = [split for split in SPLITS if (dataset.splits == split).any()]
    counts = {
        split: dict(zip(EXPRESSIONS, _count_labels(dataset, split), strict=True))
        for split in splits
    }
    images = dataset.images
    # Channel by channel, for a picture of one single colour differs between them.
    planes = [
        plane.reshape(len(dataset), -1)
        for plane in ([images] if images.ndim == 3 else np.moveaxis(images, 3, 0))
    ]
    constant = np.all([plane.min(axis=1) == plane.max(axis=1) for plane in planes], axis=0)
    deviation = np.max([plane.std(axis=1, dtype=np.float32) for plane in planes], axis=0)
    nearly_empty = ~constant & (deviation < NEARLY_EMPTY)
    return DatasetCheck(
        faces=len(dataset),
        size=images.shape[1],
        channels=len(planes),
        subjects=None if dataset.subjects is None else len(np.unique(dataset.subjects)),
        counts=counts,
        empty_classes={
            split: tuple(name for name, count in row.items() if not count)
            for split, row in counts.items()
        },
        duplicates=_duplicates(dataset, splits),
        constant=_names(dataset, constant),
        nearly_empty=_names(dataset, nearly_empty),
        unreadable=tuple(unreadable),
    )


def check_text(check: DatasetCheck) -> str:
    """The check as tables and sentences for a terminal."""
    people = "" if check.subjects is None else f" of {check.subjects:,} people"
    colour = ", RGB" if check.channels == 3 else ""
    lines = [f"{check.faces:,} faces{people}, {check.size}x{check.size} pixels{colour}", ""]
    lines += _count_lines(check)
    lines += ["", *_duplicate_lines(check.duplicates)]
    for split, names in check.empty_classes.items():
        if names:
            lines += ["", f"{split} holds no face of: {', '.join(names)}."]
    lines += _named("constant pictures", check.constant)
    lines += _named("nearly empty pictures", check.nearly_empty)
    if check.unreadable:
        lines += ["", f"files without a face: {len(check.unreadable):,}"]
        lines += [f"  {sentence}" for sentence in check.unreadable]
    return "\n".join(lines)


def _count_labels(dataset: FaceDataset, split: str) -> list[int]:
    labels = dataset.labels[dataset.splits == split]
    return [int(count) for count in np.bincount(labels, minlength=len(EXPRESSIONS))]


def _names(dataset: FaceDataset, mask: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(dataset.name_of(int(row)) for row in np.flatnonzero(mask))


def _duplicates(dataset: FaceDataset, splits: Sequence[str]) -> Duplicates:
    numbers: dict[bytes, int] = {}
    groups = np.array(
        [numbers.setdefault(face.tobytes(), len(numbers)) for face in dataset.images], np.int64
    )
    copied = np.bincount(groups) > 1
    # (groups, splits) and (groups, expressions): how many faces of each group are where.
    by_split = _table(groups, [dataset.splits == split for split in splits])[copied]
    by_label = _table(groups, [dataset.labels == label for label in range(len(EXPRESSIONS))])
    in_training: dict[str, int] = {}
    if TRAINING in splits:
        known = by_split[:, splits.index(TRAINING)] > 0
        in_training = {
            split: int(by_split[known, column].sum())
            for column, split in enumerate(splits)
            if split != TRAINING
        }
    return Duplicates(
        groups=int(copied.sum()),
        faces=int(by_split.sum()),
        within={split: int((by_split[:, column] > 1).sum()) for column, split in enumerate(splits)},
        across=int(((by_split > 0).sum(axis=1) > 1).sum()),
        conflicting=int(((by_label[copied] > 0).sum(axis=1) > 1).sum()),
        in_training=in_training,
    )


def _table(groups: NDArray[np.int64], masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.int64]:
    """(groups, masks) how many rows of each group each mask holds."""
    count = int(groups.max()) + 1
    return np.stack([np.bincount(groups[mask], minlength=count) for mask in masks], axis=1)


def _count_lines(check: DatasetCheck) -> list[str]:
    columns = list(check.counts)
    totals = {name: sum(row[name] for row in check.counts.values()) for name in EXPRESSIONS}
    lines = [" " * 10 + "".join(f"{split:>12}" for split in columns) + f"{'all':>12}{'share':>9}"]
    for name in EXPRESSIONS:
        cells = "".join(f"{check.counts[split][name]:>12,}" for split in columns)
        share = f"{totals[name] / check.faces:.1%}".replace("%", " %")
        lines.append(f"{name:<10}{cells}{totals[name]:>12,}{share:>9}")
    sums = "".join(f"{sum(check.counts[split].values()):>12,}" for split in columns)
    lines.append(f"{'all':<10}{sums}{check.faces:>12,}")
    return lines


def _duplicate_lines(duplicates: Duplicates) -> list[str]:
    if not duplicates.groups:
        return ["no exact copies"]
    lines = [
        f"exact copies: {duplicates.groups:,} groups with {duplicates.faces:,} faces; "
        f"{duplicates.conflicting:,} groups with conflicting labels"
    ]
    lines += [f"  {groups:,} groups inside {split}" for split, groups in duplicates.within.items()]
    if len(duplicates.within) > 1:
        lines.append(f"  {duplicates.across:,} groups across splits")
    lines += [
        f"  {faces:,} faces of {split} have a copy in Training"
        for split, faces in duplicates.in_training.items()
    ]
    return lines


def _named(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    # A name stays whole at the end of a line.
    listed = textwrap.wrap(
        ", ".join(name.replace(" ", "\0") for name in names),
        width=98,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return ["", f"{what}: {len(names):,}", *(line.replace("\0", " ") for line in listed)]
