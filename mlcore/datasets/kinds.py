"""The kinds of data by name, and which of them a path holds."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlcore.datasets.ckplus import IMAGES, LABELS, load_ckplus
from mlcore.datasets.ckplus48 import FRAME_NAME, load_ckplus48
from mlcore.datasets.ckplus_csv import load_ckplus_csv
from mlcore.datasets.expressions import expression_index
from mlcore.datasets.faces import FaceDataset
from mlcore.datasets.fer2013 import load_fer2013
from mlcore.datasets.folders import SPLIT_NAMES, load_folders
from mlcore.datasets.importing import (
    DEFAULT_SIZE,
    ImportReport,
    Progress,
    list_folder,
    picture_files,
    subfolders,
)
from mlcore.datasets.jaffe import PICTURE_NAME, load_jaffe
from mlcore.errors import DatasetError

FER2013_CSV, FERPLUS_CSV = "fer2013.csv", "fer2013new.csv"
_CKPLUS_CSV_NAME = re.compile(r"ck.*\.csv", re.IGNORECASE)


def _load_fer2013(
    path: Path, *, size: int, progress: Progress | None, report: ImportReport | None
) -> FaceDataset:
    """A csv or its folder, with the FER+ votes where they lie beside it; a csv is whole or none."""
    csv = path / FER2013_CSV if path.is_dir() else path
    votes = csv.with_name(FERPLUS_CSV)
    return load_fer2013(csv, votes if votes.exists() else None, size=size, progress=progress)


def _load_ckplus_csv(path: Path, **options: Any) -> FaceDataset:
    return load_ckplus_csv(_ckplus_csv_in(path) if path.is_dir() else path, **options)


_LOADERS: dict[str, Callable[..., FaceDataset]] = {
    "fer2013": _load_fer2013,
    "ckplus": load_ckplus,
    "ckplus48": load_ckplus48,
    "ckplus_csv": _load_ckplus_csv,
    "jaffe": load_jaffe,
    "folders": load_folders,
}
_SIGNATURES = {**_LOADERS, "ckplus_csv": load_ckplus_csv}

KINDS: tuple[str, ...] = tuple(_LOADERS)


def load_dataset(
    kind: str,
    path: Path,
    *,
    size: int = DEFAULT_SIZE,
    channels: int = 1,
    progress: Progress | None = None,
    report: ImportReport | None = None,
    **options: Any,
) -> FaceDataset:
    """Load the data of one kind.

    Args:
        kind: one of `KINDS`.
        path: its folder; of `fer2013` and `ckplus_csv` also the csv itself.
        size: side of the faces in pixels.
        channels: 1 for grey, 3 for RGB, which a csv's grey pixels cannot give.
        progress: called as files are read.
        report: takes what was left out; without, an unreadable file raises.
        options: what the loader of the kind takes beyond these: `detector`, `neutral`,
            `refuse_contempt`.

    Raises:
        DatasetError: there is no such kind, the kind has no such option or no RGB, or the data is
            not what its format promises.
        DetectorError: there is no such detector.
    """
    if kind not in _LOADERS:
        raise DatasetError(f"There is no kind of data {kind!r}; there are: {', '.join(KINDS)}.")
    known = inspect.signature(_SIGNATURES[kind]).parameters
    for option in options:
        if option not in known:
            raise DatasetError(f"Data of the kind {kind} takes no option {option}.")
    if "channels" in known:
        options["channels"] = channels
    elif channels != 1:
        raise DatasetError(f"{path}: data of the kind {kind} is grey and has no RGB faces.")
    return _LOADERS[kind](path, size=size, progress=progress, report=report, **options)


def detect_kind(path: Path) -> str:
    """The kind of the data at `path`, by the names of files and folders there.

    Raises:
        DatasetError: they are those of no kind.
    """
    if path.is_file() and path.suffix.lower() == ".csv":
        return "ckplus_csv" if _CKPLUS_CSV_NAME.fullmatch(path.name) else "fer2013"
    files = {entry.name for entry in list_folder(path) if entry.is_file()}
    folders = subfolders(path)
    if FER2013_CSV in files:
        return "fer2013"
    if {IMAGES, LABELS} & {folder.name for folder in folders}:
        return "ckplus"
    if any(map(PICTURE_NAME.fullmatch, files)):
        return "jaffe"
    expressions = [folder for folder in folders if expression_index(folder.name) is not None]
    if any(_holds_ckplus_frames(folder) for folder in expressions):
        return "ckplus48"
    # Expressions without splits as well: that loader says what is missing.
    if expressions or any(folder.name.lower() in SPLIT_NAMES for folder in folders):
        return "folders"
    if any(map(_CKPLUS_CSV_NAME.fullmatch, files)):
        return "ckplus_csv"
    raise DatasetError(
        f"{path} is of no known kind: there is no {FER2013_CSV}, no ck*.csv, no folder {IMAGES}, "
        "no picture named as JAFFE's, and no folder named after an expression or a split."
    )


def _holds_ckplus_frames(folder: Path) -> bool:
    return any(FRAME_NAME.fullmatch(picture.name) for picture in picture_files(folder))


def _ckplus_csv_in(folder: Path) -> Path:
    found = [path for path in picture_files(folder) if _CKPLUS_CSV_NAME.fullmatch(path.name)]
    if len(found) != 1:
        raise DatasetError(f"{folder} holds {len(found)} files ck*.csv; name the file itself.")
    return found[0]
