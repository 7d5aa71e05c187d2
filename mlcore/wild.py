"""The whole chain on whole pictures: is the face found, and is its expression named, by skin tone
and by light?

The pictures are never trained or tuned on. They lie in one folder with a `labels.csv` of the
columns `file` and `expression`.
"""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box
from mlcore.conditions import mean_recall
from mlcore.datasets.expressions import expression_index
from mlcore.errors import DatasetError
from mlcore.labels import EXPRESSIONS
from mlcore.pictures import decode_picture
from mlcore.recognizer import Recognizer

COUNTED = ("angry", "happy", "sad", "surprise", "neutral")
"""The labels for disgust and fear are too noisy, and those for fear too few, to say anything."""

FEW = 20
"""Of fewer faces nothing is said without saying so."""

LEAST_YELLOW = 4.0
"""In CIELAB units: a cheek with less is that of a grey picture, or of one in blue light, and has no
typology angle."""

SKIN_TONES: tuple[tuple[str, float, float], ...] = (
    ("light (ITA above 41 degrees)", 41.0, 90.0),
    ("intermediate and tan (10 to 41)", 10.0, 41.0),
    ("brown and dark (10 and below)", -90.0, 10.0),
)
"""Name, lowest and highest individual typology angle: the six classes of Chardon et al. 1991,
"Skin colour typology and suntanning pathways", two by two."""

CHEEKS: tuple[tuple[str, float, float], ...] = (
    ("dark (L* below 45)", 0.0, 45.0),
    ("medium (45 to 65)", 45.0, 65.0),
    ("light (65 and above)", 65.0, 101.0),
)
"""Name, lowest and highest lightness of the cheeks: all that a grey picture tells of skin."""

LIGHT: tuple[tuple[str, float, float], ...] = (
    ("dark (mean grey below 85)", 0.0, 85.0),
    ("medium (85 to 140)", 85.0, 140.0),
    ("bright (140 and above)", 140.0, 256.0),
)
"""Name, lowest and highest mean grey level of the whole picture."""

_NUMBERED = re.compile(r"(.+)_\d+")


@dataclass(frozen=True)
class WildFace:
    """A labelled picture and what the chain made of it.

    Attributes:
        label: index into `EXPRESSIONS`.
        answer: the likeliest expression of the largest face, or -1 where none was found.
        uncertain: whether the product says so, see `mlcore.recognizer.RecognizedFace`.
        angle: the individual typology angle of its cheeks in degrees; None where they have no
            colour of skin.
        cheeks: their lightness, L* of CIELAB.
        light: the mean grey level of the picture.
        person: whose face it is, as far as the file's name tells: `Al_Gore` of `Al_Gore_0002.jpg`.
    """

    label: int
    answer: int
    person: str
    uncertain: bool = False
    angle: float | None = None
    cheeks: float = 0.0
    light: float = 0.0


@dataclass(frozen=True)
class GroupResult:
    """How the chain does on a group of found faces.

    Attributes:
        people: how many they are of, as far as files' names tell.
        interval: of the accuracy, 95 % (Wilson 1927).
        recall: the mean over the expressions that occur.
        fewest: the number of faces of the expression that has fewest.
        uncertain: the share of answers that are called so.
    """

    group: str
    faces: int
    people: int
    accuracy: float
    interval: tuple[float, float]
    recall: float
    fewest: int
    uncertain: float


@dataclass(frozen=True)
class WildReport:
    """Of all pictures with a label that counts.

    Attributes:
        pictures: how many there are.
        found: in how many a face was found.
        groups: {how they are divided: groups}; the first division is all of them.
        by_label: {expression: (found faces, share of them that is named right)}.
    """

    pictures: int
    found: int
    groups: dict[str, list[GroupResult]]
    by_label: dict[str, tuple[int, float]]


def recognize_wild(
    recognizer: Recognizer,
    folder: Path,
    progress: Callable[[int, int], Any] = lambda done, of: None,
) -> list[WildFace]:
    """Each picture of `folder` with a label of `COUNTED` through detector, crop and network.

    Raises:
        DatasetError: there is no `labels.csv`, or it names an expression that we do not know.
        PictureError: a picture cannot be read.
    """
    rows = _labelled(folder)
    faces = []
    for number, (path, label) in enumerate(rows):
        progress(number, len(rows))
        numbered = _NUMBERED.fullmatch(path.stem)
        person = numbered[1] if numbered else path.stem
        picture = decode_picture(path)
        found = recognizer.recognize(picture)
        if not found:
            faces.append(WildFace(label, -1, person))
            continue
        face = max(found, key=lambda face: face.box.width * face.box.height)
        cheeks = cheek_colour(picture, face.box)
        faces.append(
            WildFace(
                label,
                EXPRESSIONS.index(face.expression),
                person,
                face.uncertain,
                None if cheeks is None else typology_angle(*cheeks),
                0.0 if cheeks is None else cheeks[0],
                float(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).mean()),
            )
        )
    return faces


