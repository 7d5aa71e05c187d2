"""A film that is open. Only processes of its own read one, because films are strangers' bytes and
decoders have bugs: `mlcore.films.decoder` and others that `mlcore.films.child` starts.

PyAV and not OpenCV: it tells a frame's own time, turns what lies on its side, has an encoder for
H.264, and takes 2.0 ms of a core for each frame of a film of 1280x720 of which every third is
brought to RGB, where OpenCV takes 2.9.
"""

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mlcore.errors import FilmError
from mlcore.films.cuts import MEMORY
from mlcore.films.info import FilmInfo, Limits
from mlcore.films.refusals import no_frame, refusal

DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"
"""Of some three hundred formats; playlists, lists of files and streams from the network are none
of them."""

DECODERS = frozenset(
    ("h264", "hevc", "vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d", "mpeg4", "mjpeg")
)
"""Those that may see a stranger's pictures."""

SEEK_BACK = 1.0
"""So many seconds before the place where reading goes on the decoder starts again, and more where
they are too few frames: whether there is a cut is told from the frames before it."""

ENDED_EARLY = 0.5
"""Where the file's last packet is more seconds before the end that its header states, it was cut
short."""

_FFMPEG = av.error.FFmpegError

OnPacket: TypeAlias = "Callable[[Packet[Any]], None]"


@dataclass(frozen=True)
class DecodedFrame:
    """A frame as it is stored: neither scaled nor turned.

    Attributes:
        time: in seconds from the film's start.
        number: from 0, in the order in which frames are shown.
        frame: PyAV's.
    """

    time: float
    number: int
    frame: VideoFrame


