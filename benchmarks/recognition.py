"""How fast pictures and faces are recognised, and where the time goes.

    .venv/bin/python -m benchmarks.recognition [--pictures 40] [--models DIR]
        [--data DIR --fer PYTHON [--faces 600]]

Faces per second of the classifier alone, by batch and by threads, from the fastest of some rounds;
then pictures per second of the whole chain at two sizes, split into decoding, detecting, cropping
and classifying, by the processor's time, and of several pictures at a time, by the clock.

With `--data` (a folder with `wild/` and fer2013.csv) and `--fer` (the Python of an environment of
its own, made by `uv venv FER && uv pip install --python FER/bin/python fer tensorflow-cpu
"setuptools<80" "opencv-python<5" "opencv-contrib-python<5"`), the same pictures go through the
package `fer` (its own detector and network), and both are scored. The two take turns of `TURN`
pictures, so that what else runs on the machine slows both; times include the decoding. "Wall" is a
picture's median time, on as many threads as the program takes of itself: ours one, OpenCV's in
`fer` as many as there are cores. "CPU" is the mean of a picture on all cores together, which tells
what a busy machine gets done.
"""

import contextlib
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.arguments import command_parser
from benchmarks.photo import scene
from benchmarks.table import print_machine, print_table
from mlcore.artifacts import PACKAGED_MODELS, read_verified
from mlcore.calibration import Calibration, combine
from mlcore.crops import crop
from mlcore.datasets.faces import TEST
from mlcore.datasets.fer2013 import load_fer2013
from mlcore.detectors.base import to_grey
from mlcore.labels import EXPRESSIONS
from mlcore.network import Network
from mlcore.pictures import decode_picture
from mlcore.recognizer import Recognizer, get_recognizer

SIZES = ((640, 480), (1280, 720))
COUNTED = ("angry", "happy", "sad", "surprise", "neutral")
"""Of `wild`: its labels of disgust are mostly noise, and fear has nine faces."""

TURN = 20
"""Pictures that one program takes before the other gets its turn."""

FER = """
import json, os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import cv2, numpy as np
from fer.fer import FER
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print must not come between the answers
recognizer = FER()
names = list(recognizer._get_labels().values())

def one(path):
    started = time.monotonic(), time.process_time()
    faces = recognizer.detect_emotions(cv2.imread(path))
    times = time.monotonic() - started[0], time.process_time() - started[1]
    largest = max(faces, key=lambda face: face["box"][2] * face["box"][3], default=None)
    answer = max(largest["emotions"], key=largest["emotions"].get) if largest else ""
    return [answer, *times]

def alone(path):
    faces, found = np.load(path), []
    for start in range(0, len(faces), 64):
        # As its detect_emotions prepares what it has cut out.
        part = np.stack([cv2.resize(face, (64, 64)) for face in faces[start : start + 64]])
        part = (part.astype("float32") / 255 - 0.5) * 2
        rows = np.asarray(recognizer._classify_emotions(part)).argmax(axis=1)
        found += [names[row] for row in rows]
    return found

for line in sys.stdin:
    task = json.loads(line)
    answer = alone(task["faces"]) if "faces" in task else [one(path) for path in task["pictures"]]
    print(json.dumps(answer), file=answers, flush=True)
"""


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--fer", type=Path, help="the Python that has the package fer")
    parser.add_argument("--faces", type=int, help="of wild and of PrivateTest; all by default")
    parser.add_argument("--models", type=Path, default=PACKAGED_MODELS, help="folder of models")
    options = parser.parse_args()
    recognizer = get_recognizer(model_dirs=[options.models])
    print_machine()
    views = recognizer.metadata.views
    print(
        f"{recognizer.model_name} {recognizer.model_version}, {recognizer.metadata.precision} "
        f"weights, zooms {views.zooms}{', mirrored' * views.flip}, {recognizer.detector_name}\n"
    )
    classifier(recognizer, options.models / recognizer.model_name)
    chain(recognizer, options.pictures)
    if options.fer and options.data:
        against_fer(recognizer, options.fer, options.data, options.pictures, options.faces)
    else:
        print("Without --data and --fer there is no comparison with the package fer.")