def wild_report(faces: Sequence[WildFace]) -> WildReport:
    """Accuracy and mean recall of the found faces, together and by skin tone and light."""
    found = [face for face in faces if face.answer >= 0]
    coloured = [(face, face.angle) for face in found if face.angle is not None]
    tones = [
        _group(name, [face for face, angle in coloured if low < angle <= high])
        for name, low, high in SKIN_TONES
    ]
    grey = [face for face in found if face.angle is None]
    cheeks = [
        _group(name, [face for face in grey if low <= face.cheeks < high])
        for name, low, high in CHEEKS
    ]
    lights = [
        _group(name, [face for face in found if low <= face.light < high])
        for name, low, high in LIGHT
    ]
    return WildReport(
        pictures=len(faces),
        found=len(found),
        groups={
            "all": [_group("all", found)],
            "skin tone": [*tones, _group("cannot be told: no colour of skin", grey)],
            "cheeks, where skin tone cannot be told": cheeks,
            "light": lights,
        },
        by_label={
            name: (len(own), sum(face.answer == face.label for face in own) / max(len(own), 1))
            for name in COUNTED
            for own in [[face for face in found if EXPRESSIONS[face.label] == name]]
        },
    )


def cheek_colour(picture: NDArray[np.uint8], box: Box) -> tuple[float, float] | None:
    """Lightness L* and yellow b* in CIELAB (sRGB, D65) of a face's cheeks; None where they lie
    outside the picture.

    The median of two patches beside the nose, below the eyes.
    """
    patches = []
    for centre in (0.28, 0.72):
        patch = Box(
            round(box.x + (centre - 0.08) * box.width),
            round(box.y + 0.5 * box.height),
            max(1, round(0.16 * box.width)),
            max(1, round(0.14 * box.height)),
        )
        patches.append(_inside(picture, patch).reshape(-1, 3))
    pixels = np.concatenate(patches)
    if not len(pixels):
        return None
    colours = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[0]
    lightness, _, yellow = np.median(colours, axis=0)
    return float(lightness), float(yellow)


def typology_angle(lightness: float, yellow: float) -> float | None:
    """The individual typology angle in degrees (Chardon et al. 1991): 90 is the lightest skin, -90
    the darkest; None where that is no colour of skin."""
    if yellow < LEAST_YELLOW:
        return None
    return float(np.degrees(np.arctan((lightness - 50) / yellow)))


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927, https://doi.org/10.2307/2276774)."""
    if not count:
        return 0.0, 1.0
    z, share = 1.96, right / count
    centre = share + z * z / (2 * count)
    half = z * ((share * (1 - share) + z * z / (4 * count)) / count) ** 0.5
    scale = 1 + z * z / count
    return (centre - half) / scale, (centre + half) / scale


def _group(name: str, faces: Sequence[WildFace]) -> GroupResult:
    labels = np.array([face.label for face in faces], np.int64)
    right = np.array([face.answer == face.label for face in faces], bool)
    return GroupResult(
        group=name,
        faces=len(faces),
        people=len({face.person for face in faces}),
        accuracy=float(right.mean()) if len(faces) else 0.0,
        interval=wilson(int(right.sum()), len(faces)),
        recall=mean_recall(right, labels) if len(faces) else 0.0,
        fewest=min(int((labels == EXPRESSIONS.index(label)).sum()) for label in COUNTED),
        uncertain=float(np.mean([face.uncertain for face in faces])) if len(faces) else 0.0,
    )


def _labelled(folder: Path) -> list[tuple[Path, int]]:
    path = folder / "labels.csv"
    try:
        with open(path, newline="") as source:
            rows = [(row["file"], row["expression"]) for row in csv.DictReader(source)]
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{path} cannot be read as a csv of the columns file and expression: {error!r}."
        ) from error
    labelled = []
    for name, expression in rows:
        index = expression_index(expression)
        if index is None:
            raise DatasetError(
                f"{path} names the expression {expression!r}, which is none of ours."
            )
        if EXPRESSIONS[index] in COUNTED:
            labelled.append((folder / name, index))
    return labelled


def _inside(picture: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """What of `box` lies in the picture."""
    top, left = max(box.y, 0), max(box.x, 0)
    return picture[top : max(box.y + box.height, top), left : max(box.x + box.width, left)]
