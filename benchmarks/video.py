"""Films: how fast and in how much memory they are analysed and annotated, and how well faces are
followed.

    .venv/bin/python -m benchmarks.video --data FOLDER [--parts speed memory old tracks decoders]
        [--sizes 640x360 1280x720 1920x1080] [--faces 1 4] [--memory-seconds 10 60 600]

FOLDER holds square pictures of one face each, as those of `wild`. Faces of a fifth to a third of
the film's height move over drawn backgrounds, 30 frames a second, in H.264; longer films repeat one
of ten seconds. Each film is analysed at ten samples a second and then made into an annotated film,
in a process of its own whose memory, and its children's, is summed every 50 ms.

The loop of the earlier systems is in the same run: OpenCV's VideoCapture, its cascade on every
frame, Keras's `predict` for each face, and its VideoWriter.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import psutil
from scipy.optimize import linear_sum_assignment

from benchmarks.detectors import read_faces
from benchmarks.table import print_machine, print_table
from mlcore.artifacts import PACKAGED_MODELS
from mlcore.boxes import Box, iou
from mlcore.films.analysis import analyse
from mlcore.films.columns import Columns
from mlcore.films.composed import Actor, Shot, Writing, compose_film, write_film
from mlcore.films.painting import annotate
from mlcore.films.sampling import bin_of
from mlcore.films.tracks import finish_tracks
from mlcore.recognizer import Recognizer, get_recognizer
from mlcore.scenes import Picture, background

RATE = 10.0
FILM_RATE = 30
ENCODED = Writing(options={"preset": "veryfast", "crf": "21"}, sound="aac", rate=FILM_RATE)
COUNTED = 0.5
"""So large a share of a face must lie in the picture, uncovered by others, to be in the truth of
tracks."""

Face = tuple[int, Box, bool]
"""In a frame: number of the person, where it is, and whether it counts."""

PARTS = ("decoders", "speed", "workers", "memory", "old", "tracks")

OLD_LOOP = """
import os; os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import cv2, json, keras, numpy as np, sys, time
film, target, weights, most = sys.argv[1:5]
model = keras.saving.load_model(weights, compile=False)
size = model.input_shape[1]
faces = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
model.predict(np.zeros((1, size, size, 1), "float32"), verbose=0)
started, used, count = time.monotonic(), time.process_time(), 0
capture = cv2.VideoCapture(film)
shape = int(capture.get(3)), int(capture.get(4))
writer = cv2.VideoWriter(target, cv2.VideoWriter_fourcc(*"mp4v"), capture.get(5), shape)
while count < int(most):
    good, frame = capture.read()
    if not good:
        break
    count += 1
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    for x, y, w, h in faces.detectMultiScale(grey, 1.1, 5):
        face = cv2.resize(grey[y:y+h, x:x+w], (size, size)).astype("float32")
        face = (face - face.mean()) / (face.std() + 1e-6)
        answer = model.predict(face[None, :, :, None], verbose=0)
        answer = answer[0] if isinstance(answer, (list, tuple)) else answer
        cv2.rectangle(frame, (x, y), (x + w, y + h), (0, 255, 0), 2)
        cv2.putText(frame, str(np.argmax(answer)), (x, y), 0, 1, (0, 255, 0), 2)
    writer.write(frame)
