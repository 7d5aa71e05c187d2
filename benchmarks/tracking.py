"""How well and how fast a face is followed from frame to frame, by several means.

    .venv/bin/python -m benchmarks.tracking --data FOLDER [--faces 12] [--rate 15]

FOLDER holds square colour pictures of one face each, as those of `wild`. Each face is pasted into
640x480 pixels and moved: not at all (with a camera's noise), across the picture at 0.4 and at 1.5
of its own widths a second, and towards the camera until it is 1.6 times as large. Where the box
should be is known from the motion and from the median, in the face's own coordinates, of dlib's
boxes in all frames. "Overlap" is the mean intersection over union with it; "jitter" how far the
box's centre moves in these coordinates from frame to frame, in hundredths of its side; "lost" the
share of frames without a box. Times are of the processor, means over all frames.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np

from benchmarks.arguments import command_parser
from benchmarks.detectors import read_faces
from benchmarks.table import print_machine, print_table
from mlcore.boxes import Box, iou
from mlcore.detectors.base import to_grey
from mlcore.detectors.dlib_hog import DlibHogDetector
from mlcore.scenes import Picture, background
from mlcore.tracking import Tracker, Tracking

SIZE = (640, 480)
SECONDS = 2.0
MOTIONS = {"still": (0.0, 0.0), "slow": (0.4, 0.0), "fast": (1.5, 0.0), "nearer": (0.0, 0.6)}

Follow = Callable[[Picture, float], Box | None]
"""Takes the next frame and its time."""

DETECTOR = DlibHogDetector()
"""One for all: it takes a while until it is loaded."""


def frames(
    face: Picture, motion: tuple[float, float], rate: float, seed: int, pictures: list[Picture]
) -> Iterator[tuple[Picture, tuple[float, float, float]]]:
    """Frames, each with (left, top, side) of the pasted picture."""
    random = np.random.default_rng(seed)
    scene = background(random, SIZE, pictures).astype(np.float32)
    side = face.shape[0]
    ramp = np.minimum(np.arange(side), np.arange(side)[::-1]) / (0.08 * side)
    mask = np.minimum(1, np.minimum.outer(ramp, ramp)).astype(np.float32)
    start = float(random.uniform(110, 200))
    moves, grows = motion
    for number in range(round(SECONDS * rate)):
        now = number / rate
        wide = start * (1 + grows * now / SECONDS)
        # There and back, so that it stays in the picture.
        way = start * moves * now
        room = SIZE[0] - start - 20
        way = way % (2 * room)
        left = 10 + (way if way <= room else 2 * room - way)
        if not moves:
            left = (SIZE[0] - wide) / 2 + 3.3
        top = (SIZE[1] - wide) / 2 + 1.7 * np.sin(now * 3) * bool(moves)
        warp = np.array([[wide / side, 0, left], [0, wide / side, top]])
        pasted = cv2.warpAffine(face, warp, SIZE, flags=cv2.INTER_AREA).astype(np.float32)
        share = cv2.warpAffine(mask, warp, SIZE)[:, :, None]
        picture = scene * (1 - share) + pasted * share
        picture += random.normal(0, 3, picture.shape)
        yield np.clip(picture, 0, 255).astype(np.uint8), (left, top, wide)


def every_frame() -> Follow:
    return lambda picture, now: next((d.box for d in DETECTOR.detect(picture)), None)


def correlation(every: int) -> Follow:
    """dlib's tracker (Danelljan 2014), begun anew by a detection every so many frames."""
    detector, tracker = DETECTOR, dlib.correlation_tracker()
    count = -1

    def follow(picture: Picture, now: float) -> Box | None:
        nonlocal count
        count += 1
        if count % every == 0:
            found = detector.detect(picture)
            if found:
                box = found[0].box
                ends = (box.x, box.y, box.x + box.width, box.y + box.height)
                tracker.start_track(picture, dlib.rectangle(*ends))
                return box
        tracker.update(picture)
        place = tracker.get_position()
        return Box(*(round(v) for v in (place.left(), place.top(), place.width(), place.height())))

    return follow


def flow(every: int) -> Follow:
    """Points of the face followed by Lucas and Kanade's optical flow; median shift and growth."""
    detector = DETECTOR
    last: dict[str, Any] = {}
    count = -1

    def follow(picture: Picture, now: float) -> Box | None:
        nonlocal count
        count += 1
        grey = to_grey(picture)
        box: Box | None = None
        if count % every == 0 or "box" not in last:
            box = next((d.box for d in detector.detect(picture)), None)
        elif len(points := last["points"]) >= 4:
            moved, status, _ = cv2.calcOpticalFlowPyrLK(last["grey"], grey, points, None)
            good = status.ravel() == 1
            old, new = points[good, 0], moved[good, 0]
            if len(new) >= 4:
                shift = np.median(new - old, axis=0)
                middles = [np.median(side, axis=0) for side in (old, new)]
                spread = [
                    np.median(np.linalg.norm(side - middle, axis=1))
                    for side, middle in zip((old, new), middles, strict=True)
                ]
                growth = float(spread[1] / max(spread[0], 1e-6))
                x, y, side = last["box"]
                centre = np.array([x + side / 2, y + side / 2]) + shift
                side *= growth
                last["box"] = (centre[0] - side / 2, centre[1] - side / 2, side)
                last.update(grey=grey, points=new[:, None])
                return Box(*(round(v) for v in (*last["box"], side)))
        if box is None:
            last.clear()
            return None
        mask = np.zeros_like(grey)
        mask[max(box.y, 0) : box.y + box.height, max(box.x, 0) : box.x + box.width] = 255
        points = cv2.goodFeaturesToTrack(grey, 40, 0.01, 4, mask=mask)
        points = np.empty((0, 1, 2), np.float32) if points is None else points
        last.update(grey=grey, points=points, box=(box.x, box.y, box.width))
        return box

    return follow


