"""Films put together from known faces, so that what should be found in them is known.

As in `mlcore.scenes`, a face's picture is pasted whole and fades into the background at its edge;
here it moves, by parts of a pixel.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mlcore.boxes import Box, clip
from mlcore.scenes import FADE, NOISE, WILD_AREA, FaceArea, Picture

TIME_BASE = Fraction(1, 90_000)

SOUND_RATE = 48_000


@dataclass(frozen=True)
class Actor:
    """A face in a shot.

    Attributes:
        picture: square, (side, side, 3) RGB.
        place: time since the shot's start, in seconds, to the centre and the side of the pasted
            picture, in pixels.
        area: where the face lies in the picture.
        seconds: from when to when it is there.
    """

    picture: Picture
    place: Callable[[float], tuple[float, float, float]]
    area: FaceArea = WILD_AREA
    seconds: tuple[float, float] = (0.0, float("inf"))


@dataclass(frozen=True)
class Shot:
    """Some seconds without a cut.

    Attributes:
        background: (height, width, 3) RGB.
        actors: who is there; a later one is nearer to the camera.
    """

    seconds: float
    background: Picture
    actors: Sequence[Actor] = ()


@dataclass(frozen=True, eq=False)
class ComposedFrame:
    """
    Attributes:
        time: in seconds.
        picture: (height, width, 3) RGB.
        faces: {number of the person-in-shot, from 0: where the face is}.
        visible: {the same number: the share of that box that lies in the picture and that nobody
            nearer to the camera covers}.
    """

    time: float
    picture: Picture
    faces: Mapping[int, Box]
    visible: Mapping[int, float]


def compose_film(
    shots: Sequence[Shot], rate: float, *, seed: int = 0, noise: float = NOISE
) -> Iterator[ComposedFrame]:
    """The frames of shots that follow each other.

    Args:
        rate: frames a second.
        noise: of the camera, in grey levels.
    """
    random = np.random.default_rng(seed)
    # Drawn once: fresh noise in every frame takes longer than all else. It is moved about instead.
    height, width = shots[0].background.shape[:2]
    grain = random.normal(0, noise, (height + 64, width + 64, 1)).astype(np.int16)
    number, began, person = 0, 0.0, 0
    for shot in shots:
        while (time := number / rate) < began + shot.seconds - 1e-9:
            picture, faces, visible = _draw(shot, time - began, person)
            down, right = random.integers(0, 64, 2)
            noisy = picture + grain[down : down + height, right : right + width]
            yield ComposedFrame(time, np.clip(noisy, 0, 255).astype(np.uint8), faces, visible)
            number += 1
        began += shot.seconds
        person += len(shot.actors)


def _draw(shot: Shot, time: float, first: int) -> tuple[Picture, dict[int, Box], dict[int, float]]:
    picture = shot.background.copy()
    faces, tiles = {}, {}
    for number, actor in enumerate(shot.actors, first):
        if actor.seconds[0] <= time < actor.seconds[1]:
            x, y, side = actor.place(time)
            faces[number] = _paste(picture, actor, x, y, side)
            corner, whole = (round(x - side / 2), round(y - side / 2)), round(side)
            tiles[number] = Box(*corner, whole, whole)
    visible = {}
    for number, box in faces.items():
        nearer = [tile for other, tile in tiles.items() if other > number]
        visible[number] = _visible(box, nearer, (picture.shape[1], picture.shape[0]))
    return picture, faces, visible


def _visible(box: Box, nearer: Sequence[Box], size: tuple[int, int]) -> float:
    """The share of a box inside a picture of that width and height that no other box covers."""
    seen = np.zeros((box.height, box.width), np.bool_)
    for part, shown in ((Box(0, 0, *size), True), *((other, False) for other in nearer)):
        inside = clip(
            Box(part.x - box.x, part.y - box.y, part.width, part.height), *seen.shape[::-1]
        )
        seen[inside.y : inside.y + inside.height, inside.x : inside.x + inside.width] = shown
    return float(seen.mean())


def _paste(picture: Picture, actor: Actor, x: float, y: float, side: float) -> Box:
    """Draw the face into the picture; where it is then."""
    own = actor.picture.shape[0]
    scale = side / own
    half = side / 2
    left, top = max(0, int(x - half)), max(0, int(y - half))
    right = min(picture.shape[1], int(x + half) + 2)
    bottom = min(picture.shape[0], int(y + half) + 2)
    if right > left and bottom > top:
        source = actor.picture
        if scale < 0.5:  # else every other pixel would be left out
            source = np.asarray(
                cv2.resize(source, (round(side), round(side)), interpolation=cv2.INTER_AREA),
                np.uint8,
            )
            scale = side / source.shape[0]
        ramp = np.clip(
            np.minimum(np.arange(source.shape[0]), np.arange(source.shape[0])[::-1])
            / (FADE * source.shape[0]),
            0,
            1,
        )
        mask = np.minimum.outer(ramp, ramp).astype(np.float32)
        warp = np.array([[scale, 0, x - half - left], [0, scale, y - half - top]])
        size = (right - left, bottom - top)
        face = cv2.warpAffine(source, warp, size, borderMode=cv2.BORDER_REPLICATE)
        share = cv2.warpAffine(mask, warp, size)[:, :, None]
        below = picture[top:bottom, left:right]
        below[:] = (below + (face.astype(np.float32) - below) * share).round()
    area = side * actor.area.side
    centre_x = x + (actor.area.centre_x - 0.5) * side
    centre_y = y + (actor.area.centre_y - 0.5) * side
    return Box(round(centre_x - area / 2), round(centre_y - area / 2), round(area), round(area))


@dataclass(frozen=True)
class Writing:
    """How a film is written.

    Attributes:
        codec: of the pictures, as PyAV names encoders.
        options: of the encoder.
        pixel_format: as FFmpeg names them.
        rate: what the header says of the frames a second; the frames' own times count.
        rotation: by how many degrees to the right a player is told to turn the frames.
        sound: the encoder of a tone; none for a silent film.
        format_options: of the container.
    """

    codec: str = "libx264"
    options: Mapping[str, str] = field(default_factory=lambda: {"preset": "ultrafast", "crf": "18"})
    pixel_format: str = "yuv420p"
    rate: int = 30
    rotation: int = 0
    sound: str | None = None
    format_options: Mapping[str, str] = field(default_factory=dict)


AS_USUAL = Writing()


def write_film(
    path: Path, frames: Iterable[tuple[float, Picture]], writing: Writing = AS_USUAL
) -> None:
    """Write pictures with their times, in seconds, as a film; its suffix names the container."""
    with av.open(str(path), "w", options=dict(writing.format_options)) as target:
        stream = target.add_stream(writing.codec, rate=writing.rate, options=dict(writing.options))
        assert isinstance(stream, VideoStream)
        sound = target.add_stream(writing.sound, rate=SOUND_RATE) if writing.sound else None
        last = 0.0
        for number, (time, picture) in enumerate(frames):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = writing.pixel_format
                if path.suffix != ".avi":  # which has no times, only frames
                    stream.codec_context.time_base = TIME_BASE
                if writing.rotation:
                    stream.set_display_rotation(-writing.rotation)
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture))
            base = stream.codec_context.time_base or Fraction(1, writing.rate)
            frame.time_base, frame.pts = base, round(time / base)
            target.mux(stream.encode(frame))
            last = time
        target.mux(stream.encode(None))
        if sound is not None:
            assert isinstance(sound, AudioStream)
            for tone in _tone(last + 1 / writing.rate):
                target.mux(sound.encode(tone))
            target.mux(sound.encode(None))


def _tone(seconds: float) -> Iterator[AudioFrame]:
    """A tone of 440 Hz that swells once a second."""
    block = 1024
    for start in range(0, round(seconds * SOUND_RATE), block):
        time = np.arange(start, start + block) / SOUND_RATE
        wave = 0.3 * np.sin(2 * np.pi * 440 * time) * np.sin(np.pi * time) ** 2
        tone = AudioFrame.from_ndarray(wave[None].astype(np.float32), "fltp", "mono")
        tone.sample_rate, tone.pts = SOUND_RATE, start
        tone.time_base = Fraction(1, SOUND_RATE)
        yield tone


def portrait(picture: NDArray[np.uint8], box: Box, area: FaceArea = WILD_AREA) -> Picture:
    """A square with the face in `box` where `area` says, cut out of a (height, width, 3) picture
    that is large enough."""
    side = round(max(box.width, box.height) / area.side)
    x = round(box.x + box.width / 2 - area.centre_x * side)
    y = round(box.y + box.height / 2 - area.centre_y * side)
    return picture[max(y, 0) : y + side, max(x, 0) : x + side]
