"""CK+ as the 48x48 export that people share: a folder an expression, three frames a sequence."""

import re
from pathlib import Path

from mlcore.datasets.faces import TRAINING, FaceDataset
from mlcore.datasets.importing import (
    DEFAULT_SIZE,
    FaceFile,
    ImportReport,
    Progress,
    expression_folders,
    read_faces,
)
from mlcore.errors import DatasetError

FRAME_NAME = re.compile(r"(?P<subject>S\d+)_(?P<sequence>\d+)_(?P<frame>\d+)\.png", re.IGNORECASE)
"""For example S010_004_00000017.png."""


def load_ckplus48(
    path: Path,
    *,
    size: int = DEFAULT_SIZE,
    channels: int = 1,
    refuse_contempt: bool = False,
    progress: Progress | None = None,
    report: ImportReport | None = None,
) -> FaceDataset:
    """Load the folders anger, disgust, fear, happy, sadness, surprise; contempt is left out.

    The export has no neutral face and no official split.

    Args:
        channels: 1 for grey, 3 for RGB.
        refuse_contempt: stop where there are faces of contempt.
        report: takes unreadable files and how many faces are left out.

    Raises:
        DatasetError: a folder or file has another name than the export gives, a folder is empty,
            or a file cannot be read and there is no `report`.
    """
    files: list[FaceFile] = []
    for label, frames in expression_folders(path, refuse_contempt, report):
        for frame in frames:
            name = FRAME_NAME.fullmatch(frame.name)
            if not name:
                raise DatasetError(
                    f"{frame} is not named as CK+ names frames, such as S010_004_00000017.png."
                )
            subject = name["subject"].upper()
            files.append(FaceFile(frame, label, TRAINING, str(frame.relative_to(path)), subject))
    return read_faces(
        files, source=path, size=size, channels=channels, progress=progress, report=report
    )
