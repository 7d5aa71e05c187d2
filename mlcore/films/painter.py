"""Decodes, paints and encodes a film, in a process of its own like `mlcore.films.decoder`:
`python -m mlcore.films.painter`, started by `mlcore.films.painting`.

Only the parts of a frame that change are brought to RGB and back.
"""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mlcore.annotation import Mark, changed_parts, draw_marks, track_colour
from mlcore.boxes import Box, clip
from mlcore.films.child import Answers, serve
from mlcore.films.columns import Columns
from mlcore.films.film import DecodedFrame, Film, stored_size
from mlcore.films.info import Limits
from mlcore.films.overlay import Overlay
from mlcore.films.refusals import no_frame

ENCODER = "libx264"
QUALITY = {"preset": "veryfast", "crf": "23", "x264-params": "me=dia:subme=1:trellis=0"}
"""Motion is searched for as quickly as by "superfast". `benchmarks.video --parts encoders`, for a
frame of 1280x720 and for five seconds: 3.1 ms and 0.79 MB (a PSNR of 36.6 dB); "veryfast" alone
4.3 ms and 0.77 MB (37.2 dB), "superfast" 3.0 ms and 1.49 MB (41.3 dB)."""

KEY_SECONDS = 2.0
"""Between frames to which a player can jump."""

TIME_BASE = Fraction(1, 90_000)

COPIED_SOUND = ("aac", "mp3")
"""What every browser plays in an MP4; other sound is encoded as AAC."""

BLUR_MARGIN = 0.25
"""How far beyond its box on each side, in shares of the box."""

BLUR_CELLS = 6
"""So few cells are left of a face's width."""

HEARTBEAT = 25


class _Planes:
    """The frame that is painted, as its three planes (I420).

    Attributes:
        frame: PyAV's.
        size: its width and height.
    """

    def __init__(self, source: VideoFrame, rotation: int) -> None:
        """
        Args:
            source: as it is stored, in yuv420p; it may be the decoder's own and stays as it is.
            rotation: by how many degrees to the right it is turned to be upright.
        """
        width, height = source.width, source.height
        self.size = (height, width) if rotation % 180 else (width, height)
        self.frame = VideoFrame(*self.size, "yuv420p")
        self._planes = _views(self.frame)
        for plane, stored in zip(self._planes, _views(source), strict=True):
            plane[:] = np.rot90(stored, -(rotation // 90))

    def blur(self, box: Box) -> None:
        """Leave a few cells of what is in the box."""
        right, down = round(box.width * BLUR_MARGIN), round(box.height * BLUR_MARGIN)
        wide = Box(box.x - right, box.y - down, box.width + 2 * right, box.height + 2 * down)
        place = clip(wide, *self.size)
        if not place.area:
            return
        for number, plane in enumerate(self._planes):
            part = _part(plane, place, 2 if number else 1)
            if not part.size:
                continue
            cells = (BLUR_CELLS, max(1, round(BLUR_CELLS * place.height / place.width)))
            few = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
            part[:] = cv2.resize(few, part.shape[::-1], interpolation=cv2.INTER_LINEAR)

    def draw(self, mark: Mark) -> None:
        """Draw on the parts of the frame that the mark changes."""
        for place in changed_parts(mark, self.size):
            self._draw(mark, place)

    def _draw(self, mark: Mark, place: Box) -> None:
        width, height = place.width, place.height
        parts = [
            _part(plane, place, 2 if number else 1) for number, plane in enumerate(self._planes)
        ]
        packed = np.concatenate([part.ravel() for part in parts]).reshape(-1, width)
        canvas = np.asarray(cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_I420), np.uint8)
        before = canvas.copy()
        draw_marks(canvas, [mark], self.size, (place.x, place.y))
        drawn = _split(
            np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGB2YUV_I420), np.uint8), width, height
        )
        # What was not drawn on keeps its values to the bit.
        changed = (canvas != before).any(axis=2)
        coarse = changed.reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3))
        for number, (part, new) in enumerate(zip(parts, drawn, strict=True)):
            np.copyto(part, new, where=coarse if number else changed)


def _views(frame: VideoFrame) -> list[NDArray[np.uint8]]:
    """The frame's planes themselves, (height, width) each."""
    return [
        np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height].reshape(
            plane.height, plane.line_size
        )[:, : plane.width]
        for plane in frame.planes
    ]


