"""Pictures in folders, a split above an expression: MMA, Kaggle's folders of FER2013, RAF-like.

train/angry/1.jpg
valid/angry/2.jpg
test/angry/3.jpg
"""

from pathlib import Path

from mlcore.datasets.faces import TEST, TRAINING, VALIDATION, FaceDataset
from mlcore.datasets.importing import (
    DEFAULT_SIZE,
    FaceFile,
    ImportReport,
    Progress,
    expression_folders,
    read_faces,
    subfolders,
)
from mlcore.errors import DatasetError

SPLIT_NAMES: dict[str, str] = {
    **dict.fromkeys(("train", "training"), TRAINING),
    **dict.fromkeys(("val", "valid", "validation", "publictest"), VALIDATION),
    **dict.fromkeys(("test", "privatetest"), TEST),
}
"""The split of a folder's name in small letters."""


def load_folders(
    path: Path,
    *,
    size: int = DEFAULT_SIZE,
    channels: int = 1,
    refuse_contempt: bool = False,
    progress: Progress | None = None,
    report: ImportReport | None = None,
) -> FaceDataset:
    """Load <path>/<split>/<expression>/*; a picture is a face, whole and square.

    Faces of contempt are left out.

    Args:
        channels: 1 for grey, 3 for RGB.
        refuse_contempt: stop where there are faces of contempt.
        report: takes unreadable files and how many faces are left out.

    Raises:
        DatasetError: there are no splits, a folder has the name of no split or expression, an
            expression's folder is empty, or a file cannot be read and there is no `report`.
    """
    files: list[FaceFile] = []
    for split, folder in _splits(path).items():
        for label, pictures in expression_folders(folder, refuse_contempt, report):
            files += [
                FaceFile(picture, label, split, str(picture.relative_to(path)))
                for picture in pictures
            ]
    return read_faces(
        files, source=path, size=size, channels=channels, progress=progress, report=report
    )


def _splits(path: Path) -> dict[str, Path]:
    """The folder of each split."""
    found: dict[str, Path] = {}
    folders = subfolders(path)
    if not any(folder.name.lower() in SPLIT_NAMES for folder in folders):
        raise DatasetError(f"{path} is not split: it has no folder train, valid or test.")
    for folder in folders:
        split = SPLIT_NAMES.get(folder.name.lower())
        if split is None:
            raise DatasetError(f"{folder} has the name of no split: train, valid or test.")
        if split in found:
            raise DatasetError(f"{found[split]} and {folder} are the same split, {split}.")
        found[split] = folder
    return found
