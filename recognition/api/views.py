from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.models import User
from ferproject.common.problems import Problem
from recognition.api.serializers import JobSerializer, JobsSerializer, UploadSerializer
from recognition.api.upload_handlers import PictureSizeLimit
from recognition.detectors import detector_choices
from recognition.errors import UploadError
from recognition.models import Job
from recognition.services import job_retry, jobs_submit
from recognition.uploads import check_count, check_picture

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
        not right, none is taken.
        """
        limit = settings.PICTURES_PER_UPLOAD * settings.PICTURE_MAX_BYTES + FORM_OVERHEAD
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise Problem("request_too_large", "The upload is too large.", 413)
        try:
            # `request.data` is read here first: a file that grows too large stops it midway.
            files = request.FILES.getlist("files")
            if not files:
                raise UploadError("no_file", "No picture was sent.")
            fields = UploadSerializer(data=request.data)
            fields.fields.pop("files")  # check_pictures says more of what is wrong with them
            fields.is_valid(raise_exception=True)
            if not fields.validated_data["consent"]:
                raise UploadError(
                    "consent_required", "Say that the people in the pictures agreed to this."
                )
            detector = fields.validated_data["detector"]
            if detector and detector not in (choices := detector_choices()):
                raise UploadError(
                    "unknown_detector",
                    f"There is no face detector {detector!r} here; choose {', '.join(choices)}.",
                )
            check_count(files)
            jobs = jobs_submit(
                owner=cast("User", request.user),
                pictures=map(check_picture, files),
                name=fields.validated_data["name"],
                detector=detector,
            )
        except UploadError as error:
            raise Problem(error.code, error.detail, 413 if error.too_large else 400) from error
        return Response(JobsSerializer({"jobs": jobs}).data, status=status.HTTP_202_ACCEPTED)


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Job]):
    """Your jobs, newest first; filter by `record` or `state`."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_fields = ["record", "state"]
    ordering_fields = ["created_at"]

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.visible_to(self.request.user)

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Try a failed job again."""
        job = self.get_object()
        if not job_retry(job=job):
            raise Problem("job_not_failed", "Only a failed job can be tried again.", 409)
        job.refresh_from_db()
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)
