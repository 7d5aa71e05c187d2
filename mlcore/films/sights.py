"""What becomes of a sight of a face before it is counted."""

from dataclasses import replace

from mlcore.boxes import Box, clip
from mlcore.detectors.opencv_haar import OpenCVHaarDetector
from mlcore.films.following import Look, Sight
from mlcore.films.info import FilmInfo
from mlcore.films.tracks import CONFIRMED


def in_film(box: Box, look: Look, info: FilmInfo) -> tuple[float, float, float, float]:
    """A box of a frame that was looked at as x, y, width and height in pixels of the upright film,
    inside of it."""
    height, width = look.grey.shape
    across, down = info.width / width, info.height / height
    inside = clip(box, width, height)
    return inside.x * across, inside.y * down, inside.width * across, inside.height * down


class SecondOpinion:
    """Asks OpenCV's cascade about faces that the detector is not sure of."""

    def __init__(self) -> None:
        self._cascade = OpenCVHaarDetector()

    def __call__(self, look: Look, sight: Sight) -> Sight:
        """The sight, with a score of `CONFIRMED` where the cascade sees a face there, too."""
        if sight.score < CONFIRMED and self._cascade.confirms(look.grey, sight.box):
            return replace(sight, score=CONFIRMED)
        return sight
