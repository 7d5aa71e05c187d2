from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from records.api.files import file_response
from records.api.serializers import RecordSerializer, RecordSummarySerializer
from records.models import Face, Record
from records.services import record_delete, record_rename

PICTURE = extend_schema(responses={(200, "image/*"): OpenApiResponse(OpenApiTypes.BINARY)})


class AnyRenderer(BaseRenderer):
    """Lets `Accept: image/*` through; the views that use it answer with files."""

    media_type = "*/*"
    format = ""

    def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return JSONRenderer().render(data, *args, **kwargs)


@extend_schema_view(
    list=extend_schema(description="Your records, newest first; filter by `uncertain`."),
    partial_update=extend_schema(description="Rename a record."),
    destroy=extend_schema(description="Delete a record with its picture, crops and result."),
)
class RecordViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Record],
):
    queryset = Record.objects.none()
    http_method_names = ["get", "patch", "delete", "head", "options"]
    filterset_fields = ["uncertain"]
    ordering_fields = ["created_at"]

    def get_queryset(self) -> QuerySet[Record]:
        records = Record.objects.visible_to(self.request.user)
        if self.action in {"retrieve", "partial_update"}:
            # Explanations are large, and asked for one by one.
            faces = Prefetch("faces", Face.objects.defer("explanation"))
            return records.select_related("media").prefetch_related(faces)
        return records.select_related("media") if self.action != "list" else records

    def get_serializer_class(self) -> type[BaseSerializer[Record]]:
        return RecordSummarySerializer if self.action == "list" else RecordSerializer

    def perform_update(self, serializer: BaseSerializer[Record]) -> None:
        assert serializer.instance is not None
        name = serializer.validated_data.get("name") or serializer.instance.name
        record_rename(record=serializer.instance, name=name)

    def perform_destroy(self, instance: Record) -> None:
        record_delete(record=instance)

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
        return file_response(request, record.annotated, f"{record.name} recognised")


class FaceViewSet(viewsets.GenericViewSet[Face]):
    queryset = Face.objects.none()

    def get_queryset(self) -> QuerySet[Face]:
        return Face.objects.visible_to(self.request.user).defer("explanation")

    @PICTURE
    @action(detail=True, renderer_classes=[AnyRenderer])
    def crop(self, request: Request, pk: str) -> HttpResponseBase:
        return file_response(request, self.get_object().crop, "face")
