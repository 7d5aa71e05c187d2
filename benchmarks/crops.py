"""How a detector's box should become the square that the network looks at.

    .venv/bin/python -m benchmarks.crops --wild FOLDER --fer2013 FILE [--faces 700]
        [--part framing|alignment] [--scenes 1] [--only dlib_hog ...]
        [--dlib-cnn FILE] [--yunet FILE]

For each detector: the packaged model's accuracy over margins at the rule's shift, over shifts at
its margin and with the box stretched to a square (framing); then for upright faces, and for faces
that lean by up to 30 degrees to either side, as found and set upright (alignment). Each face lies
alone in a scene of 640x480; those of FOLDER (with its labels.csv, as `wild` has) count by accuracy
and by the mean recall of angry, happy, sad, surprise and neutral, those of FILE (PublicTest) by
accuracy and by how far the probabilities are from those of the face itself: the mean over faces of
the largest difference. Faces that the detector misses are left out of all.

Alignment turns the picture about the box's centre by the angle that the scene knows, which tells
what any alignment could gain; by the angle of the eyes that OpenCV's cascades find (`eyes.py`), or
MTCNN where it is installed; and without looking for eyes, it averages the answers over three turns.
*gained, lost* counts the faces that are right only with it, and only without; the processor's time
is that of cutting out and classifying, on all cores together.

No crop is set upright. With dlib_hog's boxes and the model 2026.11.20, by these functions, OpenCV's
eyes (both found in 71 to 80 % of the faces) changed the accuracy on upright faces by +0.4 points
(648 of wild) and +0.1 (595 of PublicTest), on tilted ones by +2.2 (636 of wild) and +0.3 (270 of
PublicTest: 3 gained, 2 lost), and cost 20 ms of the processor's time a face, twice what the face
takes without. The scene's own angle gained 1.4 and 1.5 points on the tilted ones, so there is
little to be had: training has turned its faces by up to 15 degrees. Three turns, averaged, gained
0.6 and lost 0.7 points on upright faces, lost 0.1 on tilted ones of wild, and take three times as
long.
"""

import argparse
import csv
import importlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.arguments import command_parser
from benchmarks.detectors import MATCH, add_weights_options, ready
from benchmarks.eyes import CascadeEyes
from benchmarks.table import print_machine, print_table
from mlcore.boxes import Box, Detection, iou
from mlcore.crops import CropRule, crop
from mlcore.datasets import load_fer2013
from mlcore.detectors import Detector, get_detector
from mlcore.detectors.base import to_grey
from mlcore.labels import EXPRESSIONS
from mlcore.pictures import decode_picture
from mlcore.recognizer import Recognizer, get_recognizer
from mlcore.scenes import WHOLE_AREA, WILD_AREA, Conditions, FaceArea, Picture, compose

UPRIGHT = Conditions((100, 200))
TILTED = replace(UPRIGHT, tilt=30)
MARGINS = (0.85, 1.0, 1.1, 1.2, 1.3, 1.4, 1.55, 1.7)
TURNS = (-15.0, 0.0, 15.0)
SLIGHT = 7.0
"""Smaller angles are left as they are: the cascades err by four degrees (median), and turning
upright faces by that loses more than it gains."""
PARTS = ("framing", "alignment")
SHIFTS = (-0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15)
CLEAR = tuple(EXPRESSIONS.index(name) for name in ("angry", "happy", "sad", "surprise", "neutral"))
"""The expressions whose labels in `wild` can be trusted."""


@dataclass(frozen=True)
class Faces:
    """A collection: square pictures, their labels, and where the face lies in them."""

    name: str
    pictures: Sequence[Picture]
    labels: NDArray[np.int64]
    area: FaceArea


@dataclass(frozen=True)
class Sample:
    """A face that a detector found.

    Attributes:
        rgb: the whole scene.
        box: the detector's.
        number: of the face in its collection.
        angle: by which it leans, in degrees.
    """

    rgb: Picture
    box: Box
    number: int
    angle: float


Cut = Callable[[Sample], NDArray[np.uint8]]


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--wild", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--fer2013", type=Path, required=True, metavar="FILE")
    parser.add_argument("--faces", type=int, default=700, help="at most so many of each")
    parser.add_argument("--part", choices=PARTS, help="both by default")
    parser.add_argument("--scenes", type=int, default=1, help="of each face, in alignment")
    parser.add_argument("--only", nargs="+", metavar="DETECTOR")
    add_weights_options(parser)
    options = parser.parse_args()
    collections = [read_wild(options.wild, options.faces), read_public(options)]
    recognizer = get_recognizer()
    print_machine()
    for name, weights in ready(options):
        if options.only is None or name in options.only:
            detector = get_detector(name, weights)
            for faces in collections:
                if options.part != "alignment":
                    framing(recognizer, detector, faces)
                if options.part != "framing":
                    alignment(recognizer, detector, faces, options.scenes)