def near(reach: float, side: int, blend: float) -> Follow:
    """dlib's detector in the part of the picture around the last box."""
    detector = DETECTOR
    last: list[float] = []

    def follow(picture: Picture, now: float) -> Box | None:
        found = (
            detector.detect_near(
                to_grey(picture),
                Box(*(round(v) for v in (*last, last[2]))),
                reach=reach,
                side=side,
                threshold=-0.6,
            )
            if last
            else detector.detect(picture)
        )
        if not found:
            last.clear()
            return None
        box = found[0].box
        new = (box.x, box.y, box.width)
        old = tuple(last) or new
        last[:] = [a + blend * (b - a) for a, b in zip(old, new, strict=True)]
        return Box(*(round(v) for v in (*last, last[2])))

    return follow


def chosen() -> Follow:
    tracker = Tracker(DETECTOR)
    state = Tracking()

    def follow(picture: Picture, now: float) -> Box | None:
        nonlocal state
        state, faces, _ = tracker.follow(state, picture, to_grey(picture), now)
        return faces[0].box if faces else None

    return follow


MEANS: dict[str, Callable[[], Follow]] = {
    "dlib's detector on every frame": every_frame,
    "dlib's correlation tracker, detection every 10th": lambda: correlation(10),
    "optical flow, detection every 10th": lambda: flow(10),
    "dlib's detector near the last box": lambda: near(0.4, 85, 1.0),
    "the same, reach 0.25": lambda: near(0.25, 85, 1.0),
    "the same, half way from the old box": lambda: near(0.4, 85, 0.5),
    "the same, at 120 pixels": lambda: near(0.4, 120, 1.0),
    "mlcore.tracking": chosen,
}


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--faces", type=int, default=12)
    parser.add_argument("--rate", type=float, default=15, help="frames a second")
    options = parser.parse_args()
    pictures = read_faces(options.data)
    order = np.random.default_rng(1).permutation(len(pictures))
    results: dict[str, dict[str, list[list[float]]]] = {
        name: {motion: [] for motion in MOTIONS} for name in MEANS
    }
    used = 0
    for place in order.tolist():
        if used == options.faces:
            break
        for motion, (moves, grows) in MOTIONS.items():
            sequence = list(frames(pictures[place], (moves, grows), options.rate, place, pictures))
            usual = usual_box(sequence)
            if usual is None:  # a face that the detector does not find at all says nothing here
                break
            for name, make in MEANS.items():
                results[name][motion].append(measured(make(), sequence, usual, options.rate))
        else:
            used += 1
    print_machine()
    rows = []
    for name, motions in results.items():
        cells = [name]
        for rows_of in motions.values():
            overlap, jitter, lost = (
                statistics.mean(row[column] for row in rows_of) for column in range(3)
            )
            cells.append(f"{overlap:.2f} / {jitter:.1f} / {100 * lost:.0f} %")
        times = [row[3] for rows_of in motions.values() for row in rows_of]
        rows.append([*cells, f"{statistics.mean(times):.1f}"])
    title = f"{used} faces at {options.rate:g} frames a second: overlap / jitter / lost"
    print_table([title, *MOTIONS, "CPU ms"], rows)


def usual_box(sequence: list[Any]) -> tuple[float, ...] | None:
    """(left, top, side) of dlib's box in shares of the pasted picture: the median."""
    boxes = []
    for picture, (left, top, wide) in sequence:
        found = DETECTOR.detect(picture)
        if found:
            box = found[0].box
            boxes.append(((box.x - left) / wide, (box.y - top) / wide, box.width / wide))
    if len(boxes) < 0.8 * len(sequence):
        return None
    return tuple(np.median(boxes, axis=0).tolist())


def measured(
    follow: Follow, sequence: list[Any], usual: tuple[float, ...], rate: float
) -> list[float]:
    overlaps, centres, used, lost = [], [], 0.0, 0
    for number, (picture, (left, top, wide)) in enumerate(sequence):
        before = time.process_time()
        box = follow(picture, number / rate)
        used += time.process_time() - before
        if box is None:
            lost += 1
            continue
        x, y, side = usual
        expected = Box(
            *(round(v) for v in (left + x * wide, top + y * wide, *(2 * (side * wide,))))
        )
        overlaps.append(iou(box, expected))
        middle = (box.x + box.width / 2 - left, box.y + box.height / 2 - top)
        centres.append([value / (side * wide) for value in middle])
    steps = np.diff(np.array(centres), axis=0) if len(centres) > 1 else np.zeros((1, 2))
    return [
        statistics.mean(overlaps) if overlaps else 0.0,
        100 * float(np.linalg.norm(steps, axis=1).mean()),
        lost / len(sequence),
        1e3 * used / len(sequence),
    ]


if __name__ == "__main__":
    main()
