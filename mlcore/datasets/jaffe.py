"""JAFFE (Lyons et al. 1998, https://doi.org/10.5281/zenodo.3451524): 213 pictures of ten women."""

import re
from pathlib import Path

from mlcore.datasets.expressions import expression_index
from mlcore.datasets.faces import TRAINING, FaceDataset
from mlcore.datasets.importing import (
    DEFAULT_SIZE,
    FaceFile,
    ImportReport,
    Progress,
    picture_files,
    read_faces,
)
from mlcore.errors import DatasetError

PICTURE_NAME = re.compile(r"(?P<subject>[A-Z]{2})\.(?P<expression>[A-Z]{2})\d+\.\d+\.\w+")
"""For example KA.AN1.39.tiff: subject, expression and take, number of the picture."""

_SUFFIXES = {".tiff", ".tif", ".png", ".jpg", ".jpeg", ".bmp"}
"""TIFF is the original; people share the others."""


def load_jaffe(
    path: Path,
    *,
    size: int = DEFAULT_SIZE,
    channels: int = 1,
    detector: str | None = None,
    progress: Progress | None = None,
    report: ImportReport | None = None,
) -> FaceDataset:
    """Load the pictures of a folder. There is no official split.

    Args:
        channels: 1 for grey, 3 for RGB.
        detector: a name of `mlcore.detectors`, to cut the face out of its 256x256 pixels; without,
            hair and neck are seen as well.
        report: takes unreadable pictures and those without a face.

    Raises:
        DatasetError: there is no picture, one's name has no expression, or one gives no face and
            there is no `report`.
        DetectorError: there is no such detector.
    """
    # Here and not above: detectors need dlib, which a machine that only trains may lack.
    from mlcore.detectors import get_detector

    files: list[FaceFile] = []
    for picture in picture_files(path):
        if picture.suffix.lower() not in _SUFFIXES:  # the data comes with texts
            continue
        name = PICTURE_NAME.fullmatch(picture.name)
        label = expression_index(name["expression"]) if name else None
        if name is None or label is None:
            raise DatasetError(f"{picture} is not named as JAFFE names pictures: KA.AN1.39.tiff.")
        files.append(FaceFile(picture, label, TRAINING, picture.name, name["subject"]))
    return read_faces(
        files,
        source=path,
        size=size,
        channels=channels,
        detector=None if detector is None else get_detector(detector),
        progress=progress,
        report=report,
    )
