"""Where faces are in a film that are to be made unrecognisable.

An analysis looks at as many samples a second as were asked for, and searches the whole picture once
a second, which is enough for expressions; who passes in between is in none of its numbers. So the
film is searched once more here, in more frames, and for nothing but faces. A film whose faces are
shown never takes this time.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from mlcore.films.columns import Columns
from mlcore.films.following import FAINT, Follower, Look, Sight
from mlcore.films.info import DEFAULT_LIMITS, FilmInfo, Limits
from mlcore.films.reading import MAX_SIDE, frames
from mlcore.films.sights import SecondOpinion, in_film
from mlcore.films.spans import SpansAhead
from mlcore.films.tracks import finish_tracks
from mlcore.labels import EXPRESSIONS
from mlcore.recognizer import Recognizer
from mlcore.tracking import FaceSearch

HIDING_RATE = 10.0
"""So many frames a second are searched whole, and the first of each shot. Of a face that is there
for a shorter time than between two of them, none may be seen."""


def faces_to_hide(
    path: Path,
    recognizer: Recognizer,
    *,
    progress: Callable[[float, float], None] = lambda done, of: None,
    limits: Limits = DEFAULT_LIMITS,
    max_side: int = MAX_SIDE,
) -> Columns:
    """Find and follow the faces of a film, however few samples its analysis took.

    Frames are taken one after the other; what grows with the film is a row of numbers for each
    face in each frame that was looked at.

    Args:
        recognizer: whose detector searches, in its threads.
        progress: is given the seconds of film done and the film's duration.
        limits, max_side: see `reading.frames`.

    Returns:
        Finished numbers for `painting.annotate`. Nobody asked for expressions: all probabilities
        and qualities are 0, and all samples uncertain.

    Raises:
        FilmError: see there.
        OSError: the film cannot be read.
    """
    search = FaceSearch(recognizer.detector, threshold=FAINT)
    follower, confirmed = Follower(search), SecondOpinion()
    reader = frames(
        path,
        rate=HIDING_RATE,
        max_side=max_side,
        grey=search.takes_grey,
        shots=True,
        limits=limits,
    )
    ahead = SpansAhead(reader, search, recognizer.pool, every=0.0)
    parts, cuts = list[Columns](), list[float]()
    try:
        for span in ahead:
            if span.cut:
                cuts.append(span.looks[0].time)
            for look, sights in zip(span.looks, follower.follow(span), strict=True):
                sure = [confirmed(look, sight) for sight in sights]
                parts.append(_columns(look, sure, reader.info))
                progress(look.time, reader.info.duration)
    finally:
        ahead.close()
    found = replace(Columns.joined(parts), cuts=np.array(cuts, np.float64))
    return finish_tracks(found)[0]


def _columns(look: Look, sights: list[Sight], info: FilmInfo) -> Columns:
    """The faces of a frame."""
    count = len(sights)
    return Columns(
        times=np.full(count, look.time, np.float64),
        frames=np.full(count, look.number, np.int32),
        tracks=np.array([sight.track for sight in sights], np.int32),
        boxes=np.array([in_film(sight.box, look, info) for sight in sights], np.float32).reshape(
            -1, 4
        ),
        probabilities=np.zeros((count, len(EXPRESSIONS)), np.float32),
        quality=np.zeros(count, np.float32),
        uncertain=np.ones(count, np.bool_),
        scores=np.array([sight.score for sight in sights], np.float32),
        cuts=np.empty(0, np.float64),
    )
