"""Films: how fast and in how much memory they are analysed and annotated, and how well faces are
followed.

    .venv/bin/python -m benchmarks.video --data FOLDER [--keep FOLDER]
        [--parts speed workers old tracks decoders encoders]
        [--sizes 640x360 1280x720 1920x1080] [--faces 1 4] [--lengths 10 60 600] [--workers 1 2]

FOLDER holds square pictures of one face each, as those of `wild`. Faces of a fifth to a third of
the film's height move over drawn backgrounds, 30 frames a second, in H.264; longer films repeat one
of ten seconds. Each film is analysed at ten samples a second and then made into an annotated film,
in a process of its own whose memory, and its children's, is summed every 50 ms.

The loop of the earlier systems is in the same run: OpenCV's VideoCapture, its cascade on every
frame, Keras's `predict` for each face, and its VideoWriter.

With --keep films and results stay in a folder: what was measured there is printed again and not
measured again, so that a run can be stopped and gone on with, or done in parts.
"""

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.arguments import command_parser
from benchmarks.table import print_machine, print_table
from benchmarks.video_codecs import decoders, encoders
from benchmarks.video_films import FILM_RATE
from benchmarks.video_tracks import followed
from benchmarks.video_work import Bench, Results, Stages, alone
from mlcore.artifacts import PACKAGED_MODELS

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
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--keep", type=Path, help="where films and results stay")
    parser.add_argument("--parts", nargs="+", choices=PART_OF, default=list(PART_OF))
    parser.add_argument("--sizes", nargs="+", default=["640x360", "1280x720", "1920x1080"])
    parser.add_argument("--faces", nargs="+", type=int, default=[1, 4])
    parser.add_argument("--lengths", nargs="+", type=int, default=[10, 60], help="in seconds")
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--old-frames", type=int, default=60)
    parser.add_argument("--films", type=int, default=8, help="for the tracks")
    parser.add_argument("--weights", type=Path, default=PACKAGED_MODELS / "compact_vgg")
    options = parser.parse_args()
    print_machine()
    with contextlib.ExitStack() as stack:
        folder = options.keep
        if folder is None:
            name = tempfile.TemporaryDirectory(prefix="expression-lab-video-")
            folder = Path(stack.enter_context(name))
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(options, folder, Results(folder / "results.json"))
        for part in options.parts:
            PART_OF[part](bench)
            print(flush=True)


def speed(bench: Bench) -> None:
    """Time, by stage, and memory of films of each kind and length."""

    def row(size: str, faces: int, seconds: int) -> list[str]:
        found = bench.worked(size, faces, seconds)
        length, stages = found["seconds"], found["stages"]
        both = found["analyse"] + found["annotate"]
        return [
            f"{seconds} s of {size}, {faces} face{'s' * (faces > 1)}",
            *(f"{one / length:.2f}" for one in (found["analyse"], found["annotate"], both)),
            f"{found['frames'] / both:.0f}",
            f"{sum(stages.values()) / length:.2f}",
            *(f"{1e3 * stages[name] / length:.0f}" for name in STAGES),
            f"{found['analyse_memory']:.0f}",
            f"{found['annotate_memory']:.0f}",
        ]

    print_table(
        [
            "film",
            "analysis, s per s of film",
            "annotated film",
            "both",
            "frames a second",
            "processor, s per s",
            *(f"{name}, ms" for name in STAGES),
            "peak of the analysis, MB",
            "of the annotated film, MB",
        ],
        (row(*kind, seconds) for kind in bench.kinds() for seconds in bench.options.lengths),
    )
    lengths = sorted(bench.options.lengths)
    if len(lengths) > 1:
        growth = [
            max(longer[name] / shorter[name] for name in ("analyse_memory", "annotate_memory"))
            for kind in bench.kinds()
            for shorter, longer in [[bench.worked(*kind, length) for length in lengths[-2:]]]
        ]
        print(
            f"\nPeak of a film of {lengths[-1]} s: at most {max(growth):.2f} times that of one of "
            f"{lengths[-2]} s."
        )


