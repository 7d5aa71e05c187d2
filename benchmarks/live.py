"""How fast frames of a live camera are recognised over the API, and what else slows down by it.

    .venv/bin/python -m benchmarks.live --data FOLDER [--seconds 15] [--users 1 2 4 8] [--faces 1 4]
        [--old]

FOLDER holds square colour pictures of one face each, as those of `wild`. Frames of 640x480 pixels
with such faces, which move slowly, are JPEGs as a browser makes them. The product is started as
`make serve` does. Each user is a thread with a connection of its own that sends the next frame when
the last is answered, and waits as a 429 tells it to; all share the machine with the server. Times
are from a frame's sending to its answer, and where they go: waiting for others' frames, decoding,
finding and following faces, the network's answer on them; "server" is the rest of the time there,
mostly who sends the frame and whether they may, and "network" all before and after that: HTTP, and
whatever holds up threads. "CPU ms" is what the web process spends on a frame on all cores together,
with what the list takes, and depends least on what else runs here. Meanwhile another person reads
their list of 200 records five times a second; the first row is of that alone. It takes about three
minutes.

With --old, where TensorFlow is installed, the loop of earlier systems runs in the same run:
OpenCV's cascade on every whole frame, and Keras's `predict` on each face; in one process, without
a network, for one user.
"""

import http.client
import itertools
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import cv2
import numpy as np
import requests

from benchmarks.arguments import command_parser
from benchmarks.detectors import read_faces
from benchmarks.table import print_machine, print_table
from mlcore.artifacts import PACKAGED_MODELS, WEIGHTS
from mlcore.detectors import get_detector
from mlcore.pictures import encode_jpeg
from mlcore.scenes import Picture, background
from tests.stack import Client, Program, embedded

SIZE = (640, 480)
RATE = 15
"""Of the frames that are made; a user sends the one that is due."""

QUALITY = 80
LIST_SECONDS = 0.2
PARTS = ("wait", "decode", "detect", "classify")
HEAD = (
    *("users", "faces", "frames/s each", "median ms", "95 % ms", *PARTS, "server", "network"),
    *("CPU ms", "faces found", "refused", "list 95 % ms"),
)


