"""The live camera: sessions, their frames and samples, and what comes of them."""

import math
import time
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
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
from mlcore.labels import EXPRESSIONS
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
from recognition.selectors import practice_of
from recognition.uploads import check_bytes, check_detector
from records.api.serializers import (
    MARKS_MAX,
    BoxSerializer,
    MarkSerializer,
    NameField,
    PracticeRoundsSerializer,
    ProbabilitiesSerializer,
    RecordSerializer,
    RoundSerializer,
)
from records.failures import failure_detail
from records.models import Media
from records.selectors import records_whole
from records.timelines import TIME_MAX, Samples, SamplesError

FRAME_TYPES = ("image/jpeg", "image/webp")
LIVE_KINDS = [Media.Kind.LIVE.value, Media.Kind.PRACTICE.value]
TIME = OpenApiParameter(
    "time",
    OpenApiTypes.DOUBLE,
    required=True,
    description="seconds since the session began, by your clock; grows from frame to frame",
)
FRAME = dict.fromkeys(FRAME_TYPES, OpenApiTypes.BINARY)


class LiveStartSerializer(serializers.Serializer[Any]):
    people_agreed = serializers.BooleanField(
        help_text="the people before the camera agreed; must be true"
    )
    purpose = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="as of an upload"
    )
    detector = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="of the `live.detectors` of /api/v1/config/; without it your own default where "
        "that can be used live, or the site's",
    )


class LiveSessionSerializer(serializers.ModelSerializer[LiveSession]):
    frame_max_bytes = serializers.SerializerMethodField()
    frame_max_side = serializers.SerializerMethodField()
    idle_seconds = serializers.SerializerMethodField(
        help_text="after so long without frames and samples it becomes a record, or goes if it has "
        "no samples"
    )

    class Meta:
        model = LiveSession
        fields = (
            *("id", "created_at", "frame_max_bytes", "frame_max_side", "idle_seconds"),
            *("detector", "model"),
        )

    def get_frame_max_bytes(self, session: LiveSession) -> int:
        return settings.LIVE_FRAME_MAX_BYTES

    def get_frame_max_side(self, session: LiveSession) -> int:
        return settings.LIVE_FRAME_MAX_SIDE

    def get_idle_seconds(self, session: LiveSession) -> int:
        return settings.LIVE_IDLE_SECONDS


class LiveFaceSerializer(serializers.Serializer[Any]):
    track = serializers.IntegerField(
        help_text="the face's number; it stays when the face moves or is away for half a second"
    )
    box = BoxSerializer()
    expression = serializers.ChoiceField(choices=EXPRESSIONS)
    probability = serializers.FloatField()
    probabilities = ProbabilitiesSerializer()
    quality = serializers.FloatField()
    quality_issues = serializers.ListField(child=serializers.CharField())
    uncertain = serializers.BooleanField(
        help_text="not to be relied on; also where the face was not found in this very frame"
    )


class TimingsSerializer(serializers.Serializer[Any]):
    """Milliseconds on the server."""

    wait = serializers.FloatField(help_text="for others' frames")
    decode = serializers.FloatField()
    detect = serializers.FloatField()
    classify = serializers.FloatField()
    total = serializers.FloatField(help_text="also for who sends it, and whether they may")


class FrameSerializer(serializers.Serializer[Any]):
    """What a frame shows; probabilities are of this frame alone."""

    time = serializers.FloatField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    detected = serializers.BooleanField(help_text="the whole frame was searched")
    faces = LiveFaceSerializer(many=True)
    timings = TimingsSerializer()


class SampleSerializer(serializers.Serializer[Any]):
    time = serializers.FloatField(min_value=0, max_value=TIME_MAX)
    track = serializers.IntegerField(min_value=0)
    box = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    probabilities = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=1), min_length=7, max_length=7
    )
    quality = serializers.FloatField(min_value=0, max_value=1)
    uncertain = serializers.BooleanField()


class SamplesSerializer(serializers.Serializer[Any]):
    sequence = serializers.IntegerField(min_value=0, help_text="0, 1, 2, … of each call")
    samples = SampleSerializer(many=True)


class SequenceSerializer(serializers.Serializer[Any]):
    next = serializers.IntegerField(help_text="the sequence that is wanted next")


class LiveFinishSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=LIVE_KINDS, default=Media.Kind.LIVE.value)
    name = NameField(required=False, allow_blank=True, default="")
    marks = serializers.ListField(child=MarkSerializer(), max_length=MARKS_MAX, default=list)
    duration = serializers.FloatField(min_value=0, max_value=TIME_MAX)
    width = serializers.IntegerField(min_value=1, max_value=100_000, help_text="of the frames")
    height = serializers.IntegerField(min_value=1, max_value=100_000)
    practice = PracticeRoundsSerializer(required=False, allow_null=True, default=None)


class ExpressionPracticeSerializer(serializers.Serializer[Any]):
    expression = serializers.ChoiceField(choices=EXPRESSIONS)
    rounds = serializers.IntegerField()
    mean_score = serializers.FloatField(allow_null=True)
    best_score = serializers.FloatField(allow_null=True)
    recent_mean = serializers.FloatField(allow_null=True, help_text="of the last five rounds")
    trend = serializers.FloatField(
        allow_null=True,
        help_text="by how much the mean of the last five is above that of the five before; null "
        "with less than six rounds",
    )


class PracticeRecordSerializer(serializers.Serializer[Any]):
    record = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    mean_score = serializers.FloatField(allow_null=True)
    rounds = RoundSerializer(many=True)


class PracticeSerializer(serializers.Serializer[Any]):
    rounds_total = serializers.IntegerField()
    expressions = ExpressionPracticeSerializer(many=True)
    history = PracticeRecordSerializer(many=True, help_text="the newest hundred")


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


class PracticeView(APIView):
    @extend_schema(responses=PracticeSerializer)
    def get(self, request: Request) -> Response:
        """How your practice goes: scores of each expression, and the newest sessions."""
        return Response(PracticeSerializer(practice_of(cast("User", request.user))).data)


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