STAGES = (*Stages.NAMES, "decode", "rest", "paint and encode")


def workers(bench: Bench) -> None:
    def row(count: int) -> list[str]:
        wall, together = bench.results.get(f"{count} workers", lambda: side_by_side(count))
        return [str(count), f"{wall:.2f}", f"{together:.2f}"]

    def side_by_side(count: int) -> tuple[float, float]:
        path = bench.film("1280x720", 1, 60)
        started = time.monotonic()
        with ThreadPoolExecutor(count) as pool:
            answers = list(pool.map(alone, [path] * count))
        together = sum(one["seconds"] for one in answers) / (time.monotonic() - started)
        wall = statistics.mean(one["analyse"] + one["annotate"] for one in answers)
        return wall / answers[0]["seconds"], together

    print_table(
        [
            "workers, 60 s of 1280x720, one face",
            "s per s of film, each",
            "s of film a second, together",
        ],
        (row(count) for count in bench.options.workers),
    )


def old(bench: Bench) -> None:
    def row(size: str, faces: int) -> list[str]:
        theirs = np.array(
            bench.results.get(
                f"old, {size}, {faces} faces, {bench.options.old_frames} frames",
                lambda: old_loop(bench, size, faces),
            )
        )
        found = bench.worked(size, faces, 10)
        wall = found["analyse"] + found["annotate"]
        ours = np.array([wall, sum(found["stages"].values())]) / found["seconds"]
        return [
            f"{size}, {faces} face{'s' * (faces > 1)}",
            *(f"{one:.2f}" for one in (theirs[0], ours[0])),
            f"{theirs[0] / ours[0]:.1f}",
            *(f"{one:.2f}" for one in (theirs[1], ours[1])),
            f"{theirs[1] / ours[1]:.1f}",
        ]

    print_table(
        [
            "film",
            f"the earlier systems' loop on {bench.options.old_frames} frames, s per s of film",
            "analysis at 10 samples a second, and annotated film",
            "ratio",
            "the loop, of the processor",
            "ours",
            "ratio",
        ],
        (row(*kind) for kind in bench.kinds()),
    )


def old_loop(bench: Bench, size: str, faces: int) -> list[float]:
    """Seconds, and seconds of the processor, for each second of film."""
    weights = next(bench.options.weights.glob("*.keras"))
    film, most = bench.film(size, faces, 10), bench.options.old_frames
    command = [sys.executable, "-c", OLD_LOOP, film, bench.folder / "old.mp4", weights, most]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    seconds, processor, count = json.loads(done.stdout.splitlines()[-1])
    return [seconds / count * FILM_RATE, processor / count * FILM_RATE]


def tracks(bench: Bench) -> None:
    """Of faces that the detector finds in a still, then of all: some of those it finds nowhere."""
    for name, title in (
        ("found", "Faces that the detector finds in a still"),
        ("all", "All faces"),
    ):
        known = bench.results.get(
            f"tracks of {name}, {bench.options.films} films", partial(followed, bench, name)
        )
        print(f"{title}: {known['faces'][0]} of {known['faces'][1]}.\n")
        print_table(
            ["composed film, 640x480", "tracks", "IDF1", "ID precision", "ID recall"],
            known["rows"],
        )
        print(
            f"\n{known['compared']} faces beside the same frames as stills, without compression: "
            f"the same expression in {known['agree']:.1%}, half the sum of the differences of the "
            f"probabilities {known['apart']:.3f} in the mean. Two stills that follow each other "
            f"show the same expression in {known['stills']:.1%}.\n"
        )


PART_OF: dict[str, Callable[[Bench], None]] = {
    "speed": speed,
    "workers": workers,
    "old": old,
    "tracks": tracks,
    "decoders": decoders,
    "encoders": encoders,
}


if __name__ == "__main__":
    main()