def camera(pictures: Sequence[Picture], count: int, seconds: float = 4.0) -> list[bytes]:
    """JPEGs of `count` faces, each in its own part of the frame, that sway once in that time.

    Only faces that the detector finds where they begin are taken.
    """
    random = np.random.default_rng(count)
    scene = background(random, SIZE).astype(np.float32)
    columns, rows = (2, 2) if count > 1 else (1, 1)
    width, height = SIZE[0] // columns, SIZE[1] // rows
    side = 150 if count > 1 else 190
    detector = get_detector("dlib_hog")
    chosen: list[Picture] = []
    for place in random.permutation(len(pictures)):
        if len(chosen) == count:
            break
        trial = np.full((*SIZE[::-1], 3), 120, np.uint8)
        trial[100 : 100 + side, 200 : 200 + side] = cv2.resize(pictures[place], (side, side))
        if len(detector.detect(trial)) == 1:
            chosen.append(pictures[place])
    frames = []
    for number in range(round(seconds * RATE)):
        picture = scene.copy()
        phase = 2 * np.pi * number / (seconds * RATE)
        for place, face in enumerate(chosen):
            left = (place % columns) * width + (width - side) / 2 + 25 * np.sin(phase + place)
            top = (place // columns) * height + (height - side) / 2 + 10 * np.cos(phase + place)
            scale = side / face.shape[0]
            warp = np.array([[scale, 0, left], [0, scale, top]])
            pasted = cv2.warpAffine(face, warp, SIZE, flags=cv2.INTER_AREA)
            mask = cv2.warpAffine(np.ones(face.shape[:2], np.float32), warp, SIZE)[:, :, None]
            picture = picture * (1 - mask) + pasted * mask
        picture += random.normal(0, 2, picture.shape)
        frames.append(encode_jpeg(np.clip(picture, 0, 255).astype(np.uint8), QUALITY))
    return frames


@dataclass
class Camera:
    """One live user, for a while.

    Attributes:
        seconds: from sending to answer, of each frame.
        parts: milliseconds on the server of each frame.
        refused: how often it was told to wait.
    """

    address: str
    headers: dict[str, str]
    frames: list[bytes]
    until: float
    seconds: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    refused: int = 0

    def run(self) -> None:
        answer = requests.post(
            f"{self.address}/api/v1/live/",
            json={"people_agreed": True},
            headers=self.headers,
            timeout=30,
        )
        answer.raise_for_status()
        path = f"/api/v1/live/{answer.json()['id']}/"
        host = urlsplit(self.address)
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
        headers = {**self.headers, "Content-Type": "image/jpeg"}
        began = time.perf_counter()
        while (now := time.perf_counter()) < self.until:
            at = now - began
            frame = self.frames[round(at * RATE) % len(self.frames)]
            connection.request("POST", f"{path}frames/?time={at:.4f}", frame, headers)
            response = connection.getresponse()
            body = json.loads(response.read())
            if response.status == 429:
                self.refused += 1
                time.sleep(body["retry_after"])
                continue
            assert response.status == 200, body
            self.seconds.append(time.perf_counter() - now)
            self.parts.append(body["timings"])
            self.found.append(len(body["faces"]))
        connection.request("DELETE", path, headers=self.headers)
        connection.getresponse().read()


def listing(client: Client, until: float, taken: list[float]) -> None:
    with requests.Session() as session:
        while time.perf_counter() < until:
            started = time.perf_counter()
            answer = session.get(
                f"{client.address}/api/v1/records/", headers=client.headers, timeout=30
            )
            assert len(answer.json()["results"]) == 24
            taken.append(time.perf_counter() - started)
            time.sleep(max(0.0, LIST_SECONDS - taken[-1]))


def fill(client: Client, count: int) -> None:
    """Give a person records, by an import."""
    at = datetime.now(UTC).isoformat()
    record = {
        **dict.fromkeys(("note", "error_code", "error_detail", "purpose"), ""),
        "name": "A record",
        "tags": [],
        "created_at": at,
        "recognized_at": at,
        "state": "done",
        "kind": "picture",
        "file_name": "a.jpg",
        "width": 640,
        "height": 480,
        "consent_at": at,
        "detector": "dlib_hog",
        "model_name": "m",
        "model_version": "1",
        "files": {},
        "faces": [],
    }
    export = {
        "format": "expression-lab-records",
        "version": 1,
        "records": [{"id": str(uuid4()), **record} for _ in range(count)],
    }
    answer = requests.post(
        f"{client.address}/api/v1/records/import/",
        headers=client.headers,
        files={"file": ("records.json", json.dumps(export))},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text


def cpu_seconds(program: Program) -> float:
    """That the web process has used so far."""
    used = [process.cpu_times() for process in program.children("gunicorn")]
    return float(sum(times.user + times.system for times in used))


def row(
    program: Program,
    people: Sequence[Client],
    reader: Client,
    faces: int,
    frames: list[bytes],
    seconds: float,
) -> list[str]:
    """One of the table; the list alone where there are no people."""
    before = cpu_seconds(program)
    until = time.perf_counter() + seconds
    cameras = [Camera(person.address, person.headers, frames, until) for person in people]
    lists: list[float] = []
    threads = [threading.Thread(target=one.run) for one in cameras]
    threads.append(threading.Thread(target=listing, args=(reader, until, lists)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listed = f"{1e3 * np.percentile(lists, 95):.0f}"
    if not cameras:
        return ["0", "0", *["-"] * (len(HEAD) - 3), listed]
    spent = 1e3 * (cpu_seconds(program) - before)
    taken = [1e3 * value for one in cameras for value in one.seconds]
    parts: list[dict[str, float]] = [timings for one in cameras for timings in one.parts]
    rates = [len(one.seconds) / seconds for one in cameras]
    found = [value for one in cameras for value in one.found]
    means = {name: statistics.mean(part[name] for part in parts) for name in (*PARTS, "total")}
    server = means["total"] - sum(means[name] for name in PARTS)
    network = statistics.mean(taken) - means["total"]
    return [
        str(len(people)),
        str(faces),
        f"{min(rates):.1f}" + (f" to {max(rates):.1f}" if len(rates) > 1 else ""),
        f"{statistics.median(taken):.0f}",
        f"{np.percentile(taken, 95):.0f}",
        *(f"{means[name]:.1f}" for name in PARTS),
        f"{server:.1f}",
        f"{network:.1f}",
        f"{spent / len(taken):.1f}",
        f"{statistics.mean(found):.2f}",
        str(sum(one.refused for one in cameras)),
        listed,
    ]


def old_loop(frames: list[bytes], faces: int, seconds: float) -> list[str]:
    """As the earlier systems have it: a cascade on each frame, `predict` on each face."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # what it says of itself is no figure
    import keras

    model = keras.models.load_model(PACKAGED_MODELS / "compact_se_taught" / WEIGHTS, compile=False)
    side = model.input_shape[1]
    folder = Path(cv2.data.haarcascades)
    cascade = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
    taken: list[float] = []
    found: list[int] = []
    number, until, spent = 0, 0.0, 0.0
    while not until or time.perf_counter() < until:
        started = time.perf_counter()
        picture = cv2.imdecode(np.frombuffer(frames[number % len(frames)], np.uint8), 1)
        assert picture is not None
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        boxes = cascade.detectMultiScale(grey, 1.3, 5)
        for x, y, width, height in boxes:
            face = cv2.resize(grey[y : y + height, x : x + width], (side, side)) / 255.0
            model.predict(face[None, :, :, None].astype(np.float32), verbose=0)
        if until:  # the first frame compiles the network
            taken.append(1e3 * (time.perf_counter() - started))
            found.append(len(boxes))
        else:
            spent = time.process_time()
        until = until or time.perf_counter() + seconds
        number += 1
    return [
        str(faces),
        f"{1e3 * len(taken) / sum(taken):.1f}",
        f"{statistics.median(taken):.0f}",
        f"{np.percentile(taken, 95):.0f}",
        f"{1e3 * (time.process_time() - spent) / len(taken):.1f}",
        f"{statistics.mean(found):.2f}",
    ]


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--seconds", type=float, default=15, help="for each row")
    parser.add_argument("--users", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--faces", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--old", action="store_true", help="the loop of earlier systems, too")
    options = parser.parse_args()
    pictures = read_faces(options.data)
    frames = {faces: camera(pictures, faces) for faces in options.faces}
    print_machine()
    sizes = [len(frame) / 1000 for one in frames.values() for frame in one]
    print(f"Frames of {SIZE[0]}x{SIZE[1]}, {statistics.mean(sizes):.0f} kB each\n")
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded(Path(folder) / "data", TRUSTED_PROXY_COUNT="1") as (program, address),
    ):
        people = [Client(address, f"person.{number}") for number in range(max(options.users))]
        reader = Client(address, "reader.of.lists")
        fill(reader, 200)
        warm = Camera(address, people[0].headers, frames[options.faces[0]], time.perf_counter() + 3)
        warm.run()
        cases = [(0, options.faces[0]), *itertools.product(options.users, options.faces)]
        cases.sort(key=lambda case: (case[0] > 0, case[1]))
        print_table(
            HEAD,
            (
                row(program, people[:users], reader, faces, frames[faces], options.seconds)
                for users, faces in cases
            ),
        )
    if options.old:
        print("\nA cascade on each frame and Keras's predict on each face, without a network:\n")
        print_table(
            ["faces", "frames/s", "median ms", "95 % ms", "CPU ms", "faces found"],
            [old_loop(frames[faces], faces, options.seconds) for faces in options.faces],
        )


if __name__ == "__main__":
    main()
