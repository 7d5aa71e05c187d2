"""Small pictures of films."""

import logging
from pathlib import Path

from mlcore.errors import FilmError
from mlcore.pictures import encode_webp, thumbnail
from recognition.films.problems import film_limits
from recognition.uploads import THUMBNAIL_SIDE

logger = logging.getLogger(__name__)


def film_picture(path: Path, at: float) -> bytes | None:
    """The frame of this time, in seconds, as a small WebP; None if there is none to be had."""
    from mlcore.films.reading import frames

    since = (max(0.0, at - 1e-3), 0)
    try:
        with frames(path, rate=None, since=since, limits=film_limits()) as reader:
            frame = next(reader, None)
    except FilmError:
        logger.exception("%s gets no small picture", path)
        return None
    return None if frame is None else encode_webp(thumbnail(frame.image, THUMBNAIL_SIDE), 80)
