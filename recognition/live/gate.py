"""Refuses floods of frames before session, person and database are asked."""

import contextlib
import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, UnreadablePostError
from django.utils import translation
from django.utils.translation import gettext as _

from ferproject.common.bodies import body_length
from ferproject.common.problems import problem_json

FRAMES = re.compile(r"^/api/v1/live/[0-9a-f-]{36}/frames/?$")

SENDERS_MAX = 10_000
"""So many are remembered; who was not heard of for longest is forgotten first."""

LEAST_WAIT = 0.1
"""In seconds; to come again any sooner would only be refused again."""


class Buckets:
    """Token buckets: each sender may send `rate` a second, and as many at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, sender: str, rate: float) -> float:
        """Take one; 0, or after how many seconds there is one again."""
        with self._lock:
            now = self._clock()
            level, at = self._levels.pop(sender, (rate, now))
            level = min(rate, level + (now - at) * rate)
            taken = level >= 1
            self._levels[sender] = (level - taken, now)
            if len(self._levels) > SENDERS_MAX:
                self._levels.popitem(last=False)
        return 0.0 if taken else (1 - level) / rate


class LiveGateMiddleware:
    """429 for whoever sends more than `LIVE_FRAME_RATE` frames a second to a web process.

    It stands before all that asks the database, and knows people by what they sign their requests
    with, whether that is right or not: a wrong one is refused later, as everywhere.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.buckets = Buckets()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not FRAMES.match(request.path_info):
            return self.get_response(request)
        request.arrived = time.perf_counter()  # type: ignore[attr-defined]
        response = self._answer(request)
        if response.status_code >= 400:
            _read_rest(request)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        wait = self.buckets.wait(_sender(request), settings.LIVE_FRAME_RATE)
        if not wait:
            return self.get_response(request)
        # The middleware that knows people's languages comes later.
        with translation.override(translation.get_language_from_request(request)):
            return _throttled(max(wait, LEAST_WAIT))


def _read_rest(request: HttpRequest) -> None:
    """Read what is left of a frame that is refused.

    The web server reads up to 64 KiB itself. With more left it ends the connection, though it has
    told the sender that it stays open, and the sender's next frame is lost on it. What is larger
    than any frame may be is left to it.
    """
    length = body_length(request)
    if length <= settings.LIVE_FRAME_MAX_BYTES:
        with contextlib.suppress(UnreadablePostError):
            request.read(length)


def _throttled(wait: float) -> HttpResponseBase:
    """As the view of frames says it."""
    response = problem_json("throttled", throttled_detail(), 429, retry_after=round(wait, 3))
    response["Retry-After"] = str(math.ceil(wait))
    return response


def throttled_detail() -> str:
    return _("More frames came than this server has time for; send fewer.")


def _sender(request: HttpRequest) -> str:
    return (
        request.META.get("HTTP_AUTHORIZATION")
        or request.META.get("HTTP_X_SESSION_TOKEN")
        or request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        or request.META.get("REMOTE_ADDR", "")
    )
