"""What a film is, and what films are taken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What is taken, and what the process that decodes may use.

    Attributes:
        duration: of the film, in seconds.
        side: of its frames, in pixels.
        frame_rate: frames a second, on average.
        memory: of the decoder, in bytes of address space.
        patience: seconds without any progress after which the decoder is taken to hang; longer
            where it only has to wait for the processor.
    """

    duration: float = 30 * 60.0
    side: int = 4096
    frame_rate: float = 240.0
    memory: int = 4 << 30
    patience: float = 20.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class FilmInfo:
    """What a film's header says; sizes are those of the upright film, in square pixels.

    Attributes:
        container: "mp4", "mov", "webm", "matroska" or "avi".
        codec: of the pictures, such as "h264".
        width, height: in pixels.
        duration: in seconds.
        frame_rate: frames a second, on average.
        rotation: by how many degrees to the right the stored frames are turned to be upright: 0,
            90, 180 or 270.
        has_sound: whether there is a sound track.
        frames: how many there are, as far as the header tells.
    """

    container: str
    codec: str
    width: int
    height: int
    duration: float
    frame_rate: float
    rotation: int
    has_sound: bool
    frames: int | None
