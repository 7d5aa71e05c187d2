"""Recall, false boxes and time of the face detectors, on scenes put together from known faces.

    .venv/bin/python -m benchmarks.detectors --data FOLDER [--scenes 60] [--faces N]
        [--sizes 640x480 1280x720] [--only dlib_hog ...] [--variants]
        [--dlib-cnn FILE] [--yunet FILE]

FOLDER holds square colour pictures of one face each, framed as OpenCV's cascade frames them, as
those of `wild` are. A scene has one to four of them. A face is found if a box overlaps its area by
an intersection over union of 0.4; what matches no face is a false box. Times are of the processor,
on all cores together, so that what else runs on the machine does not count. With --variants,
rows that name other parameters are what was not chosen.
"""

import argparse
import functools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table
from mlcore.boxes import iou
from mlcore.detectors import Detector, available_detectors, get_detector
from mlcore.detectors.dlib_hog import THRESHOLD, DlibHogDetector
from mlcore.detectors.opencv_haar import OpenCVHaarDetector
from mlcore.detectors.yunet import PACKAGED_WEIGHTS, YuNetDetector
from mlcore.pictures import decode_picture
from mlcore.scenes import Conditions, Picture, Scene, compose

MATCH = 0.4
SIZES = ((640, 480), (1280, 720))
LARGE, SMALL, NEAR = (80, 200), (40, 80), (220, 420)
CONDITIONS = {
    "plain": Conditions(LARGE),
    "tilted": Conditions(LARGE, tilt=30),
    "dark": Conditions(LARGE, light=0.2),
    "blurred": Conditions(LARGE, blur=0.03),
    "small": Conditions(SMALL),
    "near by": Conditions(NEAR),
    "no face": Conditions(LARGE),
}

VARIANTS: dict[str, Callable[[], Detector]] = {
    "yunet, run by OpenCV": lambda: YuNetDetector(PACKAGED_WEIGHTS.with_suffix(".onnx")),
    "yunet, threshold 0.9": lambda: YuNetDetector(threshold=0.9),
    "yunet, threshold 0.7": lambda: YuNetDetector(threshold=0.7),
    "yunet, at 640": lambda: YuNetDetector(longest_side=640),
    "yunet, at 960": lambda: YuNetDetector(longest_side=960),
    "yunet, at 1280": lambda: YuNetDetector(longest_side=1280),
    "yunet, at one size": lambda: YuNetDetector(coarse_side=0),
    "dlib_hog, threshold 0": lambda: DlibHogDetector(threshold=0.0),
    "dlib_hog, threshold -0.5": lambda: DlibHogDetector(threshold=-0.5),
    "dlib_hog, faint boxes on bodies too": lambda: DlibHogDetector(sure=THRESHOLD),
    "dlib_hog, enlarged at once": lambda: DlibHogDetector(small_side=1280),
    "dlib_hog, small portraits enlarged too": lambda: DlibHogDetector(portrait_side=0),
    "opencv_haar, 3 neighbours": lambda: OpenCVHaarDetector(neighbours=3),
    "opencv_haar, 8 neighbours": lambda: OpenCVHaarDetector(neighbours=8),
    "opencv_haar, at 1280": lambda: OpenCVHaarDetector(longest_side=1280),
}


@dataclass
class Tally:
    """What a detector did with some scenes."""

    scenes: int = 0
    faces: int = 0
    found: int = 0
    false: int = 0
    times: list[float] = field(default_factory=list)

    def add(self, scene: Scene, detector: Detector) -> None:
        started = time.process_time()
        boxes = [detection.box for detection in detector.detect(scene.picture)]
        self.times.append(time.process_time() - started)
        areas = [face.box for face in scene.faces]
        self.scenes += 1
        self.faces += len(areas)
        self.found += sum(any(iou(box, area) >= MATCH for box in boxes) for area in areas)
        self.false += sum(all(iou(box, area) < MATCH for area in areas) for box in boxes)

    def __str__(self) -> str:
        recall = f"{100 * self.found / self.faces:.0f} %" if self.faces else "-"
        return f"{recall} / {self.false / self.scenes:.2f}"


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--sizes", nargs="+", type=size_of, default=SIZES, metavar="WIDTHxHEIGHT")
    parser.add_argument("--scenes", type=int, default=60, help="for each condition and size")
    parser.add_argument("--faces", type=int, help="in every scene, instead of one to four")
    parser.add_argument("--only", nargs="+", metavar="DETECTOR", help="rows whose names begin so")
    parser.add_argument("--variants", action="store_true", help="other parameters too")
    add_weights_options(parser)
    options = parser.parse_args()
    detectors: dict[str, Callable[[], Detector]] = {
        **{name: functools.partial(get_detector, name, path) for name, path in ready(options)},
        **(VARIANTS if options.variants else {}),
    }
    chosen = {
        name: make
        for name, make in detectors.items()
        if options.only is None or any(name.startswith(start) for start in options.only)
    }
    pictures = read_faces(options.data)
    print_machine()
    for size in options.sizes:
        rows = [
            measure(name, make(), pictures, size, options.scenes, options.faces)
            for name, make in chosen.items()
        ]
        title = f"{size[0]}x{size[1]}, {options.scenes} scenes each: recall / false boxes per scene"
        print_table([title, *CONDITIONS, "CPU ms, median"], rows)
        print(flush=True)


def size_of(text: str) -> tuple[int, int]:
    """Width and height of a text like "640x480"."""
    width, height = map(int, text.split("x"))
    return width, height


def add_weights_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dlib-cnn", type=Path, metavar="FILE", help="weights of dlib_cnn")
    parser.add_argument("--yunet", type=Path, metavar="FILE", help="other weights of yunet")


def ready(options: argparse.Namespace) -> list[tuple[str, Path | None]]:
    """Detectors that can run here, each with its file of weights."""
    weights = {"dlib_cnn": options.dlib_cnn, "yunet": options.yunet}
    return [(name, weights.get(name)) for name in available_detectors(weights)]


def read_faces(folder: Path) -> list[Picture]:
    """Those of a folder of pictures; without any, all that is measured would be empty scenes."""
    paths = sorted(folder.glob("*.jpg"))
    if not paths:
        raise SystemExit(f"There are no pictures (*.jpg) in {folder}.")
    return [decode_picture(path) for path in paths]


def measure(
    name: str,
    detector: Detector,
    pictures: list[Picture],
    size: tuple[int, int],
    scenes: int,
    count: int | None,
) -> list[str]:
    tallies = []
    detector.detect(np.zeros((size[1], size[0], 3), np.uint8))
    for condition, conditions in CONDITIONS.items():
        tally = Tally()
        for seed in range(scenes):
            order = np.random.default_rng(seed).permutation(len(pictures))
            number = 0 if condition == "no face" else count or 1 + seed % 4
            faces = order[:number].tolist()
            tally.add(compose(pictures, faces, seed, size, conditions=conditions), detector)
        tallies.append(tally)
    times = [seconds for tally in tallies for seconds in tally.times]
    return [name, *map(str, tallies), f"{statistics.median(times) * 1e3:.0f}"]


if __name__ == "__main__":
    main()