def read_wild(folder: Path, most: int) -> Faces:
    with (folder / "labels.csv").open(newline="") as source:
        rows = [
            (row["file"], EXPRESSIONS.index(row["expression"])) for row in csv.DictReader(source)
        ]
    rows = [row for row in rows if row[1] in CLEAR][:most]
    pictures = [decode_picture(folder / file) for file, _ in rows]
    return Faces("wild", pictures, np.array([label for _, label in rows]), WILD_AREA)


def read_public(options: argparse.Namespace) -> Faces:
    dataset = load_fer2013(options.fer2013)
    chosen = np.flatnonzero(dataset.splits == "PublicTest")[: options.faces]
    pictures = [np.asarray(face).reshape(face.shape[:2]) for face in dataset.images[chosen]]
    return Faces("PublicTest", pictures, dataset.labels[chosen], WHOLE_AREA)


def framing(recognizer: Recognizer, detector: Detector, faces: Faces) -> None:
    rule = detector.crop_rule
    own = own_answers(recognizer, faces)
    samples = find(detector, faces, UPRIGHT)

    def row(name: str, cut: Cut) -> list[str]:
        return [name, *score(answers(recognizer, samples, [cut]), samples, faces, own)]

    rows = [
        *(row(f"margin {one:.2f}", square_cut(replace(rule, margin=one))) for one in MARGINS),
        *(row(f"shift {one:+.2f}", square_cut(replace(rule, shift_up=one))) for one in SHIFTS),
        row("the rule", square_cut(rule)),
        row("the rule's box, stretched", stretched_cut(rule)),
    ]
    if own is not None:
        right = 100 * (own.argmax(axis=1) == faces.labels).mean()
        rows.append(["the faces themselves, all", f"{right:.1f} %", "0", ""])
    title = (
        f"{detector.name}, {faces.name}: {len(samples)} of {len(faces.pictures)} found; "
        f"margin {rule.margin}, shift {rule.shift_up}"
    )
    print_table([title, *columns(own)], rows)
    print(flush=True)


def alignment(recognizer: Recognizer, detector: Detector, faces: Faces, scenes: int) -> None:
    rule = detector.crop_rule
    own = own_answers(recognizer, faces)
    for name, conditions in (("upright", UPRIGHT), ("tilted", TILTED)):
        samples = find(detector, faces, conditions, scenes)
        labels = faces.labels[[sample.number for sample in samples]]
        eyes = CascadeAngles(rule)
        ways: dict[str, list[Cut]] = {
            "as found": [square_cut(rule)],
            "upright by the scene's angle": [upright_cut(rule, lambda sample: sample.angle)],
            "upright by OpenCV's eyes": [upright_cut(rule, eyes)],
            "three turns, averaged": [
                upright_cut(rule, lambda _, turn=turn: turn)  # type: ignore[misc]
                for turn in TURNS
            ],
        }
        if detector.name == "mtcnn":
            ways["upright by MTCNN's eyes"] = [upright_cut(rule, eye_angles())]
        rows, plain = [], None
        for way, cuts in ways.items():
            started = time.process_time()
            chances = answers(recognizer, samples, cuts)
            milliseconds = 1e3 * (time.process_time() - started) / max(len(samples), 1)
            right = chances.argmax(axis=1) == labels
            plain = right if plain is None else plain
            rows.append(
                [
                    way,
                    *score(chances, samples, faces, own),
                    f"{(right & ~plain).sum()}, {(plain & ~right).sum()}",
                    f"{milliseconds:.1f}",
                ]
            )
        title = (
            f"{detector.name}, {faces.name}, {name}: {len(samples)} of "
            f"{scenes * len(faces.pictures)} found, both eyes by OpenCV in {eyes.share:.0%}"
        )
        print_table([title, *columns(own), "gained, lost", "processor, ms per face"], rows)
        print(flush=True)


def own_answers(recognizer: Recognizer, faces: Faces) -> NDArray[np.float32] | None:
    """What the faces get that are not in a scene, where their pictures are framed as FER2013's."""
    return recognizer.classify(list(faces.pictures)) if faces.area is WHOLE_AREA else None


