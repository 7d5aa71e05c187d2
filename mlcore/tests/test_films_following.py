"""Following with made-up detections."""

from collections.abc import Callable

import numpy as np
import pytest

from mlcore.boxes import Box, Detection
from mlcore.detectors.dlib_hog import DlibHogDetector
from mlcore.films.following import GAP_THRESHOLD, Follower, Look, Span
from mlcore.tracking import FaceSearch

BLANK = np.zeros((200, 600), np.uint8)


class Seen(FaceSearch):
    """Finds one face that moves to the right; in some frames only where the threshold is low."""

    def __init__(self, faint: set[int]) -> None:
        super().__init__(DlibHogDetector())
        self.faint = faint
        self.now = 0

    def near(
        self, grey: np.ndarray, expected: Box, unseen: float, threshold: float = -0.6
    ) -> list[Detection]:
        number = int(grey[0, 0])
        score = -1.0 if number in self.faint else 1.0
        found = Detection(place(number), score)
        overlaps = abs(expected.x - found.box.x) < 50
        return [found] if overlaps and score >= threshold else []


def place(number: int) -> Box:
    return Box(100 + 3 * number, 50, 100, 100)


def look(number: int) -> Look:
    return Look(number / 10, number, np.full_like(BLANK, number))


def found_at(number: int) -> Callable[[], list[Detection]]:
    return lambda: [Detection(place(number), 1.0)]


@pytest.mark.parametrize("faint", [{5}, {3, 4, 5}, {11, 12}])
def test_a_face_that_was_missed_is_looked_for_between_two_sights_of_it(faint: set[int]) -> None:
    follower = Follower(Seen(faint))
    sights = follower.follow(Span([look(0)], found_at(0), cut=False))
    for last in (10, 20):
        looks = [look(number) for number in range(last - 9, last + 1)]
        sights += follower.follow(Span(looks, found_at(last), cut=False))
    assert [[one.track for one in at] for at in sights] == [[1]] * 21
    for number in faint:
        (sight,) = sights[number]
        assert (sight.box, sight.score) == (place(number), -1.0)
    assert min(sight.score for at in sights for sight in at) > GAP_THRESHOLD


def test_nobody_is_found_after_the_last_sight() -> None:
    follower = Follower(Seen(set(range(6, 11))))
    follower.follow(Span([look(0)], found_at(0), cut=False))
    looks = [look(number) for number in range(1, 11)]
    sights = follower.follow(Span(looks, list, cut=False))
    assert [len(at) for at in sights] == [1] * 5 + [0] * 5
