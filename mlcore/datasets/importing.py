"""From labelled files to a `FaceDataset`, with word of what was left out on the way."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mlcore.crops import crop
from mlcore.datasets.expressions import CONTEMPT, expression_index
from mlcore.datasets.faces import FaceDataset
from mlcore.errors import DatasetError
from mlcore.preprocessing import Preprocessing

if TYPE_CHECKING:
    # They need dlib, which a machine that only trains may lack.
    from mlcore.detectors import Detector

DEFAULT_SIZE = 48

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is, in the same unit."""


@dataclass
class ImportReport:
    """What a loader could not take along; the loader writes it, its caller reads it.

    Attributes:
        unreadable: a sentence for each file that gave no face.
        left_out: faces left out on purpose, by expression.
    """

    unreadable: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class FaceFile:
    """A picture file and what its place and name say about the face in it.

    Attributes:
        label: index into `EXPRESSIONS`.
        name: what messages call it.
    """

    path: Path
    label: int
    split: str
    name: str
    subject: str = ""


def leave_out_contempt(
    where: Path, faces: int, refuse_contempt: bool, report: ImportReport | None
) -> None:
    """Note that faces of contempt stay out; raises `DatasetError` if they shall be refused."""
    if refuse_contempt:
        raise DatasetError(f"{where} shows contempt, and our labels have seven expressions only.")
    if report is not None:
        report.left_out[CONTEMPT] += faces


def expression_folders(
    path: Path, refuse_contempt: bool, report: ImportReport | None
) -> Iterator[tuple[int, list[Path]]]:
    """Yield (index into `EXPRESSIONS`, pictures) of each folder in `path`.

    Contempt is left out.

    Args:
        refuse_contempt: stop where there are faces of contempt.
        report: takes how many faces are left out.

    Raises:
        DatasetError: a folder has the name of no expression or holds no picture.
    """
    for folder in subfolders(path):
        pictures = picture_files(folder)
        if not pictures:
            raise DatasetError(f"{folder} holds no picture.")
        if folder.name.lower() == CONTEMPT:
            leave_out_contempt(folder, len(pictures), refuse_contempt, report)
            continue
        if folder.name.isdecimal():
            # RAF-DB counts from surprise, others from anger: a guess would mix expressions up.
            raise DatasetError(f"{folder}: a number names no expression; give the folder a word.")
        label = expression_index(folder.name)
        if label is None:
            raise DatasetError(f"{folder} has the name of no expression.")
        yield label, pictures


def picture_files(folder: Path) -> list[Path]:
    """The files of `folder` in the order of their names, without those that systems hide there.

    Whatever else lies there is taken for a picture: what is none is named, not passed over.
    """
    hidden = {"thumbs.db", "desktop.ini"}
    return sorted(
        path
        for path in list_folder(folder)
        if not path.name.startswith(".") and path.name.lower() not in hidden and path.is_file()
    )


def subfolders(folder: Path) -> list[Path]:
    """The folders in `folder` in the order of their names, without hidden ones."""
    hidden = {"__macosx"}
    return sorted(
        path
        for path in list_folder(folder)
        if not path.name.startswith(".") and path.name.lower() not in hidden and path.is_dir()
    )


def list_folder(folder: Path) -> list[Path]:
    """What lies in `folder`; raises `DatasetError` if it cannot be listed."""
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"{folder} cannot be read: {error.strerror}.") from error


def read_faces(
    files: Sequence[FaceFile],
    *,
    source: Path,
    size: int,
    channels: int = 1,
    detector: "Detector | None" = None,
    progress: Progress | None = None,
    report: ImportReport | None = None,
) -> FaceDataset:
    """Read `files` into (N, size, size) grey or (N, size, size, 3) RGB faces.

    Args:
        source: what messages call the whole.
        size: side of the faces in pixels.
        channels: 1 for grey, 3 for RGB; a grey picture is RGB with three equal channels.
        detector: cuts out the surest face of each picture; without, the whole picture is the face.
        report: takes a sentence for each file that gives no face.

    Raises:
        DatasetError: there is no such number of channels, nothing is left, or a file gives no
            face and there is no `report`.
    """
    if channels not in (1, 3):
        raise DatasetError(f"{source}: faces have 1 channel or 3, not {channels}.")
    resize = Preprocessing(size=size).resize
    faces: list[NDArray[np.uint8]] = []
    kept: list[FaceFile] = []
    for number, file in enumerate(files, start=1):
        try:
            faces.append(resize(_face(file.path, channels, detector)))
            kept.append(file)
        except DatasetError as error:
            if report is None:
                raise
            report.unreadable.append(str(error))
        if progress is not None:
            progress(number, len(files))
    if not kept:
        raise DatasetError(f"{source} holds no face.")
    subjects = np.array([file.subject for file in kept])
    return FaceDataset(
        images=np.stack(faces),
        labels=np.array([file.label for file in kept], dtype=np.int64),
        splits=np.array([file.split for file in kept]),
        subjects=subjects if subjects.astype(bool).any() else None,
        names=np.array([file.name for file in kept]),
    )


def _face(path: Path, channels: int, detector: "Detector | None") -> NDArray[np.uint8]:
    picture = _read_rgb(path)
    pixels = picture
    if channels == 1:
        pixels = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    if detector is None:
        return pixels
    found = detector.detect(picture)
    if not found:
        raise DatasetError(f"{path}: {detector.name} finds no face.")
    surest = max(found, key=lambda detection: detection.score)
    square = detector.crop_rule.square(surest.box)
    # `crop` takes one channel; of a single one `merge` makes (height, width) again.
    planes = [crop(np.asarray(plane, np.uint8), square) for plane in cv2.split(pixels)]
    return np.asarray(cv2.merge(planes), np.uint8)


def _read_rgb(path: Path) -> NDArray[np.uint8]:
    """A picture of the researcher's own as (height, width, 3) uint8, in any format of Pillow's."""
    try:
        with Image.open(path) as image:
            if image.mode.startswith("I"):  # 16 bits of grey, which Pillow itself clips at 255
                grey = (np.asarray(image, np.int64).clip(0, 65535) >> 8).astype(np.uint8)
                return np.repeat(grey[:, :, None], 3, axis=2)
            return np.asarray(image.convert("RGB"))
    # Pillow's decoders raise nearly anything for a damaged file.
    except Exception as error:
        raise DatasetError(f"{path} cannot be read as a picture.") from error