def find(detector: Detector, faces: Faces, conditions: Conditions, scenes: int = 1) -> list[Sample]:
    samples = []
    count = len(faces.pictures)
    for seed in range(count * scenes):
        number = seed % count
        scene = compose(faces.pictures, [number], seed, area=faces.area, conditions=conditions)
        (face,) = scene.faces
        found: list[Detection] = detector.detect(scene.picture)
        best = max(found, key=lambda one: iou(one.box, face.box), default=None)
        if best and iou(best.box, face.box) >= MATCH:
            samples.append(Sample(scene.picture, best.box, number, face.angle))
    return samples


def answers(
    recognizer: Recognizer, samples: Sequence[Sample], cuts: Sequence[Cut]
) -> NDArray[np.float32]:
    """(N, 7) probabilities, the mean over the ways to cut a face out."""
    looks = [recognizer.classify([cut(sample) for sample in samples]) for cut in cuts]
    return np.asarray(np.mean(looks, axis=0), np.float32)


def columns(own: NDArray[np.float32] | None) -> list[str]:
    return ["accuracy", "mean recall" if own is None else "difference", "the label's probability"]


def score(
    chances: NDArray[np.float32],
    samples: Sequence[Sample],
    faces: Faces,
    own: NDArray[np.float32] | None,
) -> list[str]:
    numbers = [sample.number for sample in samples]
    labels = faces.labels[numbers]
    right = chances.argmax(axis=1) == labels
    if own is None:
        recalls = [right[labels == label].mean() for label in CLEAR if (labels == label).any()]
        second = f"{100 * np.mean(recalls):.1f} %"
    else:
        second = f"{np.abs(chances - own[numbers]).max(axis=1).mean():.3f}"
    return [
        f"{100 * right.mean():.1f} %",
        second,
        f"{chances[np.arange(len(labels)), labels].mean():.3f}",
    ]


def square_cut(rule: CropRule) -> Cut:
    return lambda sample: crop(to_grey(sample.rgb), rule.square(sample.box))


def stretched_cut(rule: CropRule) -> Cut:
    """The box itself times the margin, its sides as unequal as the detector's."""

    def cut(sample: Sample) -> NDArray[np.uint8]:
        square, box = rule.square(sample.box), sample.box
        longer = max(box.width, box.height)
        width = round(square.width * box.width / longer)
        height = round(square.height * box.height / longer)
        left = square.x + (square.width - width) // 2
        top = square.y + (square.height - height) // 2
        face = crop(to_grey(sample.rgb), Box(left, top, width, height))
        side = max(width, height)
        return np.asarray(cv2.resize(face, (side, side)), np.uint8)

    return cut


def upright_cut(rule: CropRule, angle: Callable[[Sample], float]) -> Cut:
    """The square of the picture turned back by `angle` about the box's centre."""

    def cut(sample: Sample) -> NDArray[np.uint8]:
        box, square = sample.box, rule.square(sample.box)
        turn = cv2.getRotationMatrix2D(
            (box.x + box.width / 2, box.y + box.height / 2), -angle(sample), 1
        )
        turn[:, 2] -= square.x, square.y
        size = (square.width, square.height)
        level = cv2.warpAffine(to_grey(sample.rgb), turn, size, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(level, np.uint8)

    return cut


class CascadeAngles:
    """By how many degrees a face leans, by the eyes that OpenCV finds in its square; 0 without.

    Attributes:
        share: of the faces it was asked for, in which it found both eyes.
    """

    def __init__(self, rule: CropRule) -> None:
        self._rule = rule
        self._eyes = CascadeEyes()
        self._asked = self._found = 0

    def __call__(self, sample: Sample) -> float:
        angle = self._eyes.angle(crop(to_grey(sample.rgb), self._rule.square(sample.box)))
        self._asked += 1
        self._found += angle is not None
        return 0.0 if angle is None or abs(angle) < SLIGHT else angle

    @property
    def share(self) -> float:
        return self._found / max(self._asked, 1)


def eye_angles() -> Callable[[Sample], float]:
    """By how many degrees a face leans, by the eyes that MTCNN finds in it."""
    network: Any = importlib.import_module("mtcnn").MTCNN()

    def angle(sample: Sample) -> float:
        def overlap(face: dict[str, Any]) -> float:
            return iou(Box(*(int(side) for side in face["box"])), sample.box)

        face = max(network.detect_faces(sample.rgb), key=overlap, default=None)
        if face is None:
            return 0.0
        eyes = [face["keypoints"][name] for name in ("left_eye", "right_eye")]
        (left_x, left_y), (right_x, right_y) = sorted(eyes, key=lambda eye: int(eye[0]))
        return -math.degrees(math.atan2(float(right_y - left_y), float(right_x - left_x)))

    return angle


if __name__ == "__main__":
    main()