def classifier(recognizer: Recognizer, folder: Path) -> None:
    content = read_verified(folder, recognizer.metadata)
    heads = recognizer.metadata.heads
    random = np.random.default_rng(0)
    rows = []
    preprocessing = recognizer.metadata.preprocessing
    shape = (preprocessing.size, preprocessing.size, preprocessing.channels)
    for batch in (1, 2, 6, 16, 64):
        faces = random.normal(size=(batch, *shape)).astype(np.float32)
        cells = [str(batch)]
        for threads in (1, os.cpu_count() or 1):
            network = Network(content, heads, num_threads=threads)
            seconds = least_seconds(partial(network.logits, faces))
            cells.append(f"{batch / seconds:,.0f}")
        pixels = random.integers(0, 256, (batch, *shape[:2]), dtype=np.uint8)
        for zooms in (True, False):
            seconds = least_seconds(partial(recognizer.classify, list(pixels), zooms=zooms))
            cells.append(f"{batch / seconds:,.0f}")
        rows.append(cells)
    views = recognizer.metadata.views
    live = 1 + views.flip
    print_table(
        [
            "faces in a batch",
            "network, faces per second, 1 thread",
            f"{os.cpu_count()} threads",
            f"answers with {live * len(views.zooms)} looks each, 1 thread",
            f"with {live}, as for live frames",
        ],
        rows,
    )
    print()


def chain(recognizer: Recognizer, pictures: int) -> None:
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
        decoded = [decode_picture(content)] * pictures
        recognizer.recognize_many(decoded[:2])
        started = time.monotonic()
        recognizer.recognize_many(decoded)
        many = pictures / (time.monotonic() - started)
        rows.append(
            [
                f"{width}x{height}",
                *(f"{value * 1e3:.1f}" for value in medians),
                f"{1 / whole:.1f}",
                f"{together:.1f}",
                f"{many:.1f}",
            ]
        )
    print_table(
        [
            "one face",
            "decode, ms of a core",
            "detect, ms",
            "crop, ms",
            "classify, ms",
            "pictures per second of one core",
            f"of the clock, {os.cpu_count()} at a time",
            "decoded before, in one `recognize_many`",
        ],
        rows,
    )
    print()


def stages(recognizer: Recognizer, content: bytes) -> list[float]:
    """Seconds of the processor for decoding, detecting, cropping and classifying, as `recognize`
    does them."""
    times = [time.thread_time()]
    picture = decode_picture(content)
    times.append(time.thread_time())
    found = recognizer.detector.detect(picture)
    times.append(time.thread_time())
    grey = to_grey(picture)
    rule, resize = recognizer.detector.crop_rule, recognizer.metadata.preprocessing.resize
    faces = [resize(crop(grey, rule.square(detection.box))) for detection in found]
    times.append(time.thread_time())
    assert len(recognizer.classify(faces)) == 1
    times.append(time.thread_time())
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


def against_fer(
    recognizer: Recognizer, python: Path, data: Path, pictures: int, most: int | None
) -> None:
    with open(data / "wild" / "labels.csv", newline="") as lines:
        labels = {row["file"]: row["expression"] for row in csv.DictReader(lines)}
    # In an order that holds every expression early, so that `most` is a fair sample.
    names = np.random.default_rng(0).permutation(sorted(labels))[:most].tolist()
    expected = [labels[name] for name in names]
    test = load_fer2013(data / "fer2013.csv").split(TEST)
    test = test.take(np.arange(min(most or len(test), len(test))))
    truth = [EXPRESSIONS[label] for label in test.labels]
    with tempfile.TemporaryDirectory(prefix="expression-lab-fer-") as folder, fer(python) as ask:
        np.save(Path(folder) / "faces.npy", test.images)
        sets = {"224x224, `wild`": [data / "wild" / name for name in names]}
        for width, height in SIZES:
            path = Path(folder) / f"{width}.jpg"
            path.write_bytes(scene_of(width, height))
            sets[f"{width}x{height}, one face"] = [path] * pictures
        rows, answers = [], {}
        for name, paths in sets.items():
            ours, theirs = in_turns(recognizer, ask, paths)
            answers[name] = ours, theirs
            rows.append([name, str(len(paths)), *speeds(ours, theirs)])
        alone = ask({"faces": str(Path(folder) / "faces.npy")})
    print_table(
        [
            "pictures per second",
            "pictures",
            *("ours, wall", "fer, wall", "ratio", "ours, CPU", "fer, CPU", "ratio"),
        ],
        rows,
    )
    print()
    classes = recognizer.classify(list(test.images)).argmax(axis=1)
    both = zip(("ours", "fer"), next(iter(answers.values())), strict=True)
    faces = {"ours": [EXPRESSIONS[index] for index in classes], "fer": alone}
    print_table(
        [
            f"{len(names)} pictures of `wild`, {len(test)} faces of PrivateTest",
            "right on `wild`",
            f"mean recall over {', '.join(COUNTED)}",
            "pictures with a face found",
            "right on FER2013 PrivateTest",
        ],
        [
            [
                name,
                f"{share(found := [answer for answer, *_ in of_wild], expected):.1%}",
                f"{mean_recall(found, expected):.1%}",
                f"{sum(map(bool, found)) / len(found):.1%}",
                f"{share(faces[name], truth):.1%}",
            ]
            for name, of_wild in both
        ],
    )
    print(
        "\nOurs are served answers, which are fitted to how people voted (FER+). FER2013's head "
        f"alone names {share(by_labels(recognizer, test.images), truth):.1%} of PrivateTest's "
        "labels."
    )


