"""Who may have a frame recognised now.

A web process recognises a few frames at once. Whoever comes when all places are taken waits for a
moment, in a line that serves first who has had the least of the processor in the last second. The
line is short: whoever finds it full, and whoever has had clearly more than their share while
others wait, is sent away with the time after which it is worth to come again.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

WINDOW = 1.0
"""Seconds after which what somebody has had counts for 1/e."""

SHARE = 1.25
"""How many times the fair share somebody may have had while others wait."""

NOTHING = 0.005
"""Less than so much, in seconds, is forgotten."""

LONGEST_WAIT = 2.0
"""Nobody waits longer for a place, or is told to stay away for longer."""


class NotNowError(Exception):
    """Somebody must wait; `seconds` says how long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not before {seconds:.2f} s")
        self.seconds = seconds


@dataclass(eq=False)
class _Waiter:
    person: int
    since: float
    called: threading.Event = field(default_factory=threading.Event)


class Turns:
    """Places in one process, for any number of threads."""

    def __init__(
        self, at_once: int, waiting: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Args:
            at_once: frames that are recognised side by side.
            waiting: frames that may wait for that, of everybody together.
        """
        self.at_once = at_once
        self.waiting = waiting
        self._clock = clock
        self._lock = threading.Lock()
        self._running: Counter[int] = Counter()
        self._line: list[_Waiter] = []
        self._had: dict[int, tuple[float, float]] = {}

    @contextmanager
    def turn(self, person: int) -> Iterator[None]:
        """A place for the time of the context.

        Raises:
            NotNowError: there is none for this person now.
        """
        self._enter(person)
        started = self._clock()
        try:
            yield
        finally:
            self._leave(person, self._clock() - started)

    def _enter(self, person: int) -> None:
        with self._lock:
            now = self._clock()
            if self._running.total() < self.at_once and not self._line:
                self._running[person] += 1
                return
            if wait := self._refusal(person, now):
                raise NotNowError(wait)
            waiter = _Waiter(person, now)
            self._line.append(waiter)
        if waiter.called.wait(LONGEST_WAIT):
            return
        with self._lock:
            if waiter.called.is_set():  # in the very moment
                return
            self._line.remove(waiter)
        raise NotNowError(LONGEST_WAIT)

    def _refusal(self, person: int, now: float) -> float:
        """How long this person must stay away; 0 if they may wait here."""
        present = {one.person for one in self._line} | {
            one for one, running in self._running.items() if running
        }
        recent = {one for one in list(self._had) if self._used(one, now) > NOTHING}
        people = len(present | recent | {person})
        places = max(1, (self.at_once + self.waiting) // people)
        mine = self._running[person] + sum(one.person == person for one in self._line)
        if len(self._line) >= self.waiting or mine >= places:
            return 0.1
        share = SHARE * self.at_once * WINDOW / people
        had = self._used(person, now)
        others_wait = any(one.person != person for one in self._line)
        if others_wait and had > share:
            return min(LONGEST_WAIT, max(0.05, WINDOW * math.log(had / share)))
        return 0.0

    def _leave(self, person: int, seconds: float) -> None:
        with self._lock:
            now = self._clock()
            self._had[person] = (self._used(person, now) + seconds, now)
            self._running[person] -= 1
            if not self._running[person]:
                del self._running[person]
            while self._line and self._running.total() < self.at_once:
                next_one = min(self._line, key=lambda one: (self._used(one.person, now), one.since))
                self._line.remove(next_one)
                self._running[next_one.person] += 1
                next_one.called.set()

    def _used(self, person: int, now: float) -> float:
        """Seconds that this person has had lately."""
        if person not in self._had:
            return 0.0
        amount, at = self._had[person]
        left = amount * math.exp((at - now) / WINDOW)
        if left < NOTHING:
            del self._had[person]
            return 0.0
        return left
