"""From a frame's bytes to the faces in it. Knows nothing of requests."""

import itertools
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from mlcore.classifiers import LITERT
from mlcore.labels import EXPRESSIONS
from mlcore.pictures import decode_picture
from recognition.detectors import detector_choices
from recognition.errors import UploadError
from recognition.live.sessions import OpenSession
from recognition.live.turns import Turns
from recognition.pipeline import current_recognizer

if TYPE_CHECKING:
    from mlcore.recognizer import Recognizer
    from mlcore.tracking import Tracker

LIVE_DETECTORS = ("dlib_and_yunet", "dlib_hog", "opencv_haar", "dlib_then_haar", "yunet")
"""Those that search a frame in time and without TensorFlow."""

FRESH_SECONDS = 30.0
"""So often it is looked whether the recogniser is still the one to use."""

turns = Turns(settings.LIVE_FRAMES_AT_ONCE, settings.LIVE_FRAMES_WAITING)
"""The places of this process."""


def live_detectors() -> list[str]:
    """Those that can run here."""
    return [name for name in detector_choices() if name in LIVE_DETECTORS]


def live_detector(asked: str, preferred: str) -> str:
    """The one that a session gets.

    Args:
        asked: by the person for this session; "" for none.
        preferred: see `recognition.detectors.detector_preferred`.

    Raises:
        UploadError: `unknown_detector`: the one that was asked for is too slow for a camera.
    """
    choices = live_detectors()
    if asked and asked not in choices:
        raise UploadError(
            "unknown_detector",
            _("The face detector “%(name)s” is too slow for a camera; choose %(choices)s.")
            % {"name": asked, "choices": ", ".join(choices)},
        )
    wanted = (asked, preferred, settings.DETECTOR)
    return next((name for name in wanted if name in choices), choices[0])


@dataclass(frozen=True)
class Engine:
    """What recognises the frames of one detector and model."""

    recognizer: "Recognizer"
    tracker: "Tracker"
    loaded: float


_engines: dict[tuple[str, str], Engine] = {}
_loading = threading.Lock()


def engine(detector: str, model: str = "") -> Engine:
    """Kept warm: the first call in a process takes about a second.

    LiteRT runs the network whatever `CLASSIFIER` says: a web process loads no TensorFlow.

    Args:
        detector: one of `LIVE_DETECTORS`.
        model: NAME@VERSION; empty for the active one.

    Raises:
        RecognitionError: see `current_recognizer`.
    """
    from mlcore.tracking import Tracker

    key = (detector, model)
    now = time.monotonic()
    known = _engines.get(key)
    if known is not None and now - known.loaded < FRESH_SECONDS:
        return known
    with _loading:
        recognizer = current_recognizer(detector, model, classifier=LITERT)
        if known is not None and known.recognizer is recognizer:
            made = replace(known, loaded=now)
        else:
            made = Engine(recognizer, Tracker(recognizer.detector), now)
        _engines[key] = made
        return made


@dataclass(frozen=True)
class Answer:
    """What a frame shows, and the session with what must be remembered of it.

    Attributes:
        body: as the API says it, but for `timings.total`.
    """

    session: OpenSession
    body: dict[str, Any]


class TimeNotGrowingError(Exception):
    """The frame is not later than the last one."""


def frame_recognize(*, session: OpenSession, content: bytes, at: float) -> Answer:
    """Decode a frame, follow the faces in it and recognise what they show.

    Args:
        at: seconds since the session began, by the sender's clock.

    Raises:
        PictureError: the bytes are no picture, or it is too large.
        TimeNotGrowingError: see there.
        RecognitionError: the recogniser cannot run, or its model is gone.
    """
    # Here and not above: the web process loads dlib, OpenCV and the network for the first frame.
    from mlcore.boxes import Detection
    from mlcore.detectors.base import to_grey
    from mlcore.tracking import Tracking

    state = (
        Tracking.from_numbers(session.tracking)
        if session.tracking is not None
        else Tracking(next_number=session.first_number)
    )
    if at <= state.time:
        raise TimeNotGrowingError
    machine = engine(session.detector, session.model)
    clock = [time.perf_counter()]
    picture = decode_picture(content, max_side=settings.LIVE_FRAME_MAX_SIDE)
    clock.append(time.perf_counter())
    grey = to_grey(picture)
    state, followed, searched = machine.tracker.follow(state, picture, grey, at)
    clock.append(time.perf_counter())
    faces = machine.recognizer.recognize_at(
        grey,
        [Detection(one.box, one.score) for one in followed],
        machine.tracker.crop_rule,
    )
    clock.append(time.perf_counter())
    height, width = grey.shape
    decode, detect, classify = (
        round(1e3 * (after - before), 2) for before, after in itertools.pairwise(clock)
    )
    body = {
        "time": at,
        "width": width,
        "height": height,
        "detected": searched,
        "faces": [
            {
                "track": one.number,
                "box": vars(face.box),
                "expression": face.expression,
                "probability": round(face.probability, 4),
                "probabilities": {
                    name: round(float(share), 4)
                    for name, share in zip(EXPRESSIONS, face.probabilities, strict=True)
                },
                "quality": round(face.quality.score, 4),
                "quality_issues": list(face.quality.issues),
                "uncertain": face.uncertain or one.held,
            }
            for one, face in zip(followed, faces, strict=True)
            if face.box.area
        ],
        "timings": {"decode": decode, "detect": detect, "classify": classify},
    }
    remembered = replace(session, tracking=state.to_numbers(), size=(width, height))
    return Answer(remembered, body)