def by_labels(recognizer: Recognizer, faces: NDArray[np.uint8]) -> list[str]:
    """What the FER2013 head says, which `fer` was trained for too, over the looks that are
    served."""
    head = Calibration({"fer2013": 1.0}, {"fer2013": 1.0}, "nothing")
    views = [
        recognizer.network.logits(recognizer.metadata.preprocessing.to_input(look))
        for look in recognizer.metadata.views.of(faces)
    ]
    return [EXPRESSIONS[index] for index in combine(views, head).argmax(axis=1)]


Answer = tuple[str, float, float]
"""The expression of a picture's largest face, "" where none is found, and the seconds that took:
of the clock, and of the processor."""


def speeds(ours: Sequence[Answer], theirs: Sequence[Answer]) -> list[str]:
    """Pictures per second of both, and how many times as fast ours are."""
    cells = []
    for column, middle in ((1, statistics.median), (2, statistics.mean)):
        own, other = (middle([answer[column] for answer in of]) for of in (ours, theirs))
        cells += [f"{1 / own:.1f}", f"{1 / other:.1f}", f"{other / own:.1f}"]
    return cells


def in_turns(
    recognizer: Recognizer, ask: Callable[[dict[str, Any]], Any], paths: Sequence[Path]
) -> tuple[list[Answer], list[Answer]]:
    ours: list[Answer] = []
    theirs: list[Answer] = []
    for warm_up in (ours_of(recognizer, paths[0]), ask({"pictures": [str(paths[0])]})):
        assert warm_up
    for start in range(0, len(paths), TURN):
        turn = paths[start : start + TURN]
        ours += [ours_of(recognizer, path) for path in turn]
        theirs += ask({"pictures": [str(path) for path in turn]})
    return ours, theirs


def ours_of(recognizer: Recognizer, path: Path) -> Answer:
    started, used = time.monotonic(), time.process_time()
    found = recognizer.recognize(decode_picture(path))
    seconds, used = time.monotonic() - started, time.process_time() - used
    return found[0].expression if found else "", seconds, used


@contextlib.contextmanager
def fer(python: Path) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """A process with the package; what it is asked, see `FER`."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [python, "-c", FER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(task: dict[str, Any]) -> Any:
            with contextlib.suppress(BrokenPipeError):  # it has ended, and said why
                print(json.dumps(task), file=process.stdin, flush=True)
            line = process.stdout.readline()  # type: ignore[union-attr]
            if not line:
                errors.seek(0)
                sys.exit(f"The package fer failed:\n{errors.read()[-2000:]}")
            return json.loads(line)

        try:
            yield ask
        finally:
            process.stdin.close()
            process.wait()


def share(answers: Sequence[str], expected: Sequence[str]) -> float:
    """Right answers; a picture without a face found is a wrong one."""
    return statistics.mean(a == b for a, b in zip(answers, expected, strict=True))


def mean_recall(answers: Sequence[str], expected: Sequence[str]) -> float:
    recalls = []
    for name in COUNTED:
        of_name = [answer for answer, truth in zip(answers, expected, strict=True) if truth == name]
        if of_name:
            recalls.append(statistics.mean(answer == name for answer in of_name))
    return statistics.mean(recalls)


def least_seconds(work: Callable[[], object], most: float = 1.0, rounds: int = 30) -> float:
    """The fastest of some rounds, which what else runs on the machine disturbs least."""
    work()
    times: list[float] = []
    while len(times) < 3 or (sum(times) < most and len(times) < rounds):
        started = time.monotonic()
        work()
        times.append(time.monotonic() - started)
    return min(times)


if __name__ == "__main__":
    main()
