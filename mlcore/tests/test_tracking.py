"""Faces followed over frames that are put together from the portrait, and with detectors of which
each answer is known."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mlcore.boxes import Box, Detection, iou
from mlcore.crops import CropRule
from mlcore.detectors import get_detector
from mlcore.detectors.base import to_grey
from mlcore.detectors.dlib_hog import DlibHogDetector
from mlcore.detectors.opencv_haar import OpenCVHaarDetector
from mlcore.scenes import Picture
from mlcore.tracking import (
    AGAIN_SECONDS,
    EMPTY_SECONDS,
    SEARCH_SECONDS,
    SURE,
    Followed,
    Track,
    Tracker,
    Tracking,
)

PORTRAIT = Path(__file__).parent / "data" / "astronaut.jpg"
RATE = 20


@pytest.fixture(scope="module")
def head() -> Image.Image:
    """Without the badge, which is taken for a face now and then."""
    return Image.open(PORTRAIT).crop((100, 0, 350, 230))


@pytest.fixture(scope="module")
def detector() -> DlibHogDetector:
    return DlibHogDetector()


def frame(head: Image.Image, *places: tuple[float, float]) -> Picture:
    canvas = Image.new("RGB", (640, 480), (90, 110, 130))
    for x, y in places:
        canvas.paste(head, (round(x), round(y)))
    return np.asarray(canvas)


class Run:
    """A tracker fed frame by frame; its state goes through JSON each time."""

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.text = json.dumps(Tracking().to_numbers())
        self.searches: list[float] = []

    def __call__(self, picture: Picture, now: float) -> list[Followed]:
        state = Tracking.from_numbers(json.loads(self.text))
        state, faces, searched = self.tracker.follow(state, picture, to_grey(picture), now)
        self.text = json.dumps(state.to_numbers())
        self.searches += [now] * searched
        return faces


def test_a_face_that_moves_keeps_its_number(head: Image.Image, detector: DlibHogDetector) -> None:
    run = Run(Tracker(detector))
    seen = []
    for number in range(2 * RATE):  # at two of its widths a second
        x = 20 + number * 9
        picture = frame(head, (x, 100))
        (face,) = run(picture, number / RATE)
        assert not face.held
        seen.append((face.number, iou(face.box, Box(round(x) + 73, 174, 104, 104))))

    assert {number for number, _ in seen} == {1}
    assert np.mean([overlap for _, overlap in seen]) > 0.7
    # The whole frame was searched now and then only.
    assert len(run.searches) <= 2 / SEARCH_SECONDS + 1


def test_a_face_that_dlib_alone_misses_is_followed(head: Image.Image) -> None:
    lying = head.rotate(-50, fillcolor=(90, 110, 130))
    run = Run(Tracker(get_detector("dlib_and_yunet")))
    numbers = set()
    for number in range(2 * RATE):
        picture = frame(lying, (20 + number * 5, 100))
        faces = run(picture, number / RATE)
        if number:  # at first it is not sure
            (face,) = faces
            assert not face.held
            numbers.add(face.number)
    assert numbers == {1}
    assert DlibHogDetector().detect(picture) == []
    # Mostly near its last place: the whole picture is not searched as often as for a lost one.
    assert len(run.searches) <= 0.6 * 2 / AGAIN_SECONDS


def test_faces_keep_apart(head: Image.Image, detector: DlibHogDetector) -> None:
    run = Run(Tracker(detector))
    numbers = []
    for number in range(RATE):
        faces = run(frame(head, (10 + 3 * number, 20), (350 - 3 * number, 240)), number / RATE)
        numbers.append({face.number: face.box.x for face in faces})

    assert all(set(found) == {1, 2} for found in numbers[1:])
    first = numbers[1][1] < numbers[1][2]
    assert (numbers[-1][1] < numbers[-1][2]) == first or len(numbers[-1]) == 2


def test_a_face_that_is_away_for_a_moment_keeps_its_number(
    head: Image.Image, detector: DlibHogDetector
) -> None:
    run = Run(Tracker(detector))
    there, away = frame(head, (200, 100)), frame(head)
    for number in range(5):
        run(there, number / RATE)
    gone = [run(away, 0.25 + number / RATE) for number in range(8)]  # 0.25 to 0.6 s
    back = [run(there, 0.65 + number / RATE) for number in range(5)]

    # At first it is held where it was, as one that is not to be relied on; then it is gone.
    assert gone[0]
    assert all(face.held for faces in gone for face in faces)
    assert gone[-1] == []
    assert {face.number for faces in back for face in faces} == {1}
    assert len(back[-1]) == 1


def test_a_face_that_is_away_for_longer_is_another(
    head: Image.Image, detector: DlibHogDetector
) -> None:
    run = Run(Tracker(detector))
    there, away = frame(head, (200, 100)), frame(head)
    for number in range(5):
        run(there, number / RATE)
    for number in range(20):
        run(away, 0.25 + number / RATE)
    faces = [run(there, 1.3 + number / RATE) for number in range(15)]

    assert {face.number for one in faces for face in one} == {2}


def test_whoever_comes_in_is_seen_within_half_a_second(
    head: Image.Image, detector: DlibHogDetector
) -> None:
    run = Run(Tracker(detector))
    for number in range(10):
        assert len(run(frame(head, (10, 20)), number / RATE)) <= 1
    for number in range(10, 22):
        faces = run(frame(head, (10, 20), (350, 240)), number / RATE)

    assert {face.number for face in faces} == {1, 2}


def test_slow_frames_keep_numbers_and_are_not_all_searched_whole(
    head: Image.Image, detector: DlibHogDetector
) -> None:
    """Where the machine is busy a second may pass from one to the next."""
    run = Run(Tracker(detector))
    numbers = [
        face.number
        for step in range(12)
        for face in run(frame(head, (200 + 5 * step, 100)), step * 0.9)
    ]

    assert numbers == [1] * 12
    assert len(run.searches) <= 4


def test_after_a_pause_a_face_is_seen_at_once(head: Image.Image, detector: DlibHogDetector) -> None:
    run = Run(Tracker(detector))

    seen = [[face.number for face in run(frame(head, (200, 100)), at)] for at in (0, 5, 10)]

    assert seen == [[1], [2], [3]]


class Planned:
    """A detector that says what it was told to, whatever the picture."""

    name = "planned"
    crop_rule = CropRule(margin=1.2, shift_up=0.05)

    def __init__(self, *answers: list[Detection]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def detect(self, image: Picture) -> list[Detection]:
        self.asked += 1
        return self.answers.pop(0) if self.answers else []


def nothing_near(tracker: Tracker) -> Tracker:
    tracker._search_for.near = lambda *_, **__: []  # type: ignore[method-assign]
    return tracker


GREY = np.full((480, 640, 3), 120, np.uint8)
PLACE = Box(100, 100, 100, 100)


def test_a_single_weak_detection_is_not_shown() -> None:
    run = Run(nothing_near(Tracker(Planned([Detection(PLACE, SURE - 0.1)]))))

    shown = [run(GREY, number / RATE) for number in range(20)]

    assert shown == [[]] * 20


def test_a_weak_detection_is_shown_once_it_was_seen_twice() -> None:
    weak = [Detection(PLACE, 0.0)]
    tracker = nothing_near(Tracker(Planned(weak, weak, weak)))
    run = Run(tracker)

    assert run(GREY, 0.0) == []
    (face,) = run(GREY, 0.2)

    assert (face.number, face.held) == (1, False)


def test_an_empty_frame_is_searched_now_and_then_only() -> None:
    """Where nothing is found a search takes longest."""
    detector = Planned()
    run = Run(Tracker(detector))

    for number in range(2 * RATE):
        assert run(GREY, number / RATE) == []

    assert detector.asked == len(run.searches) <= 2 / EMPTY_SECONDS + 1


def test_boxes_of_other_detectors_come_in_dlibs_framing(head: Image.Image) -> None:
    """So that what is found near them fits."""
    picture = frame(head, (200, 100))
    boxes = []
    for detector in (DlibHogDetector(), OpenCVHaarDetector()):
        run = Run(Tracker(detector))
        run(picture, 0.0)
        (face,) = run(picture, 0.05)
        boxes.append(face.box)
        assert run.tracker.crop_rule == DlibHogDetector.crop_rule

    assert iou(*boxes) > 0.7


def test_tracks_that_meet_on_one_face_become_one(
    head: Image.Image, detector: DlibHogDetector
) -> None:
    picture = frame(head, (200, 100))
    (found,) = detector.detect(picture)
    one, other = (
        Track(number, found.box.x + shift, found.box.y, found.box.width, 0, 0, 0.0, 5, 2.0)
        for number, shift in ((1, 0.0), (2, 15.0))
    )
    state = Tracking(time=0.0, searched=0.0, next_number=3, tracks=(one, other))

    state, faces, _ = Tracker(detector).follow(state, picture, to_grey(picture), 0.05)

    assert [face.number for face in faces] == [1]
    assert state.next_number == 3


def test_the_state_is_small() -> None:
    tracks = tuple(Track(n, 1 / 3, 2 / 3, 99.9, 1.1, 2.2, 3.3, 4, 0.5) for n in range(10))
    state = Tracking(1.5, 1.0, 3, 11, tracks)
    text = json.dumps(state.to_numbers())

    assert Tracking.from_numbers(json.loads(text)) == state
    assert len(text) < 1500


def test_a_near_search_finds_what_is_near(head: Image.Image, detector: DlibHogDetector) -> None:
    grey = to_grey(frame(head, (200, 100)))
    (whole,) = detector.detect(frame(head, (200, 100)))
    nearby = Box(whole.box.x + 20, whole.box.y - 15, whole.box.width, whole.box.width)
    far = Box(whole.box.x - 200, whole.box.y, 100, 100)

    (found,) = detector.detect_near(grey, nearby, reach=0.4)

    assert iou(found.box, whole.box) > 0.6
    assert detector.detect_near(grey, far, reach=0.3) == []
    assert detector.detect_near(grey, Box(-300, -300, 100, 100), reach=0.3) == []
