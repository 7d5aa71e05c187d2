"""Reads a film's frames and searches whole ones, ahead of who follows the faces from one to the
next."""

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from mlcore.detectors.base import to_grey
from mlcore.films.following import MOST_BETWEEN, SEARCH_SECONDS, Look, Span
from mlcore.films.reading import FilmReader, Frame
from mlcore.tracking import FaceSearch

SPANS_AHEAD = 2
"""Searches that wait to be used."""


class SpansAhead:
    """Reads frames and has some searched as a whole, ahead of the one who follows the faces."""

    def __init__(
        self,
        reader: FilmReader,
        search: FaceSearch,
        pool: ThreadPoolExecutor,
        *,
        searched: float | None = None,
        every: float = SEARCH_SECONDS,
    ) -> None:
        """
        Args:
            reader: of the frames; it is closed with this.
            search: what searches whole pictures, in threads of `pool`.
            searched: the time of the last such search, in seconds; None if there was none.
            every: seconds between two of them; 0 searches all frames.
        """
        self._reader, self._search, self._pool = reader, search, pool
        self._searched, self._every = searched, every
        self._spans: queue.Queue[Span | BaseException | None] = queue.Queue(SPANS_AHEAD)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="film-reader", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Span]:
        while (span := self._spans.get()) is not None:
            if isinstance(span, BaseException):
                raise span
            yield span

    def close(self) -> None:
        """Stop reading, wherever it is."""
        self._closing.set()
        self._reader.kill()
        self._thread.join()
        self._reader.close()

    def _run(self) -> None:
        try:
            for span in self._read():
                if not self._put(span):
                    return
            self._put(None)
        except BaseException as error:  # it is raised again where spans are taken
            self._put(error)

    def _put(self, item: Span | BaseException | None) -> bool:
        while not self._closing.is_set():
            try:
                self._spans.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def _read(self) -> Iterator[Span]:
        looks: list[Look] = []
        latest: Frame | None = None
        for frame in self._reader:
            if frame.cut and looks and latest:
                # Who came in after the last search is found at the shot's last frame.
                yield self._span(looks, latest, cut=False)
                looks = []
            grey = frame.image if frame.image.ndim == 2 else to_grey(frame.image)
            looks.append(Look(frame.time, frame.number, grey))
            latest = frame
            if frame.cut or self._is_due(frame.time) or len(looks) >= MOST_BETWEEN:
                yield self._span(looks, latest, cut=frame.cut)
                looks = []
        if looks and latest:
            yield self._span(looks, latest, cut=False)

    def _is_due(self, time: float) -> bool:
        return self._searched is None or time - self._searched >= self._every - 1e-6

    def _span(self, looks: list[Look], frame: Frame, *, cut: bool) -> Span:
        self._searched = frame.time
        found = self._pool.submit(self._search.whole, frame.image)
        return Span(looks, found.result, cut)
