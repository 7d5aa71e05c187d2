from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import User
from ferproject.common.pagination import Selection
from ferproject.common.problems import Problem
from ferproject.common.renderers import AnyRenderer
from records.api.files import file_response
from records.api.serializers.faces import CorrectionSerializer, FaceSerializer
from records.api.serializers.records import (
    DeletedSerializer,
    RecordIdsSerializer,
    RecordSerializer,
    RecordSummarySerializer,
    RestoredSerializer,
    TagSerializer,
)
from records.filters import RecordFilter
from records.models import Face, Record, Tag
from records.ordering import RecordPages
from records.selectors import records_selection, records_whole, tags_in_use
from records.services import (
    EditConflict,
    face_correct,
    face_uncorrect,
    record_edit,
    records_discard,
    records_restore,
)

PICTURE = extend_schema(responses={(200, "image/*"): OpenApiResponse(OpenApiTypes.BINARY)})


@extend_schema_view(
    list=extend_schema(description="Your records that fit all filters, newest first."),
    destroy=extend_schema(
        description="Delete a record with its picture, crops and result. It is gone at once; "
        "`restore` brings it back within `RECORD_UNDO_SECONDS`."
    ),
)
class RecordViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Record],
):
    queryset = Record.objects.none()
    filter_backends = [DjangoFilterBackend]
    filterset_class = RecordFilter  # for the schema; records_selection applies it
    pagination_class = RecordPages

    def get_queryset(self) -> QuerySet[Record]:
        if self.action in {"retrieve", "partial_update"}:
            return records_whole(cast("User", self.request.user))
        records = Record.objects.visible_to(self.request.user).select_related("media")
        return records.prefetch_related("tags") if self.action == "list" else records

    def get_selection(self) -> Selection[Record]:
        """What the list shows, for its pages."""
        return records_selection(cast("User", self.request.user), self.request.query_params)

    def filter_queryset(self, queryset: Any) -> Any:
        return queryset  # `get_selection` has the filters

    def get_serializer_class(self) -> type[BaseSerializer[Record]]:
        return RecordSummarySerializer if self.action == "list" else RecordSerializer

    @extend_schema(request=RecordSerializer(partial=True))
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change name, note or tags.

        With the `revision` that you saw, 409 `edit_conflict` if somebody changed them since.
        """
        record = self.get_object()
        edit = self.get_serializer(record, data=request.data, partial=True)
        edit.is_valid(raise_exception=True)
        try:
            record_edit(record=record, **edit.validated_data)
        except EditConflict as error:
            raise edit_conflict() from error
        except Record.DoesNotExist as error:
            raise NotFound from error
        return Response(self.get_serializer(self.get_object()).data)

    def perform_destroy(self, instance: Record) -> None:
        records_discard(owner=cast("User", self.request.user), ids=[instance.pk])

    @extend_schema(request=RecordIdsSerializer, responses=DeletedSerializer)
    @action(detail=False, methods=["post"])
    def delete(self, request: Request) -> Response:
        """Delete up to 500 records, as one by one."""
        deleted = records_discard(owner=cast("User", request.user), ids=_ids(request))
        return Response(DeletedSerializer({"deleted": deleted}).data)

    @extend_schema(request=RecordIdsSerializer, responses=RestoredSerializer)
    @action(detail=False, methods=["post"])
    def restore(self, request: Request) -> Response:
        """Bring records back that you have deleted within the last `RECORD_UNDO_SECONDS`."""
        restored = records_restore(owner=cast("User", request.user), ids=_ids(request))
        return Response(RestoredSerializer({"restored": restored}).data)

    @PICTURE
    @action(detail=True, renderer_classes=[AnyRenderer])
    def original(self, request: Request, pk: str) -> HttpResponseBase:
        record = self.get_object()
        return file_response(request, record.media.original, record.name)

    @PICTURE
    @action(detail=True, renderer_classes=[AnyRenderer])
    def thumbnail(self, request: Request, pk: str) -> HttpResponseBase:
        record = self.get_object()
        return file_response(request, record.media.thumbnail, record.name)

    @PICTURE
    @action(detail=True, renderer_classes=[AnyRenderer])
    def annotated(self, request: Request, pk: str) -> HttpResponseBase:
        record = self.get_object()
        return file_response(
            request, record.annotated, _("%(name)s recognised") % {"name": record.name}
        )


class FaceViewSet(viewsets.GenericViewSet[Face]):
    queryset = Face.objects.none()
    serializer_class = FaceSerializer

    def get_queryset(self) -> QuerySet[Face]:
        return Face.objects.visible_to(self.request.user).defer("explanation")

    @PICTURE
    @action(detail=True, renderer_classes=[AnyRenderer])
    def crop(self, request: Request, pk: str) -> HttpResponseBase:
        return file_response(request, self.get_object().crop, "face")

    @extend_schema(request=CorrectionSerializer, responses=FaceSerializer)
    @action(detail=True, methods=["put"])
    def correction(self, request: Request, pk: str) -> Response:
        """Say what a face shows; the machine's answer stays beside it.

        To say what the machine says, too, is to agree with it.
        """
        found = self.get_object()
        said = CorrectionSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        try:
            face = face_correct(
                face=found,
                by=cast("User", request.user),
                expression=said.validated_data["expression"],
            )
        except Face.DoesNotExist as error:
            raise NotFound from error
        return Response(FaceSerializer(face).data)

    @extend_schema(responses={204: None})
    @correction.mapping.delete
    def correction_undo(self, request: Request, pk: str) -> Response:
        """Take a correction back."""
        try:
            face_uncorrect(face=self.get_object())
        except Face.DoesNotExist as error:
            raise NotFound from error
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    list=extend_schema(description="The tags of your records, in alphabetical order.")
)
class TagViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Tag]):
    queryset = Tag.objects.none()
    serializer_class = TagSerializer
    pagination_class = None
    filter_backends = []

    def get_queryset(self) -> Any:
        return tags_in_use(cast("User", self.request.user))


def edit_conflict() -> Problem:
    """Somebody else's edit came first."""
    return Problem(
        "edit_conflict",
        _("The record was changed in the meantime; look at it and change it again."),
        409,
    )


def _ids(request: Request) -> Any:
    several = RecordIdsSerializer(data=request.data)
    several.is_valid(raise_exception=True)
    return several.validated_data["ids"]