class Film:
    """An open film.

    Attributes:
        info: what it is.
        container, stream: PyAV's.
        start: the time at which the container's clock starts, in seconds.
        truncated: whether, as far as it was read, not all of it could be read.
        decoded: frames decoded so far.
    """

    def __init__(self, path: str, limits: Limits) -> None:
        """
        Raises:
            FilmError: it is none that we take.
        """
        self._path, self.limits = path, limits
        self.truncated = False
        self.decoded = 0
        self._late = 0.0
        self._open()
        self.info = self._describe()

    def _open(self) -> None:
        options = {
            "format_whitelist": DEMUXERS,
            "protocol_whitelist": "file",
            "enable_drefs": "0",
            "use_absolute_path": "0",
        }
        try:
            # The protocol is named, so that no file's name is taken for an address.
            self.container: InputContainer = av.open(
                f"file:{self._path}", container_options=options, metadata_errors="ignore"
            )
        except (_FFMPEG, ValueError) as error:
            if isinstance(error, MemoryError):
                raise
            raise refusal(self._path, error) from error
        started = self.container.start_time
        self.start = 0.0 if started is None else started / av.time_base
        self.stream = self._video_stream()
        self._check_side(self.stream.width, self.stream.height)
        context = self.stream.codec_context
        if context is None or context.name not in DECODERS:
            codec = "an unknown one" if context is None else context.name
            raise FilmError(
                "film_unreadable", f"The film's codec, {codec}, is not read.", codec=codec
            )
        self.stream.thread_type = "AUTO"
        context.thread_count = min(4, os.cpu_count() or 1)

    def _video_stream(self) -> VideoStream:
        for stream in self.container.streams.video:
            if not stream.disposition & Disposition.attached_pic:
                return stream
        raise FilmError("no_video_stream", "The file has sound, but no pictures that move.")

    def _check_side(self, width: int, height: int) -> None:
        if max(width, height) > self.limits.side:
            raise FilmError(
                "film_too_large",
                f"The film has {width}x{height} pixels; no side may have more than "
                f"{self.limits.side}.",
                width=str(width),
                height=str(height),
                side=str(self.limits.side),
            )

    def _describe(self) -> FilmInfo:
        stream, container = self.stream, self.container
        duration = container.duration
        seconds = None if duration is None else duration / av.time_base
        rate = float(stream.average_rate or stream.guessed_rate or 0)
        count = stream.frames or None
        if seconds is not None:
            self.check_duration(seconds)
        if rate > self.limits.frame_rate:
            raise self._too_fast(rate)
        first = self._first_frame()
        if seconds is None or rate == 0:
            scanned, count = self._scan()
            seconds = seconds or scanned
            self.check_duration(seconds)
            rate = rate or (count / seconds if seconds else 0.0)
        # Opened again, not wound back: a file with a broken index can be read, but not searched.
        self.container.close()
        self._open()
        if self._kind() == "avi":
            # AVI counts frames; FFmpeg adds as many as a decoder may hold back.
            self._late = max(0.0, self._time_of(first, 0.0))
        aspect = self.stream.sample_aspect_ratio
        ratio = float(aspect) if aspect and 0.1 < aspect < 10 else 1.0
        width, height = max(1, round(first.width * ratio)), first.height
        self._check_side(width, height)
        rotation = -round(first.rotation / 90) * 90 % 360
        if rotation % 180:
            width, height = height, width
        if count is None and rate:
            count = round(seconds * rate)
        return FilmInfo(
            container=self._kind(),
            codec=self.stream.codec_context.codec.canonical_name,
            width=width,
            height=height,
            duration=seconds,
            frame_rate=rate,
            rotation=rotation,
            has_sound=bool(self.container.streams.audio),
            frames=count,
        )

    def _kind(self) -> str:
        name = self.container.format.name
        if name.startswith("mov"):
            brand = self.container.metadata.get("major_brand", "").strip()
            return "mov" if brand == "qt" or not brand else "mp4"
        if name.startswith("matroska"):
            with open(self._path, "rb") as source:
                return "webm" if b"webm" in source.read(64) else "matroska"
        return "avi"

    def _first_frame(self) -> VideoFrame:
        for decoded in self._decode(lambda packet: None):
            return decoded
        raise no_frame()

    def _scan(self) -> tuple[float, int]:
        """Duration and number of frames, from the packets themselves."""
        end, count = 0.0, 0
        self.container.close()
        self._open()
        try:
            for packet in self.container.demux(self.stream):
                if packet.pts is not None:
                    count += 1
                    end = max(end, self._end_of(packet))
        except _FFMPEG:
            pass
        return end, count

    def check_duration(self, seconds: float) -> None:
        if seconds > self.limits.duration:
            minutes = f"{self.limits.duration / 60:g}"
            raise FilmError(
                "film_too_long",
                f"The film lasts {seconds / 60:.1f} minutes; no more than {minutes} are taken.",
                minutes=minutes,
            )

    def _too_fast(self, rate: float) -> FilmError:
        return FilmError(
            "film_too_fast",
            f"The film has {rate:g} frames a second; no more than "
            f"{self.limits.frame_rate:g} are taken.",
            rate=f"{rate:g}",
            limit=f"{self.limits.frame_rate:g}",
        )

    def frames(
        self,
        since: tuple[float, int] | None = None,
        on_packet: OnPacket = lambda packet: None,
    ) -> Iterator[DecodedFrame]:
        """All frames in the order of their times, which grow.

        Args:
            since: time and number of a frame; where the format can be searched, reading starts a
                little before it.
            on_packet: is given the packets of other streams.

        Raises:
            FilmError: the film is longer, larger or faster than its header says and we take.
        """
        counted_from = self._seek(since) if since else None
        number, last = -1 if counted_from is None else counted_from[1], -math.inf
        step = 1 / self.info.frame_rate if self.info.frame_rate else 0.04
        for frame in self._decode(on_packet):
            time = self._time_of(frame, last + step if last > -math.inf else 0.0)
            self.decoded += 1
            if counted_from is None or time > counted_from[0] + 1e-6:
                number += 1
            if time <= last:
                continue
            last = time
            self.check_duration(time)
            self._check_side(frame.width, frame.height)
            if self.decoded > self.limits.frame_rate * (time + 2) and counted_from is None:
                raise self._too_fast(self.decoded / max(time, 1.0))
            yield DecodedFrame(time, number, frame)

    def _time_of(self, frame: VideoFrame, otherwise: float) -> float:
        # What the decoder held back until the film's end has no time base of its own.
        base = frame.time_base or self.stream.time_base
        if frame.pts is None or base is None:
            return otherwise
        return float(frame.pts * base) - self.start - self._late

    def _end_of(self, packet: "Packet[Any]") -> float:
        if packet.pts is None or packet.time_base is None:
            return 0.0
        return float((packet.pts + (packet.duration or 0)) * packet.time_base) - self.start

    def _seek(self, since: tuple[float, int]) -> tuple[float, int] | None:
        """Go near to a frame; None where that cannot be done exactly, and reading starts anew."""
        rate = self.info.frame_rate
        target = since[0] - max(SEEK_BACK, (MEMORY + 1) / rate if rate else math.inf)
        # AVI has no times of its own: after a search they may be others.
        if self.info.container == "avi" or target <= 0:
            return None
        try:
            self.container.seek(round((target + self.start) * av.time_base))
            found = next(iter(self.container.decode(self.stream)))
            if self._time_of(found, math.inf) <= target:
                self.container.seek(round((target + self.start) * av.time_base))
                return since
        except (_FFMPEG, StopIteration):
            pass
        self.container.close()
        self._open()
        return None

    def _decode(self, on_packet: OnPacket) -> Iterator[VideoFrame]:
        end = 0.0
        for packet in self._packets():
            end = max(end, self._end_of(packet))
            if packet.stream.index != self.stream.index:
                on_packet(packet)
                continue
            try:
                yield from packet.decode()
            except av.error.InvalidDataError:
                self.truncated = True
        with contextlib.suppress(av.error.EOFError, av.error.InvalidDataError):
            yield from self.stream.decode(None)
        if end < self._stated_end() - ENDED_EARLY or self._is_cut_avi():
            self.truncated = True

    def _stated_end(self) -> float:
        """Where the film ends by its header, in seconds."""
        whole = self.container.duration
        pictures, base = self.stream.duration, self.stream.time_base
        return max(
            0.0 if whole is None else whole / av.time_base,
            0.0 if pictures is None or base is None else float(pictures * base),
        )

    def _is_cut_avi(self) -> bool:
        """Whether an AVI is shorter than its first eight bytes say: FFmpeg corrects the duration
        of those."""
        if self._kind() != "avi":
            return False
        with open(self._path, "rb") as source:
            size = int.from_bytes(source.read(8)[4:], "little")
            return source.seek(0, os.SEEK_END) < size

    def _packets(self) -> "Iterator[Packet[Any]]":
        streams = [self.stream, *self.container.streams.audio[:1]]
        try:
            for packet in self.container.demux(*streams):
                if packet.size or packet.pts is not None:  # else it only says that all was read
                    yield packet
        except _FFMPEG as error:
            if isinstance(error, MemoryError):
                raise
            self.truncated = True


def stored_size(info: FilmInfo) -> tuple[int, int]:
    """Width and height in square pixels before the frames are turned."""
    return (info.height, info.width) if info.rotation % 180 else (info.width, info.height)


def to_picture(
    frame: VideoFrame, info: FilmInfo, max_side: int, *, grey: bool = False
) -> NDArray[np.uint8]:
    """The frame as an upright (height, width, 3) RGB picture, or a (height, width) grey one, no
    side longer than `max_side`."""
    width, height = stored_size(info)
    scale = min(1.0, max_side / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    kernel = "AREA" if scale < 1 else "BILINEAR"
    # Grey is the frame's own luma: where it is scaled, colours take most of the time.
    form = "gray" if grey else "rgb24"
    pixels = frame.to_ndarray(format=form, width=size[0], height=size[1], interpolation=kernel)
    return np.ascontiguousarray(np.rot90(pixels, -(info.rotation // 90)), np.uint8)
