"""Decodes, paints and encodes a film, in a process of its own like `mlcore.films.decoder`:
`python -m mlcore.films.painter`, started by `mlcore.films.painting`.

Only the parts of a frame that change are brought to RGB and back.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
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

from mlcore.annotation import Mark, changed_parts, draw_marks, face_text, track_colour
from mlcore.boxes import Box, clip
from mlcore.films.child import Answers, serve
from mlcore.films.columns import Columns
from mlcore.films.film import DecodedFrame, Film, stored_size
from mlcore.films.info import Limits
from mlcore.films.refusals import no_frame
from mlcore.films.tracks import BRIDGED_SECONDS, kernel_mean, rows_of
from mlcore.labels import EXPRESSIONS
from mlcore.lettering import can_be_written

ENCODER = "libx264"
QUALITY = {"preset": "veryfast", "crf": "23", "x264-params": "me=dia:subme=1:trellis=0"}
"""Motion is searched for as quickly as by "superfast". `benchmarks.video --parts encoders`, for a
frame of 1280x720 and for five seconds: 3.1 ms and 0.79 MB (a PSNR of 36.6 dB); "veryfast" alone
4.3 ms and 0.77 MB (37.2 dB), "superfast" 3.0 ms and 1.49 MB (41.3 dB)."""

BRIDGED_STEPS = 1.25
"""One step between samples is no gap, however few they are, nor where one comes a little late."""

KEY_SECONDS = 2.0
"""Between frames to which a player can jump."""

TIME_BASE = Fraction(1, 90_000)

COPIED_SOUND = ("aac", "mp3")
"""What every browser plays in an MP4; other sound is encoded as AAC."""

BLUR_SECONDS = 0.5
"""Before it was first found and after it was last found a face is made unrecognisable too."""

BLUR_MARGIN = 0.25
"""How far beyond its box on each side, in shares of the box."""

BLUR_CELLS = 6
"""So few cells are left of a face's width."""

HEARTBEAT = 25


@dataclass(frozen=True, eq=False)
class _TrackPath:
    """A track over time.

    Attributes:
        times: (N,) seconds.
        boxes: (N, 4).
        probabilities: (N, 7).
        uncertain: (N,).
        hold: for so long the last sample before a gap or the end is shown, in seconds.
        first, last: beginning and end of its shot.
    """

    number: int
    times: NDArray[np.float64]
    boxes: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    uncertain: NDArray[np.bool_]
    hold: float
    first: float
    last: float

    def blurred_at(self, time: float) -> NDArray[np.float64] | None:
        """The box that is made unrecognisable: between two samples there always is one."""
        place = self.at(time, max(BLUR_SECONDS, self.hold), math.inf)
        return None if place is None else place[0]

    def framed_at(self, time: float) -> tuple[NDArray[np.float64], int] | None:
        """The box that is framed, and the sample that is shown with it."""
        if time < self.times[0] - 1e-6:
            return None
        return self.at(time, self.hold, max(BRIDGED_SECONDS, BRIDGED_STEPS * self.hold))

    def at(
        self, time: float, hold: float, bridged: float
    ) -> tuple[NDArray[np.float64], int] | None:
        """The box, and the sample that is shown with it; None where the track is not there.

        Args:
            hold: seconds for which it is there before its first and after its last sample.
            bridged: seconds between two samples up to which it is there between them; beyond it is
                only near to each.
        """
        if not self.first - 1e-6 <= time < self.last - 1e-6:
            return None
        after = int(np.searchsorted(self.times, time, side="right"))
        before = max(after - 1, 0)
        after = min(after, len(self.times) - 1)
        if time < self.times[0] - hold or time > self.times[-1] + hold:
            return None
        gap = self.times[after] - self.times[before]
        if gap > bridged:
            if time - self.times[before] <= hold:
                after = before
            elif self.times[after] - time <= hold:
                before = after
            else:
                return None
            gap = 0.0
        share = (time - self.times[before]) / gap if gap > 0 else 0.0
        box = self.boxes[before] + share * (self.boxes[after] - self.boxes[before])
        return box, before


def _paths(columns: Columns, smoothing: float) -> list[_TrackPath]:
    """The tracks, in the order in which they begin."""
    edges = np.concatenate([[-np.inf], columns.cuts, [np.inf]])
    paths = []
    for number, rows in rows_of(columns.tracks):
        times = columns.times[rows]
        steps = np.diff(times)
        probabilities = columns.probabilities[rows]
        if smoothing > 0:
            probabilities = kernel_mean(probabilities, times, smoothing).astype(np.float32)
        shot = int(np.searchsorted(edges, times[0] + 1e-6, side="right"))
        path = _TrackPath(
            number=number,
            times=times,
            boxes=columns.boxes[rows].astype(np.float64),
            probabilities=probabilities,
            uncertain=columns.uncertain[rows],
            hold=float(np.median(steps)) if len(steps) else 0.1,
            first=float(edges[shot - 1]),
            last=float(edges[shot]),
        )
        paths.append(path)
    return sorted(paths, key=lambda path: float(path.times[0]))


class _Overlay:
    """What is drawn at a time."""

    def __init__(self, request: Mapping[str, Any], columns: Columns) -> None:
        self._waiting = _paths(columns, request["smoothing"])[::-1]
        # Beyond it no path is blurred or framed.
        self._reach = max([BLUR_SECONDS, *(path.hold for path in self._waiting)])
        self._active: list[_TrackPath] = []
        self._shown = None if request["tracks"] is None else set(request["tracks"])
        self._labels = {number: " ".join(name.split()) for number, name in request["labels"]}
        self._words = request["words"]
        self._blur = bool(request["blur_faces"])

    def at(self, time: float) -> tuple[list[Box], list[tuple[int, Box, str, bool]]]:
        """Boxes that are made unrecognisable; and number, box, text and doubt of those framed."""
        while self._waiting and self._waiting[-1].times[0] - self._reach <= time:
            self._active.append(self._waiting.pop())
        self._active = [path for path in self._active if path.times[-1] + self._reach >= time]
        blurred, framed = [], []
        for path in self._active:
            if self._blur and (face := path.blurred_at(time)) is not None:
                blurred.append(_rounded(face))
            if self._shown is not None and path.number not in self._shown:
                continue
            if place := path.framed_at(time):
                box, row = place
                framed.append(
                    (path.number, _rounded(box), self._text(path, row), bool(path.uncertain[row]))
                )
        return blurred, framed

    def _text(self, path: _TrackPath, row: int) -> str:
        index = int(path.probabilities[row].argmax())
        name = self._labels.get(path.number) or str(path.number)
        if not can_be_written(name):
            name = str(path.number)
        word = self._words.get(EXPRESSIONS[index], EXPRESSIONS[index])
        if not can_be_written(word):
            word = EXPRESSIONS[index]
        doubt = bool(path.uncertain[row])
        return f"{name}: " + face_text(word, float(path.probabilities[row, index]), doubt)


def _rounded(box: NDArray[np.float64]) -> Box:
    return Box(*(round(float(value)) for value in box))


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
    columns = Columns.from_bytes(Path(request["columns"]).read_bytes())
    overlay = _Overlay(request, columns)
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


def _painted(film: Film, decoded: DecodedFrame, overlay: _Overlay, number: int) -> VideoFrame:
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