writer.release()
print(json.dumps([time.monotonic() - started, time.process_time() - used, count]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--sizes", nargs="+", default=["640x360", "1280x720", "1920x1080"])
    parser.add_argument("--faces", nargs="+", type=int, default=[1, 4])
    parser.add_argument("--memory-seconds", nargs="+", type=int, default=[10, 60, 600])
    parser.add_argument("--memory-size", default="1280x720")
    parser.add_argument("--films", type=int, default=8, help="for the tracks")
    parser.add_argument("--weights", type=Path, default=PACKAGED_MODELS / "compact_vgg")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(worked_on(options.one)))
        return
    print_machine()
    pictures = read_faces(options.data)
    with tempfile.TemporaryDirectory(prefix="expression-lab-video-") as name:
        folder = Path(name)
        for part in options.parts:
            globals()[part](options, folder, pictures)
            print(flush=True)


def film_of(folder: Path, pictures: Sequence[Picture], size: str, faces: int, seconds: int) -> Path:
    """A film of some faces that move about; drawn once, and repeated where it is longer."""
    path = folder / f"{size}-{faces}-{seconds}.mp4"
    if path.exists():
        return path
    base = folder / f"{size}-{faces}-10.mp4"
    if not base.exists():
        width, height = (int(side) for side in size.split("x"))
        rng = np.random.default_rng(faces)
        actors = [
            walking(pictures[int(rng.integers(len(pictures)))], (width, height), place, faces)
            for place in range(faces)
        ]
        shot = Shot(10.0, background(rng, (width, height)), actors)
        drawn = ((one.time, one.picture) for one in compose_film([shot], FILM_RATE))
        write_film(base, drawn, ENCODED)
    if seconds != 10:
        repeat(base, path, seconds // 10)
    return path


def walking(picture: Picture, size: tuple[int, int], place: int, of: int) -> Actor:
    """A face that sways and comes nearer and goes away, in its part of the picture."""
    width, height = size
    room = width / of
    side = min(0.42 * height, 0.8 * room)

    def at(time: float) -> tuple[float, float, float]:
        grown = side * (0.85 + 0.15 * np.sin(0.5 * time + place))
        x = room * (place + 0.5) + (room - side) / 2 * np.sin(0.9 * time + 2 * place)
        return float(x), height * (0.5 + 0.1 * float(np.sin(0.7 * time + place))), float(grown)

    return Actor(picture, at)


def repeat(source: Path, target: Path, times: int) -> None:
    """The same packets again and again."""
    with av.open(str(target), "w") as out:
        streams: dict[int, Any] = {}
        for round_ in range(times):
            with av.open(str(source)) as film:
                used = [*film.streams.video, *film.streams.audio]
                for stream in used:
                    if stream.index not in streams:
                        streams[stream.index] = out.add_stream_from_template(stream)
                for packet in film.demux(*used):
                    if packet.dts is None:
                        continue
                    shift = int(Fraction(10 * round_) / packet.time_base)
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)


class Stages:
    """Seconds of the processor by what they were used for."""

    def __init__(self, recognizer: Recognizer) -> None:
        self.seconds: dict[str, float] = {"search": 0.0, "near": 0.0, "classify": 0.0}
        self._lock = threading.Lock()
        detector: Any = recognizer.detector
        wrapped: Any = recognizer
        detector.detect = self.timed("search", detector.detect)
        detector.detect_near = self.timed("near", detector.detect_near)
        wrapped.classify = self.timed("classify", recognizer.classify)

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            started = time.thread_time()
            try:
                return work(*arguments, **more)
            finally:
                with self._lock:
                    self.seconds[name] += time.thread_time() - started

        return call


class Memory:
    """The largest sum of this process's memory and its children's, in MB."""

    def __enter__(self) -> "Memory":
        self.most, self._done = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._done.wait(0.05):
            total = own.memory_info().rss
            for child in own.children():
                try:
                    total += child.memory_info().rss
                except psutil.Error:
                    continue
            self.most = max(self.most, total / 1e6)


def used(whose: int) -> float:
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime


def worked_on(path: Path) -> dict[str, Any]:
    """Analyse and annotate a film: times and memory."""
    recognizer = get_recognizer()
    # A worker has this ready before its second film.
    recognizer.recognize_many([np.zeros((480, 640, 3), np.uint8)] * 8)
    stages = Stages(recognizer)
    answer: dict[str, Any] = {}
    own, children = used(resource.RUSAGE_SELF), used(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with Memory() as memory:
        blocks = list(analyse(path, recognizer, rate=RATE))
    answer["analyse"] = time.monotonic() - started
    answer["analyse_memory"] = memory.most
    stages.seconds["decode"] = used(resource.RUSAGE_CHILDREN) - children
    stages.seconds["rest"] = (
        used(resource.RUSAGE_SELF)
        - own
        - sum(stages.seconds[name] for name in ("search", "near", "classify"))
    )
    columns, tracks = finish_tracks(Columns.joined([block.columns for block in blocks]))
    children, started = used(resource.RUSAGE_CHILDREN), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Memory() as memory:
        annotate(path, columns, Path(folder) / "film.mp4")
    answer["annotate"] = time.monotonic() - started
    answer["annotate_memory"] = memory.most
    stages.seconds["paint and encode"] = used(resource.RUSAGE_CHILDREN) - children
    answer |= {
        "stages": stages.seconds,
        "seconds": blocks[-1].time,
        "frames": blocks[-1].frames,
        "samples": len(columns),
        "tracks": len(tracks),
    }
    return answer


def alone(path: Path) -> dict[str, Any]:
    """`worked_on` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.video", "--data", ".", "--one", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def speed(options: argparse.Namespace, folder: Path, pictures: Sequence[Picture]) -> None:
    rows = []
    for size in options.sizes:
        for faces in options.faces:
            found = alone(film_of(folder, pictures, size, faces, 10))
            length = found["seconds"]
            stages = found["stages"]
            rows.append(
                [
                    f"{size}, {faces} face{'s' * (faces > 1)}",
                    f"{found['analyse'] / length:.2f}",
                    f"{found['annotate'] / length:.2f}",
                    f"{(found['analyse'] + found['annotate']) / length:.2f}",
                    f"{found['frames'] / (found['analyse'] + found['annotate']):.0f}",
                    f"{sum(stages.values()) / length:.2f}",
                    *(f"{1e3 * seconds / length:.0f}" for seconds in stages.values()),
                ]
            )
    print_table(
        [
            "10 s of film",
            "analysis, s per s of film",
            "annotated film",
            "both",
            "frames a second",
            "processor, s per s",
            *(f"{name}, ms" for name in stages),
        ],
        rows,
    )


def workers(options: argparse.Namespace, folder: Path, pictures: Sequence[Picture]) -> None:
    path = film_of(folder, pictures, "1280x720", 1, 10)
    rows = []
    for count in (1, 2):
        started = time.monotonic()
        with ThreadPoolExecutor(count) as pool:
            answers = list(pool.map(alone, [path] * count))
        wall = statistics.mean(one["analyse"] + one["annotate"] for one in answers)
        films = sum(one["seconds"] for one in answers)
        rows.append(
            [
                str(count),
                f"{wall / answers[0]['seconds']:.2f}",
                f"{films / (time.monotonic() - started):.2f}",
            ]
        )
    print_table(
        ["workers, 1280x720, one face", "s per s of film, each", "s of film a second, together"],
        rows,
    )


def memory(options: argparse.Namespace, folder: Path, pictures: Sequence[Picture]) -> None:
    rows, peaks = [], []
    for seconds in options.memory_seconds:
        found = alone(film_of(folder, pictures, options.memory_size, 1, seconds))
        peaks.append(max(found["analyse_memory"], found["annotate_memory"]))
        rows.append(
            [
                f"{seconds} s of {options.memory_size}",
                f"{found['analyse_memory']:.0f}",
                f"{found['annotate_memory']:.0f}",
                f"{peaks[-1] / peaks[max(0, len(peaks) - 2)]:.2f}",
                f"{found['analyse'] / found['seconds']:.2f}",
                f"{found['annotate'] / found['seconds']:.2f}",
                str(found["samples"]),
            ]
        )
    print_table(
        [
            "film",
            "peak of the analysis, MB",
            "of the annotated film, MB",
            "peak, times that of the row before",
            "analysis, s per s",
            "annotated film, s per s",
            "samples",
        ],
        rows,
    )


def old(options: argparse.Namespace, folder: Path, pictures: Sequence[Picture]) -> None:
    path = film_of(folder, pictures, "1280x720", 1, 10)
    weights = next(options.weights.glob("*.keras"))
    most = 90
    command = [sys.executable, "-c", OLD_LOOP, path, folder / "old.mp4", weights, most]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    seconds, processor, count = json.loads(done.stdout.splitlines()[-1])
    length = count / FILM_RATE
    theirs = np.array([seconds, processor]) / length
    found = alone(path)
    wall = found["analyse"] + found["annotate"]
    ours = np.array([wall, sum(found["stages"].values())]) / found["seconds"]
    print_table(
        ["1280x720, one face", "s per s of film", "of the processor"],
        [
            [f"the earlier systems' loop ({count} frames)", *(f"{one:.2f}" for one in theirs)],
            [
                "analysis at 10 samples a second, and annotated film",
                *(f"{one:.2f}" for one in ours),
            ],
            ["ratio", *(f"{one:.1f}" for one in theirs / ours)],
        ],
    )


def decoders(options: argparse.Namespace, folder: Path, pictures: Sequence[Picture]) -> None:
    rows = []
    for size in options.sizes:
        path = str(film_of(folder, pictures, size, 1, 10))
        cells = [size]
        for every in (1, 3):
            for decode in (with_pyav, with_opencv):
                decode(path, every)
                started = time.process_time()
                count = decode(path, every)
                cells.append(f"{(time.process_time() - started) / count * 1e3:.2f}")
        rows.append(cells)
    print_table(
        [
            "H.264, ms of a core for each frame",
            "all to RGB, PyAV",
            "OpenCV",
            "every third to RGB, PyAV",
            "OpenCV",
        ],
        rows,
    )


def with_pyav(path: str, every: int) -> int:
    count = 0
    with av.open(path) as film:
        film.streams.video[0].thread_type = "AUTO"
        for count, frame in enumerate(film.decode(video=0), 1):
            if count % every == 0:
                frame.to_ndarray(format="rgb24")
    return count


def with_opencv(path: str, every: int) -> int:
    count, film = 0, cv2.VideoCapture(path)
    while film.grab():
        count += 1
        if count % every == 0:
            cv2.cvtColor(film.retrieve()[1], cv2.COLOR_BGR2RGB)
    return count


def tracks(options: argparse.Namespace, folder: Path, pictures: Sequence[Picture]) -> None:
    """Of faces that the detector finds in a still, then of all: whom it finds in none has no
    track."""
    recognizer = get_recognizer()
    rng = np.random.default_rng(0)
    some = [pictures[index] for index in rng.permutation(len(pictures))[:150]]
    found = [picture for picture in some if is_found(recognizer, picture)]
    print(f"The detector finds {len(found)} of {len(some)} faces in a still.\n")
    followed(options, folder, found, recognizer)
    print("\nAll faces:\n")
    followed(options, folder, some, recognizer)


def is_found(recognizer: Recognizer, picture: Picture) -> bool:
    scene = np.full((480, 640, 3), 110, np.uint8)
    actor = Actor(picture, lambda time: (320.0, 240.0, 180.0))
    (still,) = compose_film([Shot(0.01, scene, [actor])], FILM_RATE)
    return any(
        iou(one.box, still.faces[0]) >= 0.5 for one in recognizer.detector.detect(still.picture)
    )


def followed(
    options: argparse.Namespace,
    folder: Path,
    pictures: Sequence[Picture],
    recognizer: Recognizer,
) -> None:
    rows, totals = [], np.zeros(3)
    agree: list[bool] = []
    apart: list[float] = []
    stills: list[bool] = []
    for number in range(options.films):
        shots = some_shots(np.random.default_rng(number), pictures)
        path = folder / f"tracks-{number}.mp4"
        drawn = list(compose_film(shots, FILM_RATE, seed=number))
        write_film(path, ((one.time, one.picture) for one in drawn), ENCODED)
        columns, found = finish_tracks(
            Columns.joined([one.columns for one in analyse(path, recognizer, rate=RATE)])
        )
        truth: dict[float, list[Face]] = {}
        taken = None
        for one in drawn:
            if bin_of(one.time, RATE) != taken:
                taken = bin_of(one.time, RATE)
                truth[round(one.time, 3)] = [
                    (person, box, one.visible[person] >= COUNTED)
                    for person, box in one.faces.items()
                ]
        counts = identities(columns, truth)
        people = {person for faces in truth.values() for person, _, _ in faces}
        totals += counts
        rows.append(
            [
                f"{len(shots)} shots, {len(people)} people",
                str(len(found)),
                *scores(counts),
            ]
        )
        for place in range(0, len(drawn) - 1, FILM_RATE // 2):
            one = drawn[place]
            at = np.isclose(columns.times, one.time, atol=1e-3)
            faces, next_ones = recognizer.recognize_many([one.picture, drawn[place + 1].picture])
            for face in faces:
                stills += [
                    other.expression == face.expression
                    for other in next_ones
                    if iou(face.box, other.box) > 0.5
                ]
                for row in np.flatnonzero(at):
                    if iou(face.box, box_of(columns, row)) > 0.5:
                        answer = columns.probabilities[row]
                        agree.append(int(answer.argmax()) == int(face.probabilities.argmax()))
                        apart.append(float(np.abs(answer - face.probabilities).sum() / 2))
        path.unlink()
    rows.append(["all", "", *scores(totals)])
    print_table(["composed film, 640x480", "tracks", "IDF1", "ID precision", "ID recall"], rows)
    print(
        f"\n{len(agree)} faces beside the same frames as stills, without compression: the same "
        f"expression in {statistics.mean(agree):.1%}, half the sum of the differences of the "
        f"probabilities {statistics.mean(apart):.3f} in the mean. Two stills that follow each "
        f"other show the same expression in {statistics.mean(stills):.1%}."
    )


def some_shots(rng: np.random.Generator, pictures: Sequence[Picture]) -> list[Shot]:
    """Two to four shots of one to three faces, some of which come late or leave early."""
    size = (640, 480)
    shots = []
    for _ in range(int(rng.integers(2, 5))):
        seconds, count = float(rng.uniform(1.5, 4)), int(rng.integers(1, 4))
        actors = []
        for place in range(count):
            side = float(rng.uniform(110, 0.95 * size[0] / count if count > 1 else 320))
            side = min(side, 320)
            room = size[0] / count
            start = room * (place + 0.5) + rng.uniform(-0.1, 0.1) * room
            speed, nearer = rng.uniform(-0.15, 0.15) * room, rng.uniform(-0.1, 0.15)
            high = rng.uniform(200, 280)

            def at(
                time: float, side=side, start=start, speed=speed, nearer=nearer, high=high
            ) -> tuple[float, float, float]:
                return start + speed * time, high, side * (1 + nearer * time)

            begin = float(rng.uniform(0, 0.5)) * seconds if rng.random() < 0.25 else 0.0
            end = seconds * float(rng.uniform(0.7, 1)) if rng.random() < 0.25 else seconds
            picture = pictures[int(rng.integers(len(pictures)))]
            actors.append(Actor(picture, at, seconds=(begin, end)))
        shots.append(Shot(seconds, background(rng, size), actors))
    return shots


def box_of(columns: Columns, row: int) -> Box:
    return Box(*(round(float(value)) for value in columns.boxes[row]))


def identities(columns: Columns, truth: Mapping[float, Sequence[Face]]) -> np.ndarray:
    """Identity true positives, samples, and true faces (Ristani et al. 2016,
    https://arxiv.org/abs/1609.01775): each person is given the one track that fits most.

    A face that is mostly hidden need not be found, and finding it is no mistake: as in the MOT
    benchmarks (Milan et al. 2016, https://arxiv.org/abs/1603.00831), neither it nor a sample on it
    is counted.
    """
    people = sorted({person for faces in truth.values() for person, _, _ in faces})
    numbers = np.unique(columns.tracks).tolist()
    fits = np.zeros((len(people), len(numbers)))
    samples = 0
    for row in range(len(columns)):
        on = [
            (person, counted)
            for person, box, counted in truth.get(round(float(columns.times[row]), 3), ())
            if iou(box, box_of(columns, row)) >= 0.5
        ]
        samples += not on or any(counted for _, counted in on)
        for person, counted in on:
            if counted:
                fits[people.index(person), numbers.index(int(columns.tracks[row]))] += 1
    matched = fits[linear_sum_assignment(-fits)].sum()
    true = sum(counted for faces in truth.values() for _, _, counted in faces)
    return np.array([matched, samples, true])


def scores(counts: Iterable[float]) -> list[str]:
    matched, found, true = counts
    return [
        f"{2 * matched / max(found + true, 1):.3f}",
        f"{matched / max(found, 1):.3f}",
        f"{matched / max(true, 1):.3f}",
    ]


if __name__ == "__main__":
    main()
