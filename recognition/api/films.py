"""Films: sent in pieces, and made anew."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.consents import consent_require
from accounts.models import Keep, User
from ferproject.common.bodies import UnreadParser, body_length, body_of
from ferproject.common.problems import Problem
from recognition.api.serializers import JobSerializer
from recognition.detectors import detector_preferred
from recognition.errors import ConflictError, UploadError
from recognition.films.uploads import (
    OffsetMismatchError,
    film_piece_append,
    film_upload_begin,
    film_upload_drop,
    film_upload_finish,
)
from recognition.films.work import film_making_request
from recognition.models import FilmUpload, Job
from recognition.purposes import check_purpose
from recognition.uploads import check_detector
from records.api.serializers.fields import NameField
from records.models import Record, Timeline
from records.names import safe_file_name
from records.timelines import TRACK_MAX

RATE = 5
RATES = [0, *range(1, 11)]
"""Samples a second that one may ask for; 0 is every frame."""

OFFSET = OpenApiParameter(
    "offset", OpenApiTypes.INT64, required=True, description="where the piece begins, in bytes"
)
STATES = ["uploading", "queued", "analysing", "done", "failed", "cancelled"]


class FilmStartSerializer(serializers.Serializer[Any]):
    file_name = serializers.CharField(max_length=1000)
    size = serializers.IntegerField(min_value=0, help_text="of the whole film, in bytes")
    name = NameField(required=False, allow_blank=True, default="")
    people_agreed = serializers.BooleanField(help_text="the people shown agreed; must be true")
    rate = serializers.ChoiceField(
        choices=RATES, default=RATE, help_text="samples a second; 0 for every frame"
    )
    detector = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="as of an upload of pictures"
    )
    purpose = serializers.CharField(required=False, allow_blank=True, default="")
    keep = serializers.ChoiceField(
        choices=Keep.choices,
        required=False,
        default="",
        help_text="what stays once it is analysed; without it your own setting",
    )


class FilmUploadSerializer(serializers.ModelSerializer[FilmUpload]):
    state = serializers.SerializerMethodField(help_text="`uploading`, then the job's")
    piece_max_bytes = serializers.SerializerMethodField()
    job = serializers.SerializerMethodField(help_text="null until the film is there whole")

    class Meta:
        model = FilmUpload
        fields = (
            *("id", "file_name", "name", "size", "offset", "rate", "state", "record", "job"),
            *("piece_max_bytes", "created_at", "expires_at"),
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, upload: FilmUpload) -> str:
        job = self._job(upload)
        if job is None:
            return "uploading"
        return "analysing" if job.state == Job.State.RUNNING else str(job.state)

    def get_piece_max_bytes(self, upload: FilmUpload) -> int:
        return settings.FILM_PIECE_MAX_BYTES

    @extend_schema_field(JobSerializer(allow_null=True))
    def get_job(self, upload: FilmUpload) -> dict[str, Any] | None:
        job = self._job(upload)
        return None if job is None else dict(JobSerializer(job).data)

    def _job(self, upload: FilmUpload) -> Job | None:
        if upload.record_id is None:
            return None
        jobs = Job.objects.filter(record=upload.record_id, kind=Job.Kind.FILM)
        job: Job | None = jobs.select_related("film").order_by("-created_at").first()
        return job


class PieceSerializer(serializers.Serializer[Any]):
    offset = serializers.IntegerField(help_text="so many bytes are there")
    record = serializers.UUIDField(allow_null=True, help_text="once the film is there whole")
    job = JobSerializer(allow_null=True)


class FilmMakingSerializer(serializers.Serializer[Any]):
    """What an annotated film shows."""

    smoothing = serializers.ChoiceField(
        choices=Timeline.Smoothing.choices, required=False, help_text="default: the timeline's"
    )
    tracks = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=TRACK_MAX),
        required=False,
        allow_null=True,
        default=None,
        max_length=10_000,
        help_text="whose faces are framed; null for all that are not hidden",
    )
    labels = serializers.BooleanField(default=True, help_text="with the tracks' names")
    blur_faces = serializers.BooleanField(
        default=False, help_text="make every face that was found unrecognisable"
    )
    language = serializers.ChoiceField(
        choices=settings.LANGUAGES,
        required=False,
        help_text="of the expressions' names in it; default: the answer's",
    )


class FilmsView(APIView):
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "uploads"

    @extend_schema(request=FilmStartSerializer, responses={201: FilmUploadSerializer})
    def post(self, request: Request) -> Response:
        """Begin to send a film, in pieces of `piece_max_bytes` at most.

        403 `consent_missing` as long as you did not agree to the notice.
        """
        user = cast("User", request.user)
        consent_require(user=user)
        fields = FilmStartSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        values = fields.validated_data
        try:
            if not values["people_agreed"]:
                raise UploadError(
                    "consent_required", _("Say that the people in the film agreed to this.")
                )
            check_purpose(values["purpose"])
            check_detector(values["detector"])
            upload = film_upload_begin(
                owner=user,
                file_name=safe_file_name(values["file_name"]) or "film",
                size=values["size"],
                name=values["name"],
                rate=float(values["rate"]),
                detector=values["detector"] or detector_preferred(user),
                purpose=values["purpose"],
                keep=values["keep"],
            )
        except UploadError as error:
            raise Problem(error.code, error.detail, 413 if error.too_large else 400) from error
        return Response(FilmUploadSerializer(upload).data, status=status.HTTP_201_CREATED)


class FilmView(APIView):
    parser_classes = [UnreadParser]

    @extend_schema(responses=FilmUploadSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How far an upload is; after its last piece, how far the analysis is."""
        return Response(FilmUploadSerializer(_upload(request, pk)).data)

    @extend_schema(
        parameters=[OFFSET],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=PieceSerializer,
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Send the next piece.

        409 `offset_mismatch`, with the `offset` that is wanted, if it does not begin where the
        upload ends. With the last piece the film is looked at, which takes seconds: if it is none
        that is taken, all of it is deleted. Should that answer get lost, send an empty body with
        `offset` at the end.
        """
        upload = _upload(request, pk)
        consent_require(user=cast("User", request.user))
        if upload.record_id is None:
            upload = self._append(request, upload)
        if upload.record_id is None and upload.offset == upload.size:
            try:
                film_upload_finish(upload=upload)
            except UploadError as error:
                raise Problem(error.code, error.detail) from error
            except FilmUpload.DoesNotExist:
                upload = _upload(request, pk)  # another request finished it, or it is gone
        shown = FilmUploadSerializer(upload).data
        return Response({"offset": upload.offset, "record": shown["record"], "job": shown["job"]})

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Cancel an upload; nothing of it stays. 409 `upload_over` once it is a record."""
        upload = _upload(request, pk)
        if upload.record_id is not None:
            raise Problem(
                "upload_over",
                _("The film is there whole; cancel its job or delete its record."),
                409,
            )
        film_upload_drop(upload=upload)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _append(self, request: Request, upload: FilmUpload) -> FilmUpload:
        offset = _offset(request)
        length = body_length(request)
        if length > settings.FILM_PIECE_MAX_BYTES:
            raise Problem(
                "piece_too_large",
                _("A piece has at most %(limit)s MB.")
                % {"limit": f"{settings.FILM_PIECE_MAX_BYTES / 1024 / 1024:g}"},
                413,
            )
        try:
            if offset != upload.offset:
                raise OffsetMismatchError(upload.offset)
            if not length and offset == upload.size:
                return upload
            if not length or offset + length > upload.size:
                raise Problem(
                    "piece_wrong", _("The piece is empty, or the film ends before it does.")
                )
            content = body_of(request, length)
            if len(content) != length:
                raise Problem("piece_wrong", _("The piece did not come whole; send it again."))
            return film_piece_append(upload=upload, offset=offset, content=content)
        except OffsetMismatchError as error:
            raise Problem(
                "offset_mismatch",
                _("The upload goes on at another place."),
                409,
                offset=error.offset,
            ) from error
        except FilmUpload.DoesNotExist:
            return _upload(request, upload.pk)


class FilmMakingView(APIView):
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "uploads"
    parser_classes = [JSONParser]

    @extend_schema(request=FilmMakingSerializer, responses={202: JobSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Have an annotated film made of what is stored; nothing is recognised again.

        It takes the place of an earlier one once it is done.
        """
        record = get_object_or_404(
            Record.objects.visible_to(request.user).filter(timeline__frame_rate__gt=0), pk=pk
        )
        fields = FilmMakingSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        options = dict(fields.validated_data)
        options.setdefault("smoothing", record.timeline.smoothing)
        options.setdefault("language", get_language() or settings.LANGUAGE_CODE)
        try:
            job = film_making_request(record=record, options=options)
        except ConflictError as error:
            raise Problem(error.code, error.detail, 409) from error
        except Record.DoesNotExist as error:
            raise NotFound from error
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)


def _upload(request: Request, pk: UUID) -> FilmUpload:
    uploads = FilmUpload.objects.visible_to(request.user).exclude(record__deleted_at__isnull=False)
    upload: FilmUpload = get_object_or_404(uploads.select_related("owner"), pk=pk)
    return upload


def _offset(request: Request) -> int:
    try:
        offset = int(request.query_params.get("offset", ""))
    except ValueError:
        offset = -1
    if offset < 0:
        raise Problem("invalid", _("“offset” must say where the piece begins."))
    return offset
