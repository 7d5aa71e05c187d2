import math
import time
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.consents import consent_require
from accounts.models import User
from ferproject.common.bodies import UnreadParser, body_length, body_of
from ferproject.common.problems import Problem
from mlcore.errors import PictureError
from recognition.api.live.serializers import (
    FrameSerializer,
    LiveFinishSerializer,
    LiveSessionSerializer,
    LiveStartSerializer,
    SamplesSerializer,
    SequenceSerializer,
)
from recognition.detectors import detector_preferred
from recognition.errors import RecognitionError, UploadError
from recognition.live.frames import (
    TimeNotGrowingError,
    engine,
    frame_recognize,
    live_detector,
    turns,
)
from recognition.live.gate import throttled_detail
from recognition.live.services import (
    SequenceGapError,
    live_drop,
    live_finish,
    live_picture_store,
    live_samples_append,
    live_start,
)
from recognition.live.sessions import (
    frame_in_flight,
    session_forget,
    session_open,
    session_opened,
    session_remember,
)
from recognition.live.turns import NotNowError
from recognition.models import LiveSession
from recognition.picture_problems import picture_problem
from recognition.purposes import check_purpose
from recognition.uploads import check_bytes, check_detector
from records.api.serializers.records import RecordSerializer
from records.failures import failure_detail
from records.models import Media
from records.selectors import records_whole
from records.timelines import TIME_MAX, Samples, SamplesError

FRAME_TYPES = ("image/jpeg", "image/webp")
TIME = OpenApiParameter(
    "time",
    OpenApiTypes.DOUBLE,
    required=True,
    description="seconds since the session began, by your clock; grows from frame to frame",
)
FRAME = dict.fromkeys(FRAME_TYPES, OpenApiTypes.BINARY)


class LiveView(APIView):
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "uploads"

    @extend_schema(request=LiveStartSerializer, responses={201: LiveSessionSerializer})
    def post(self, request: Request) -> Response:
        """Begin a live session: your camera's frames are recognised as they come.

        403 `consent_missing` as long as you did not agree to the notice. Nothing of it is kept but
        the samples that you send, and a picture if you send one to be kept.
        """
        user = cast("User", request.user)
        consent_require(user=user)
        fields = LiveStartSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        values = fields.validated_data
        try:
            if not values["people_agreed"]:
                raise UploadError(
                    "consent_required", _("Say that the people before the camera agreed to this.")
                )
            check_purpose(values["purpose"])
            check_detector(values["detector"])
            detector = live_detector(values["detector"], detector_preferred(user))
        except UploadError as error:
            raise Problem(error.code, error.detail) from error
        try:
            recognizer = engine(detector).recognizer  # loaded now, not by the first frame
        except RecognitionError as error:
            raise _cannot_run(error) from error
        session = live_start(
            owner=user,
            detector=detector,
            model=f"{recognizer.model_name}@{recognizer.model_version}",
            purpose=values["purpose"],
        )
        session_opened(session)
        return Response(LiveSessionSerializer(session).data, status=status.HTTP_201_CREATED)


