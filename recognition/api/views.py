from typing import Any, cast
from uuid import UUID

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle, ScopedRateThrottle
from rest_framework.views import APIView

from accounts.consents import consent_require
from accounts.models import User
from ferproject.common.problems import Problem
from mlcore.labels import EXPRESSIONS
from recognition.api.serializers import (
    CancelSerializer,
    ExplanationQueuedSerializer,
    ExplanationSerializer,
    JobSerializer,
    JobsSerializer,
    ModelSerializer,
    RecognizeAgainSerializer,
    UploadSerializer,
)
from recognition.api.upload_handlers import PictureSizeLimit
from recognition.detectors import detector_preferred
from recognition.errors import ConflictError, UploadError
from recognition.explanations import QUEUED, explanation_of
from recognition.films.work import film_job_cancel
from recognition.models import Job
from recognition.purposes import check_purpose
from recognition.selectors import model_find, models_available
from recognition.services import (
    explanation_request,
    job_retry,
    jobs_submit,
    record_recognize_again,
)
from recognition.uploads import check_count, check_detector, check_picture
from records.failures import failure_detail
from records.models import Face, Record

EXPRESSION = OpenApiParameter(
    "expression", enum=EXPRESSIONS, description="default: the one that the face shows"
)

FORM_OVERHEAD = 1024 * 1024
"""What the other fields and the boundaries of a form may take, in bytes."""


class RecognitionsView(APIView):
    parser_classes = [MultiPartParser]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "uploads"

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        request.upload_handlers.insert(0, PictureSizeLimit(request))
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer}, responses={202: JobsSerializer}
    )
    def post(self, request: Request) -> Response:
        """Upload one or more pictures (JPEG, PNG, WebP, BMP) to be recognised.

        Answers at once with a job for each; follow it at `/api/v1/jobs/{id}/`. If one picture is
        not right, none is taken. 403 `consent_missing` as long as you did not agree to the notice,
        see `/api/v1/consent/`.
        """
        user = cast("User", request.user)
        consent_require(user=user)  # first: it is pointless to send 20 pictures before
        limit = settings.PICTURES_PER_UPLOAD * settings.PICTURE_MAX_BYTES + FORM_OVERHEAD
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise Problem("request_too_large", _("The upload is too large."), 413)
        try:
            # `request.data` is read here first: a file that grows too large stops it midway.
            files = request.FILES.getlist("files")
            if not files:
                raise UploadError("no_file", _("No picture was sent."))
            fields = UploadSerializer(data=request.data)
            fields.fields.pop("files")  # check_pictures says more of what is wrong with them
            fields.is_valid(raise_exception=True)
            if not fields.validated_data["consent"]:
                raise UploadError(
                    "consent_required", _("Say that the people in the pictures agreed to this.")
                )
            check_purpose(fields.validated_data["purpose"])
            detector = fields.validated_data["detector"]
            check_detector(detector)
            check_count(files)
            jobs = jobs_submit(
                owner=user,
                pictures=map(check_picture, files),
                name=fields.validated_data["name"],
                detector=detector or detector_preferred(user),
                kind=fields.validated_data["kind"],
                purpose=fields.validated_data["purpose"],
                keep=fields.validated_data.get("keep"),
            )
        except UploadError as error:
            raise Problem(error.code, error.detail, 413 if error.too_large else 400) from error
        return Response(JobsSerializer({"jobs": jobs}).data, status=status.HTTP_202_ACCEPTED)


