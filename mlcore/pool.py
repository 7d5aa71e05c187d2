"""Things that work for one thread at a time, lent to many."""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """Makes things as they are asked for, `most` at most, and lends out those that are back.

    Unlike one thing per thread it survives servers that make a thread per request, and unlike one
    under a lock it lets the cores work side by side.
    """

    def __init__(self, make: Callable[[], T], most: int) -> None:
        """
        Args:
            make: makes one more.
            most: 1 or more; where all are lent out, who asks waits.
        """
        self._make = make
        self._idle: queue.LifoQueue[T] = queue.LifoQueue()
        self._free = threading.BoundedSemaphore(most)

    @contextlib.contextmanager
    def lend(self) -> Iterator[T]:
        """One of them, for as long as the block lasts."""
        with self._free:
            try:
                thing = self._idle.get_nowait()
            except queue.Empty:
                thing = self._make()
            try:
                yield thing
            finally:
                self._idle.put(thing)