class LiveSessionView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """End a session and keep nothing of it."""
        try:
            live_drop(session=_session(request, pk))
        except LiveSession.DoesNotExist as error:
            raise NotFound from error
        session_forget(pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LiveFramesView(APIView):
    """Frames. Checks go from the cheapest on; nothing is decoded before its turn."""

    parser_classes = [UnreadParser]

    @extend_schema(parameters=[TIME], request=FRAME, responses=FrameSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Have a frame recognised, JPEG or WebP, one at a time.

        The next may be sent when this is answered, so that the rate follows what the server has
        time for. 429 `throttled` says in `retry_after` after how many seconds to go on.
        """
        arrived: float = request._request.arrived  # type: ignore[attr-defined]  # see the gate
        user = cast("User", request.user)
        length = _length(request, settings.LIVE_FRAME_MAX_BYTES)
        at = _time(request)
        session = session_open(user, pk)
        try:
            with frame_in_flight(pk):
                content = _body(request, length)
                if not content.startswith((b"\xff\xd8\xff", b"RIFF")):
                    raise Problem("not_a_picture", _("This is no JPEG or WebP picture."))
                asked = time.perf_counter()
                with turns.turn(user.pk):
                    waited = time.perf_counter() - asked
                    answer = frame_recognize(session=session, content=content, at=at)
                session_remember(answer.session)
        except NotNowError as error:
            raise Problem(
                "throttled",
                throttled_detail(),
                429,
                wait=error.seconds,
                retry_after=round(error.seconds, 3),
            ) from error
        except TimeNotGrowingError as error:
            raise Problem(
                "time_not_growing", _("This frame is not later than the one before it.")
            ) from error
        except PictureError as error:
            code = error.code if error.code == "frame_too_big" else "not_a_picture"
            raise Problem(code, picture_problem(error)) from error
        except RecognitionError as error:
            raise _cannot_run(error) from error
        timings = {
            "wait": round(1e3 * waited, 2),
            **answer.body["timings"],
            "total": round(1e3 * (time.perf_counter() - arrived), 2),
        }
        return Response({**answer.body, "timings": timings})


class LiveSamplesView(APIView):
    @extend_schema(request=SamplesSerializer, responses=SequenceSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Have samples kept, at most 600 a call, in calls numbered from 0.

        A call that came before is answered like the first time and written once; one that is ahead
        gets 409 `sequence_gap`, and `next` says which is wanted.
        """
        session = _session(request, pk)
        sequence, samples = _samples(request.data)
        try:
            wanted = live_samples_append(session=session, sequence=sequence, samples=samples)
        except LiveSession.DoesNotExist as error:
            raise NotFound from error
        except SequenceGapError as error:
            raise Problem(
                "sequence_gap",
                _("Samples that come before these are missing."),
                409,
                next=error.wanted,
            ) from error
        return Response({"next": wanted})


class LivePictureView(APIView):
    parser_classes = [UnreadParser]

    @extend_schema(request=FRAME, responses={204: None})
    def put(self, request: Request, pk: UUID) -> Response:
        """Keep a picture with the session, in place of an earlier one."""
        session = _session(request, pk)
        content = _body(request, _length(request, settings.PICTURE_MAX_BYTES))
        try:
            live_picture_store(session=session, picture=check_bytes(content, "camera"))
        except UploadError as error:
            raise Problem(error.code, error.detail, 413 if error.too_large else 400) from error
        except LiveSession.DoesNotExist as error:
            raise NotFound from error
        return Response(status=status.HTTP_204_NO_CONTENT)


class LiveFinishView(APIView):
    @extend_schema(
        request=LiveFinishSerializer, responses={200: RecordSerializer, 201: RecordSerializer}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """End a session and make a record of its samples; sent again, 200 and the same record."""
        session = LiveSession.objects.visible_to(request.user).filter(pk=pk).first()
        if session is None:
            raise NotFound
        fields = LiveFinishSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        values = dict(fields.validated_data)
        practice = values.pop("practice")
        if values["kind"] == Media.Kind.PRACTICE and practice is None:
            practice = {"rounds": []}
        try:
            record, is_new = live_finish(
                session=session, rounds=practice["rounds"] if practice else None, **values
            )
        except LiveSession.DoesNotExist as error:
            raise NotFound from error
        session_forget(pk)
        shown = records_whole(cast("User", request.user)).filter(pk=record.pk).first()
        if shown is None:
            raise NotFound  # deleted since
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(RecordSerializer(shown).data, status=code)


def _session(request: Request, pk: UUID) -> LiveSession:
    session: LiveSession | None = LiveSession.objects.open_to(request.user).filter(pk=pk).first()
    if session is None:
        raise NotFound
    return session


def _length(request: Request, most: int) -> int:
    """How many bytes the body has; they are not read yet."""
    kind = (request.content_type or "").partition(";")[0].strip().lower()
    if kind not in FRAME_TYPES:
        raise Problem(
            "unsupported_type",
            _("Send a picture as %(types)s.") % {"types": ", ".join(FRAME_TYPES)},
            415,
        )
    length = body_length(request)
    if length > most:
        raise Problem(
            "frame_too_large",
            _("The picture is larger than %(limit)s MB.") % {"limit": f"{most / 1024 / 1024:g}"},
            413,
        )
    return length


def _body(request: Request, length: int) -> bytes:
    content = body_of(request, length)
    if not content:
        raise Problem("not_a_picture", _("The body is empty."))
    return content


def _time(request: Request) -> float:
    try:
        at = float(request.query_params.get("time", ""))
    except ValueError:
        at = math.nan
    if not 0 <= at <= TIME_MAX:
        raise Problem("invalid", _("“time” must say the seconds since the session began."))
    return at


def _samples(data: Any) -> tuple[int, Samples]:
    """What was sent, checked by columns: field by field it would take a hundred times as long."""
    try:
        sequence, rows = data["sequence"], data["samples"]
        if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 0:
            raise SamplesError("sequence is no number from 0 on")
        if not isinstance(rows, list) or len(rows) > settings.LIVE_SAMPLES_PER_CALL:
            raise SamplesError(f"samples are more than {settings.LIVE_SAMPLES_PER_CALL}, or none")
        names = ("time", "track", "box", "probabilities", "quality", "uncertain")
        columns = [[row[name] for row in rows] for name in names]
        times, tracks, boxes, probabilities, quality, uncertain = columns
        samples = Samples.of(
            times=times,
            tracks=tracks,
            boxes=boxes,
            probabilities=probabilities,
            quality=quality,
            uncertain=uncertain,
        )
    except (KeyError, TypeError, SamplesError) as error:
        raise Problem(
            "invalid", _("The samples are not right: %(why)s.") % {"why": error}
        ) from error
    return sequence, samples


def _cannot_run(error: RecognitionError) -> Problem:
    return Problem(error.code, failure_detail(code=error.code, stored=error.detail), 409)
