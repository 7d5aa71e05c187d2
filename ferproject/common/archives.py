"""ZIP files that are made while they are read, in little and constant memory."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone

COMPRESSED = (
    *(".jpg", ".jpeg", ".png", ".webp", ".zip"),
    *(".mp4", ".mov", ".webm", ".mkv", ".avi"),
)
"""Compressing these again takes time and saves nothing."""

BUFFER = 256 * 1024


def zip_stream(entries: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """The bytes of a ZIP of these (path, content) pairs, each taken when its turn comes."""
    sink = _Sink()
    now = timezone.localtime().timetuple()[:6]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in entries:
            info = zipfile.ZipInfo(path, now)
            info.compress_type = (
                zipfile.ZIP_STORED if path.endswith(COMPRESSED) else zipfile.ZIP_DEFLATED
            )
            # How large it gets is not known before: a table may grow beyond 2 GB.
            with archive.open(info, "w", force_zip64=True) as entry:
                for chunk in content:
                    entry.write(chunk)
                    if sink.size > BUFFER:
                        yield sink.take()
    yield sink.take()


def stored_entries(files: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """What `zip_stream` takes, of (path in the ZIP, name in the storage); files that are gone, as
    when they were deleted since their rows were read, are left out."""
    for path, name in files:
        try:
            stored = default_storage.open(name)
        except FileNotFoundError:
            continue
        with stored:
            yield path, stored.chunks(BUFFER)


def reader(chunks: Iterator[bytes]) -> io.BufferedReader:
    """A file that is read once, from front to back, out of an iterator of bytes."""
    return io.BufferedReader(_Source(chunks), BUFFER)


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken; it cannot go back, so `zipfile` does not try to."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.parts.append(bytes(data))
        self.size += len(self.parts[-1])
        return len(self.parts[-1])

    def take(self) -> bytes:
        taken = b"".join(self.parts)
        self.parts, self.size = [], 0
        return taken


class _Source(io.RawIOBase):
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks = chunks
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            chunk = next(self.chunks, None)
            if chunk is None:
                return 0
            self.rest = chunk
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size
