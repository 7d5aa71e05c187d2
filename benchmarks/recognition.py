"""How fast pictures and faces are recognised, and where the time goes.

    .venv/bin/python -m benchmarks.recognition [--pictures 40]
        [--data DIR --fer PYTHON [--faces 600]]

Faces per second of the classifier alone, by batch and by threads; then pictures per second of the
whole chain at two sizes, split into decoding, detecting, cropping and classifying. With `--data` (a
folder with `wild/` and fer2013.csv) and `--fer` (the Python of an environment of its own, made by
`uv venv FER && uv pip install --python FER/bin/python fer tensorflow-cpu "setuptools<80"`), the
same pictures go through the package `fer` (its own detector and network), and both are scored.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.photo import scene
from benchmarks.table import print_machine, print_table
from mlcore.artifacts import PACKAGED_MODELS
from mlcore.crops import crop
from mlcore.datasets.faces import TEST
from mlcore.datasets.fer2013 import load_fer2013
from mlcore.detectors.base import to_grey
from mlcore.labels import EXPRESSIONS
from mlcore.network import Network
from mlcore.pictures import decode_picture
from mlcore.recognizer import Recognizer, get_recognizer

MODEL = PACKAGED_MODELS / "compact_vgg"
SIZES = ((640, 480), (1280, 720))
COUNTED = ("angry", "happy", "sad", "surprise", "neutral")
"""Of `wild`: its labels of disgust are mostly noise, and fear has nine faces."""

FER = """
import json, os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import cv2, numpy as np
from fer.fer import FER
recognizer = FER()
task = json.load(open(sys.argv[1]))
answers, seconds = [], []
for path in task["pictures"]:
    started = time.monotonic()
    faces = recognizer.detect_emotions(cv2.imread(path))
    seconds.append(time.monotonic() - started)
    largest = max(faces, key=lambda face: face["box"][2] * face["box"][3], default=None)
    answers.append(max(largest["emotions"], key=largest["emotions"].get) if largest else "")
names = list(recognizer._get_labels().values())
faces = np.load(task["faces"])
alone = []
for start in range(0, len(faces), 64):
    # As its detect_emotions prepares what it has cut out.
    part = np.stack([cv2.resize(face, (64, 64)) for face in faces[start : start + 64]])
    part = (part.astype("float32") / 255 - 0.5) * 2
    alone += [names[row] for row in np.asarray(recognizer._classify_emotions(part)).argmax(axis=1)]
json.dump({"answers": answers, "seconds": seconds, "alone": alone}, open(sys.argv[2], "w"))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--fer", type=Path, help="the Python that has the package fer")
    parser.add_argument("--faces", type=int, help="of wild and of PrivateTest; all by default")
    options = parser.parse_args()
    print_machine()
    classifier()
    chain(options.pictures)
    if options.fer and options.data:
        against_fer(options.fer, options.data, options.faces)
    else:
        print("Without --data and --fer there is no comparison with the package fer.")


def classifier() -> None:
    content = (MODEL / "model.tflite").read_bytes()
    recognizer = get_recognizer()
    heads = recognizer.metadata.heads
    random = np.random.default_rng(0)
    rows = []
    for batch in (1, 4, 16, 64):
        faces = random.normal(size=(batch, 48, 48, 1)).astype(np.float32)
        cells = [str(batch)]
        for threads in (1, os.cpu_count() or 1):
            network = Network(content, heads, num_threads=threads)
            seconds = median_seconds(partial(network.logits, faces))
            cells.append(f"{batch / seconds:,.0f}")
        pixels = random.integers(0, 256, (batch, 48, 48), dtype=np.uint8)
        seconds = median_seconds(partial(recognizer.classify, list(pixels)))
        rows.append([*cells, f"{batch / seconds:,.0f}"])
    views = len(recognizer.metadata.views.of(np.zeros((1, 48, 48), np.uint8)))
    print_table(
        [
            "faces in a batch",
            "network, faces per second, 1 thread",
            f"{os.cpu_count()} threads",
            f"answers with {views} looks each, 1 thread",
        ],
        rows,
    )
    print()


def chain(pictures: int) -> None:
    recognizer = get_recognizer()
    rows = []
    for width, height in SIZES:
        content = scene_of(width, height)
        parts = [stages(recognizer, content) for _ in range(pictures + 3)][3:]
        medians = [statistics.median(part[stage] for part in parts) for stage in range(4)]
        whole = statistics.median(sum(part) for part in parts)
        started = time.monotonic()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(partial(stages, recognizer), [content] * pictures))
        together = pictures / (time.monotonic() - started)
        rows.append(
            [
                f"{width}x{height}",
                *(f"{value * 1e3:.1f}" for value in medians),
                f"{1 / whole:.1f}",
                f"{together:.1f}",
            ]
        )
    print_table(
        [
            "one face",
            "decode, ms",
            "detect, ms",
            "crop, ms",
            "classify, ms",
            "pictures per second, one at a time",
            f"{os.cpu_count()} at a time",
        ],
        rows,
    )
    print()