def _split(packed: NDArray[np.uint8], width: int, height: int) -> list[NDArray[np.uint8]]:
    flat, pixels = packed.reshape(-1), width * height
    small = (height // 2, width // 2)
    return [
        flat[:pixels].reshape(height, width),
        flat[pixels : pixels * 5 // 4].reshape(small),
        flat[pixels * 5 // 4 :].reshape(small),
    ]


def _part(plane: NDArray[np.uint8], box: Box, finer: int) -> NDArray[np.uint8]:
    return plane[
        box.y // finer : (box.y + box.height) // finer,
        box.x // finer : (box.x + box.width) // finer,
    ]


class _Sound:
    """The original's sound in the new film: as it is, or encoded anew."""

    def __init__(self, film: Film, target: OutputContainer) -> None:
        self._target = target
        self._start = film.start
        source = next(iter(film.container.streams.audio), None)
        self._source = source
        self._copy: AudioStream | None = None
        self._new: AudioStream | None = None
        if source is None or source.codec_context is None:
            self._source = None
        elif source.codec_context.codec.canonical_name in COPIED_SOUND:
            self._copy = target.add_stream_from_template(source)
        else:
            rate = source.rate if source.rate in _AAC_RATES else 48_000
            layout = source.layout.name if source.channels <= 2 else "stereo"
            self._new = target.add_stream("aac", rate=rate, layout=layout)
            self._resampler = AudioResampler("fltp", layout, rate)
            self._next = 0

    def add(self, packet: "Packet[Any]") -> None:
        """A packet of the film's sound, or of another stream, which is left out."""
        if self._source is None or packet.stream.index != self._source.index:
            return
        if self._copy is not None:
            if packet.dts is None:
                return
            shift = round(self._start / packet.time_base) if packet.time_base else 0
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts -= shift
            packet.stream = self._copy
            self._target.mux(packet)
            return
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            return
        for frame in frames:
            if frame.pts is not None and frame.time_base:
                frame.pts -= round(self._start / frame.time_base)
            self._encode(frame)

    def _encode(self, frame: Any) -> None:
        assert self._new is not None
        for piece in self._resampler.resample(frame):
            self._target.mux(self._new.encode(piece))

    def finish(self) -> None:
        """The last of it."""
        if self._new is not None:
            self._encode(None)
            self._target.mux(self._new.encode(None))


_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)


def _paint(request: dict[str, Any], answers: Answers) -> None:
    film = Film(request["path"], Limits(**request["limits"]))
    columns, hidden = (
        Columns.from_bytes(Path(request[name]).read_bytes()) for name in ("columns", "hidden")
    )
    overlay = Overlay(request, columns, hidden)
    duration = film.info.duration
    options = {"movflags": "+faststart"}
    with av.open(request["output"], "w", format="mp4", options=options) as target:
        video = _video_stream(film, target)
        sound = _Sound(film, target)
        last = -1
        for number, decoded in enumerate(film.frames(on_packet=sound.add)):
            frame = _painted(film, decoded, overlay, number)
            last = max(last + 1, round(decoded.time / TIME_BASE))
            frame.pts, frame.time_base = last, TIME_BASE
            target.mux(video.encode(frame))
            if number % HEARTBEAT == 0:
                answers.send({"time": decoded.time, "duration": duration})
        if last < 0:
            raise no_frame()
        target.mux(video.encode(None))
        sound.finish()
        answers.send({"time": duration, "duration": duration, "closing": True})
    answers.send({"end": True})


def _video_stream(film: Film, target: OutputContainer) -> VideoStream:
    info = film.info
    rate = Fraction(info.frame_rate or 25).limit_denominator(1001)
    options = {**QUALITY, "g": str(max(1, round(KEY_SECONDS * rate)))}
    video = target.add_stream(ENCODER, rate=rate, options=options)
    assert isinstance(video, VideoStream)
    # An encoder of 4:2:0 takes even sides only.
    video.width, video.height = max(2, info.width & ~1), max(2, info.height & ~1)
    video.pix_fmt = "yuv420p"
    context, source = video.codec_context, film.stream.codec_context
    context.time_base = TIME_BASE
    context.color_primaries, context.color_trc = source.color_primaries, source.color_trc
    context.colorspace, context.color_range = source.colorspace, _LIMITED
    return video


_LIMITED = 1
"""The range of levels in films, 16 to 235 (AVCOL_RANGE_MPEG)."""


def _painted(film: Film, decoded: DecodedFrame, overlay: Overlay, number: int) -> VideoFrame:
    width, height = (max(2, side & ~1) for side in stored_size(film.info))
    stored = decoded.frame.reformat(
        width=width, height=height, format="yuv420p", dst_color_range=_LIMITED
    )
    planes = _Planes(stored, film.info.rotation)
    blurred, framed = overlay.at(decoded.time)
    for box in blurred:
        planes.blur(box)
    for track, box, text, doubt in framed:
        planes.draw(Mark(box, text, track_colour(track - 1), doubt))
    return planes.frame


if __name__ == "__main__":
    serve({"paint": _paint})
