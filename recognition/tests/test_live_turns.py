"""Who gets a place, without a recogniser: time is the test's own."""

import threading
import time

import pytest

from recognition.live.gate import Buckets
from recognition.live.turns import LONGEST_WAIT, NotNowError, Turns


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_as_many_as_there_are_places() -> None:
    turns = Turns(at_once=2, waiting=0)
    with turns.turn(1), turns.turn(2), pytest.raises(NotNowError) as refused, turns.turn(3):
        pass
    with turns.turn(3):
        pass
    assert 0 < refused.value.seconds <= LONGEST_WAIT


def test_a_place_is_given_back_whatever_happens() -> None:
    turns = Turns(at_once=1, waiting=0)
    for _ in range(3):
        with pytest.raises(RuntimeError), turns.turn(1):
            raise RuntimeError


def test_whoever_waits_gets_the_next_place() -> None:
    turns = Turns(at_once=1, waiting=2)
    order: list[int] = []

    def wait(person: int) -> None:
        with turns.turn(person):
            order.append(person)

    with turns.turn(1):
        threads = [threading.Thread(target=wait, args=(person,)) for person in (2, 3)]
        for thread in threads:
            thread.start()
            while not thread.is_alive():
                pass
        _until(lambda: len(turns._line) == 2)
        assert order == []
    for thread in threads:
        thread.join(5)

    assert sorted(order) == [2, 3]


def test_who_had_least_goes_first() -> None:
    clock = Clock()
    turns = Turns(at_once=1, waiting=4, clock=clock)
    for person, seconds in ((2, 0.3), (3, 0.1), (4, 0.2)):
        with turns.turn(person):
            clock.now += seconds
    order: list[int] = []

    def wait(person: int) -> None:
        with turns.turn(person):
            order.append(person)

    with turns.turn(1):
        threads = []
        for person in (2, 3, 4):
            threads.append(threading.Thread(target=wait, args=(person,)))
            threads[-1].start()
            _until(lambda: len(turns._line) == len(threads))
    for thread in threads:
        thread.join(5)

    assert order == [3, 4, 2]


def test_who_had_more_than_their_share_is_sent_away_while_others_wait() -> None:
    clock = Clock()
    turns = Turns(at_once=1, waiting=8, clock=clock)
    with turns.turn(7):
        clock.now += 0.9  # nearly all of the last second
    done = threading.Event()

    def wait() -> None:
        with turns.turn(8):
            done.set()

    with turns.turn(9):
        thread = threading.Thread(target=wait)
        thread.start()
        _until(lambda: len(turns._line) == 1)
        with pytest.raises(NotNowError) as refused, turns.turn(7):
            pass
    thread.join(5)
    assert done.is_set()
    assert 0.05 <= refused.value.seconds <= LONGEST_WAIT
    clock.now += refused.value.seconds + 0.01
    with turns.turn(7):  # and by then there is a place
        pass


def test_one_person_cannot_fill_the_line() -> None:
    """With others there, each has their part of it."""
    turns = Turns(at_once=1, waiting=3)
    refused: list[bool] = []

    def try_it() -> None:
        try:
            with turns.turn(1):
                pass
        except NotNowError:
            refused.append(True)

    with turns.turn(2):
        threads = [threading.Thread(target=try_it) for _ in range(3)]
        for thread in threads:
            thread.start()
        _until(lambda: len(refused) == 1)
        assert len(turns._line) == 2  # (1 + 3) places for two people
    for thread in threads:
        thread.join(5)

    assert len(refused) == 1


def test_a_bucket_lets_through_its_rate() -> None:
    clock = Clock()
    buckets = Buckets(clock)

    assert [buckets.wait("a", 3) > 0 for _ in range(5)] == [False] * 3 + [True] * 2
    assert buckets.wait("b", 3) == 0  # somebody else
    assert buckets.wait("a", 3) == pytest.approx(1 / 3)
    clock.now += 0.34
    assert buckets.wait("a", 3) == 0
    assert buckets.wait("a", 3) > 0
    clock.now += 100
    assert [buckets.wait("a", 3) > 0 for _ in range(4)] == [False] * 3 + [True]


def test_a_bucket_forgets_whom_it_has_not_heard_of_for_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("recognition.live.gate.SENDERS_MAX", 2)
    buckets = Buckets(Clock())
    for sender in ("a", "b", "a", "c"):
        buckets.wait(sender, 1)

    assert set(buckets._levels) == {"a", "c"}


def _until(true: object) -> None:
    deadline = time.monotonic() + 5
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.005)
