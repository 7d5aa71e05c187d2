"""A lease that is extended for as long as its work comes on."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


class Beat:
    """Extends a lease beside the work, in a `with` block.

    A thread has a connection of its own: SQLite refuses to write amid reading, once others wrote.

    Attributes:
        lost: whether the work is another worker's by now, or over.
    """

    def __init__(
        self, what: str, renew: Callable[[], object], *, every: float, patience: float
    ) -> None:
        """
        Args:
            what: the work, for thread and log.
            renew: extends the lease; something false where it is no longer this worker's.
            every: seconds between two calls of it.
            patience: after so many seconds in which the work does not come on the lease runs out;
                should it come on after all, the lease does too.
        """
        self.lost = False
        self._what, self._renew, self._every, self._patience = what, renew, every, patience
        self._moved = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease of {what}", daemon=True)

    def move(self) -> None:
        """Say that the work came on."""
        self._moved = time.monotonic()

    def _run(self) -> None:
        try:
            while not self._over.wait(self._every):
                if time.monotonic() - self._moved > self._patience:
                    continue
                try:
                    if not self._renew():
                        self.lost = True
                        return
                except DatabaseError:
                    logger.exception("The %s could not be kept for now", self._what)
        finally:
            connection.close()

    def __enter__(self) -> "Beat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
