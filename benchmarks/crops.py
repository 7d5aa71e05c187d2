"""How a detector's box should become the square that the network looks at.

    .venv/bin/python -m benchmarks.crops --wild FOLDER --fer2013 FILE [--faces 700]
        [--only dlib_hog ...] [--dlib-cnn FILE] [--yunet FILE]

For each detector: the packaged model's accuracy over margins at the rule's shift, over shifts at
its margin, with the box stretched to a square, and for tilted faces as found and set upright. Each
face lies alone in a scene of 640x480; those of FOLDER (with its labels.csv, as `wild` has) count by
accuracy and by the mean recall of angry, happy, sad, surprise and neutral, those of FILE
(PublicTest) by accuracy and by how far the probabilities are from those of the face itself: the
mean over faces of the largest difference. Faces that the detector misses are left out of all.

Setting upright takes the angle that the scene knows, so it is the most that any alignment by the
eyes could gain; where MTCNN is installed, the angle between the eyes that it finds is tried too.
"""

import argparse
import csv
import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.detectors import MATCH, add_weights_options, ready
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wild", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--fer2013", type=Path, required=True, metavar="FILE")
    parser.add_argument("--faces", type=int, default=700, help="at most so many of each")
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
                report(recognizer, detector, faces)


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


def report(recognizer: Recognizer, detector: Detector, faces: Faces) -> None:
    rule = detector.crop_rule
    own = recognizer.classify(list(faces.pictures)) if faces.area is WHOLE_AREA else None
    samples = find(detector, faces, UPRIGHT)
    tilted = find(detector, faces, TILTED)

    def row(name: str, found: Sequence[Sample], cut: Cut) -> list[str]:
        return [name, *score(recognizer, faces, own, found, cut)]

    rows = [
        *(
            row(f"margin {margin:.2f}", samples, square_cut(replace(rule, margin=margin)))
            for margin in MARGINS
        ),
        *(
            row(f"shift {shift:+.2f}", samples, square_cut(replace(rule, shift_up=shift)))
            for shift in SHIFTS
        ),
        row("the rule", samples, square_cut(rule)),
        row("the rule's box, stretched", samples, stretched_cut(rule)),
        row("tilted: as found", tilted, square_cut(rule)),
        row("tilted: set upright", tilted, upright_cut(rule, lambda sample: sample.angle)),
    ]
    if detector.name == "mtcnn":
        angle = eye_angles()
        rows += [
            row("upright by the eyes", samples, upright_cut(rule, angle)),
            row("tilted: upright by the eyes", tilted, upright_cut(rule, angle)),
        ]
    if own is not None:
        right = 100 * (own.argmax(axis=1) == faces.labels).mean()
        rows.append(["the faces themselves, all", f"{right:.1f} %", "0"])
    title = (
        f"{detector.name}, {faces.name}: {len(samples)} of {len(faces.pictures)} found, "
        f"tilted {len(tilted)}; margin {rule.margin}, shift {rule.shift_up}"
    )
    print_table([title, "accuracy", "mean recall" if own is None else "difference"], rows)
    print(flush=True)


def find(detector: Detector, faces: Faces, conditions: Conditions) -> list[Sample]:
    samples = []
    for number in range(len(faces.pictures)):
        scene = compose(faces.pictures, [number], number, area=faces.area, conditions=conditions)
        (face,) = scene.faces
        found: list[Detection] = detector.detect(scene.picture)
        best = max(found, key=lambda one: iou(one.box, face.box), default=None)
        if best and iou(best.box, face.box) >= MATCH:
            samples.append(Sample(scene.picture, best.box, number, face.angle))
    return samples


def score(
    recognizer: Recognizer,
    faces: Faces,
    own: NDArray[np.float32] | None,
    samples: Sequence[Sample],
    cut: Cut,
) -> list[str]:
    chances = recognizer.classify([cut(sample) for sample in samples])
    numbers = [sample.number for sample in samples]
    labels = faces.labels[numbers]
    right = chances.argmax(axis=1) == labels
    if own is None:
        recalls = [right[labels == label].mean() for label in CLEAR if (labels == label).any()]
        second = f"{100 * np.mean(recalls):.1f} %"
    else:
        second = f"{np.abs(chances - own[numbers]).max(axis=1).mean():.3f}"
    return [f"{100 * right.mean():.1f} %", second]


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
        box, grey = sample.box, to_grey(sample.rgb)
        centre = (box.x + box.width / 2, box.y + box.height / 2)
        turn = cv2.getRotationMatrix2D(centre, -angle(sample), 1)
        level = cv2.warpAffine(
            grey, turn, (grey.shape[1], grey.shape[0]), borderMode=cv2.BORDER_REPLICATE
        )
        return crop(np.asarray(level, np.uint8), rule.square(box))

    return cut


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