class RecognizeAgainView(APIView):
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "uploads"

    @extend_schema(request=RecognizeAgainSerializer, responses={202: JobSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Recognise a record again, with another detector or model or with newer ones.

        The record keeps its result until the new one is there. Corrections stay with the faces
        that are found where they were (intersection over union of the boxes 0.5 or more); those of
        others are dropped.
        """
        record = get_object_or_404(Record.objects.visible_to(request.user), pk=pk)
        fields = RecognizeAgainSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        detector, text = fields.validated_data["detector"], fields.validated_data["model"]
        model = model_find(text) if text else None
        if text and model is None:
            raise Problem(
                "unknown_model",
                _("There is no model “%(model)s” here; choose %(choices)s.")
                % {"model": text, "choices": ", ".join(map(str, models_available()))},
            )
        try:
            check_detector(detector)
            job = record_recognize_again(
                record=record, detector=detector, model=str(model) if model else ""
            )
        except UploadError as error:
            raise Problem(error.code, error.detail) from error
        except ConflictError as error:
            raise Problem(error.code, error.detail, 409) from error
        except Record.DoesNotExist as error:
            raise NotFound from error
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)


class ModelsView(APIView):
    @extend_schema(responses=ModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The models that a recognition can be asked for, by name, the newest first."""
        return Response(ModelSerializer(models_available(), many=True).data)


class ExplanationView(APIView):
    """What the answer for a face rests on. One run of a worker serves all expressions."""

    throttle_scope = "uploads"

    def get_throttles(self) -> list[BaseThrottle]:
        return [ScopedRateThrottle()] if self.request.method == "POST" else []

    @extend_schema(
        parameters=[EXPRESSION],
        responses={200: ExplanationSerializer, 202: ExplanationQueuedSerializer},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """How much each place of the crop adds to the probability of an expression.

        202 as long as it is being worked out, 404 `explanation_missing` if nobody asked for it
        with POST, 409 `explanation_failed` if it failed. `model_version` may be older than the
        active model's; POST asks for that one's.
        """
        face, expression = self._asked(request, pk)
        if face.explanation is None:
            raise Problem(
                "explanation_missing", _("Nobody asked for it yet; do so with POST."), 404
            )
        if error := face.explanation.get("error"):
            code = face.explanation.get("code", "")
            raise Problem("explanation_failed", failure_detail(code=code, stored=error), 409)
        if face.explanation == QUEUED:
            return self._queued()
        return self._answer(face, expression)

    @extend_schema(
        parameters=[EXPRESSION],
        request=None,
        responses={200: ExplanationSerializer, 202: ExplanationQueuedSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Have it worked out by the active model; ask for it with GET, usually a second later.

        Answers 200 with it where that was done before. If it takes long, POST again: that is
        always safe, and the only way on where a worker was lost.
        """
        face, expression = self._asked(request, pk)
        if explanation_request(face=face):
            return self._queued()
        return self._answer(face, expression)

    def _asked(self, request: Request, pk: UUID) -> tuple[Face, str]:
        face = get_object_or_404(Face.objects.visible_to(request.user), pk=pk)
        expression = request.query_params.get("expression") or face.expression
        if expression not in EXPRESSIONS:
            raise Problem(
                "unknown_expression",
                _("There is no such expression; choose %(choices)s.")
                % {"choices": ", ".join(EXPRESSIONS)},
            )
        return face, expression

    def _queued(self) -> Response:
        return Response(ExplanationQueuedSerializer(QUEUED).data, status=status.HTTP_202_ACCEPTED)

    def _answer(self, face: Face, expression: str) -> Response:
        assert face.explanation is not None
        of_expression = explanation_of(face.explanation, expression)
        return Response(ExplanationSerializer(of_expression).data)


class JobFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which of a person's jobs."""

    # By the id alone: to look the record up would tell whether there is one of somebody else's.
    record = django_filters.UUIDFilter(field_name="record_id")

    class Meta:
        model = Job
        fields = ["record", "state"]


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Job]):
    """Your jobs, newest first; filter by `record` or `state`."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    ordering_fields = ["created_at"]

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.visible_to(self.request.user).select_related("film")

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Try a failed job again."""
        job = self.get_object()
        if not job_retry(job=job):
            raise Problem("job_not_failed", _("Only a failed job can be tried again."), 409)
        job.refresh_from_db()
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=CancelSerializer, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """End a film's job that is queued or running.

        With `keep`, what was analysed so far stays as a record that is done; without it a record
        that had no result before goes for good, and the job with it.
        """
        job = self.get_object()
        fields = CancelSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        try:
            cancelled = film_job_cancel(job=job, keep=fields.validated_data["keep"])
        except ConflictError as error:
            raise Problem(error.code, error.detail, 409) from error
        return Response(JobSerializer(cancelled).data)