def stages(recognizer: Recognizer, content: bytes) -> list[float]:
    """Seconds of decoding, detecting, cropping and classifying, as `recognize` does them."""
    times = [time.monotonic()]
    picture = decode_picture(content)
    times.append(time.monotonic())
    found = recognizer.detector.detect(picture)
    times.append(time.monotonic())
    grey = to_grey(picture)
    rule, resize = recognizer.detector.crop_rule, recognizer.metadata.preprocessing.resize
    faces = [resize(crop(grey, rule.square(detection.box))) for detection in found]
    times.append(time.monotonic())
    assert len(recognizer.classify(faces)) == 1
    times.append(time.monotonic())
    return list(np.diff(times))


def scene_of(width: int, height: int) -> bytes:
    """A JPEG with one face of a fifth of its height."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(scene())) as large:
        # The same scene, cut to the shape before it is shrunk.
        side = round(720 * width / height)
        left = min(1280 - side, max(0, 640 - side // 2))
        small = large.crop((left, 0, left + side, 720)).resize((width, height))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def against_fer(python: Path, data: Path, most: int | None) -> None:
    with open(data / "wild" / "labels.csv", newline="") as lines:
        labels = {row["file"]: row["expression"] for row in csv.DictReader(lines)}
    names = sorted(labels)[:most]
    pictures = [data / "wild" / name for name in names]
    expected = [labels[name] for name in names]
    test = load_fer2013(data / "fer2013.csv").split(TEST)
    test = test.take(np.arange(min(most or len(test), len(test))))
    theirs = run_fer(python, pictures, test.images)
    ours, seconds, alone = run_ours(pictures, test.images)
    truth = [EXPRESSIONS[label] for label in test.labels]
    rows = []
    for name, answers, times, faces in (
        ("ours", ours, seconds, alone),
        ("fer", theirs["answers"], theirs["seconds"], theirs["alone"]),
    ):
        rows.append(
            [
                name,
                f"{1 / statistics.median(times):.1f}",
                f"{share(answers, expected):.1%}",
                f"{mean_recall(answers, expected):.1%}",
                f"{sum(map(bool, answers)) / len(answers):.1%}",
                f"{share(faces, truth):.1%}",
            ]
        )
    ratio = statistics.median(theirs["seconds"]) / statistics.median(seconds)
    rows.append(["ratio", f"{ratio:.1f}", "", "", "", ""])
    print_table(
        [
            f"{len(pictures)} pictures of `wild`, {len(test)} faces of PrivateTest",
            "pictures per second",
            "right on `wild`",
            f"mean recall over {', '.join(COUNTED)}",
            "pictures with a face found",
            "right on FER2013 PrivateTest",
        ],
        rows,
    )


def run_ours(
    pictures: Sequence[Path], faces: NDArray[np.uint8]
) -> tuple[list[str], list[float], list[str]]:
    recognizer = get_recognizer()
    answers, seconds = [], []
    for path in pictures:
        picture = decode_picture(path)
        started = time.monotonic()
        found = recognizer.recognize(picture)
        seconds.append(time.monotonic() - started)
        answers.append(found[0].expression if found else "")
    alone = recognizer.classify(list(faces)).argmax(axis=1)
    return answers, seconds, [EXPRESSIONS[answer] for answer in alone]


def run_fer(python: Path, pictures: Sequence[Path], faces: NDArray[np.uint8]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="expression-lab-fer-") as folder:
        task, answer = Path(folder) / "task.json", Path(folder) / "answer.json"
        np.save(Path(folder) / "faces.npy", faces)
        paths = [str(path) for path in pictures]
        task.write_text(json.dumps({"pictures": paths, "faces": str(Path(folder) / "faces.npy")}))
        result = subprocess.run(
            [python, "-c", FER, task, answer], capture_output=True, text=True, check=False
        )
        if result.returncode:
            sys.exit(f"The package fer failed:\n{result.stderr[-2000:]}")
        values: dict[str, Any] = json.loads(answer.read_text())
    return values


def share(answers: Sequence[str], expected: Sequence[str]) -> float:
    """Right answers; a picture without a face found is a wrong one."""
    return statistics.mean(a == b for a, b in zip(answers, expected, strict=True))


def mean_recall(answers: Sequence[str], expected: Sequence[str]) -> float:
    recalls = []
    for name in COUNTED:
        of_name = [answer for answer, truth in zip(answers, expected, strict=True) if truth == name]
        recalls.append(statistics.mean(answer == name for answer in of_name))
    return statistics.mean(recalls)


def median_seconds(work: Callable[[], object], rounds: int = 15) -> float:
    work()
    times = []
    for _ in range(rounds):
        started = time.monotonic()
        work()
        times.append(time.monotonic() - started)
    return statistics.median(times)


if __name__ == "__main__":
    main()
