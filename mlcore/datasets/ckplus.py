"""The Extended Cohn-Kanade data, CK+ (Lucey et al. 2010, https://doi.org/10.1109/CVPRW.2010.5543262),
in its original layout:

    cohn-kanade-images/S010/004/S010_004_00000019.png
    Emotion/S010/004/S010_004_00000019_emotion.txt

A sequence runs from a neutral face to the peak of an expression. 327 of the 593 sequences have a
label: one number in a text file.
"""

from pathlib import Path

from mlcore.datasets.faces import TRAINING, FaceDataset
from mlcore.datasets.importing import (
    DEFAULT_SIZE,
    FaceFile,
    ImportReport,
    Progress,
    leave_out_contempt,
    picture_files,
    read_faces,
)
from mlcore.errors import DatasetError
from mlcore.labels import EXPRESSIONS, Expression

IMAGES, LABELS = "cohn-kanade-images", "Emotion"
PEAK_FRAMES = 3

_CONTEMPT = 2
_EXPRESSIONS: dict[int, Expression] = {
    0: Expression.NEUTRAL,
    1: Expression.ANGRY,
    3: Expression.DISGUST,
    4: Expression.FEAR,
    5: Expression.HAPPY,
    6: Expression.SAD,
    7: Expression.SURPRISE,
}
"""The numbers of the label files, as the data's own ReadMe gives them."""


def load_ckplus(
    path: Path,
    *,
    size: int = DEFAULT_SIZE,
    channels: int = 1,
    detector: str | None = None,
    neutral: bool = False,
    refuse_contempt: bool = False,
    progress: Progress | None = None,
    report: ImportReport | None = None,
) -> FaceDataset:
    """Load the last three frames of each labelled sequence, cut out around the face.

    Sequences of contempt are left out. There is no official split.

    Args:
        path: the folder of cohn-kanade-images and Emotion.
        channels: 1 for grey, 3 for RGB.
        detector: a name of `mlcore.detectors`, the default one if None; frames are 640x490
            pixels, far more than the face.
        neutral: take the first frame of each of these sequences as a neutral face.
        refuse_contempt: stop where a sequence shows contempt.
        report: takes unreadable frames, frames without a face, labelled sequences without frames,
            and how many faces are left out.

    Raises:
        DatasetError: the layout is another, a label is no number from 0 to 7, or a file gives no
            face and there is no `report`.
        DetectorError: there is no such detector.
    """
    # Here and not above: detectors need dlib, which a machine that only trains may lack.
    from mlcore.detectors import DEFAULT_DETECTOR, get_detector

    for folder in (path / IMAGES, path / LABELS):
        if not folder.is_dir():
            raise DatasetError(f"{path} lacks the folder {folder.name} of CK+.")
    files: list[FaceFile] = []
    for label_file in sorted((path / LABELS).glob("*/*/*_emotion.txt")):
        subject, sequence = label_file.parts[-3:-1]
        frames = _frames(path / IMAGES / subject / sequence, label_file, report)
        number = _label(label_file)
        if number == _CONTEMPT:
            leave_out_contempt(label_file, len(frames[-PEAK_FRAMES:]), refuse_contempt, report)
            continue
        chosen = [(frame, _EXPRESSIONS[number]) for frame in frames[-PEAK_FRAMES:]]
        # In a sequence of three frames the first is a peak frame already.
        if neutral and len(frames) > PEAK_FRAMES:
            chosen.insert(0, (frames[0], Expression.NEUTRAL))
        files += [
            FaceFile(frame, EXPRESSIONS.index(expression), TRAINING, frame.name, subject)
            for frame, expression in chosen
        ]
    return read_faces(
        files,
        source=path,
        size=size,
        channels=channels,
        detector=get_detector(detector or DEFAULT_DETECTOR),
        progress=progress,
        report=report,
    )


def _frames(folder: Path, label_file: Path, report: ImportReport | None) -> list[Path]:
    """The frames of a sequence, first to last: their names carry the number, padded with zeros."""
    if folder.is_dir():
        frames = [path for path in picture_files(folder) if path.suffix.lower() == ".png"]
        if frames:
            return frames
    problem = f"{label_file} labels a sequence of which {folder} holds no frame."
    if report is None:
        raise DatasetError(problem)
    report.unreadable.append(problem)
    return []


def _label(path: Path) -> int:
    """The number in a label file, which is written as 3.0000000e+00."""
    try:
        number = float(path.read_text())
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} holds no number.") from error
    if number != _CONTEMPT and number not in _EXPRESSIONS:
        raise DatasetError(f"{path}: no expression has the number {number:g}.")
    return int(number)
