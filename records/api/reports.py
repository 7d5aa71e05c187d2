"""Statistics of a selection of records, and its export."""

from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from ferproject.common.problems import Problem
from ferproject.common.renderers import AnyRenderer
from mlcore.labels import EXPRESSIONS
from records.api.serializers.records import RECORDS_AT_ONCE, RecordIdsSerializer
from records.exports import EXPORTS
from records.filters import RecordFilter
from records.models import Record
from records.selectors import records_selected
from records.statistics import records_statistics


class CountsSerializer(serializers.Serializer[Any]):
    """Faces by the expression that they count as."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name: serializers.IntegerField() for name in EXPRESSIONS}


class ExpressionShareSerializer(serializers.Serializer[Any]):
    expression = serializers.ChoiceField(choices=EXPRESSIONS)
    faces = serializers.IntegerField(help_text="that count as it: corrected, or else recognised")
    share = serializers.FloatField()
    mean_probability = serializers.FloatField(
        allow_null=True, help_text="of the faces that the machine recognised as it"
    )


class DaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    faces = serializers.IntegerField()
    counts = CountsSerializer()


class HourSerializer(serializers.Serializer[Any]):
    hour = serializers.IntegerField(help_text="0 to 23")
    faces = serializers.IntegerField()
    counts = CountsSerializer()


class WeekdaySerializer(serializers.Serializer[Any]):
    weekday = serializers.IntegerField(help_text="1, Monday, to 7")
    faces = serializers.IntegerField()
    counts = CountsSerializer()


class MatrixSerializer(serializers.Serializer[Any]):
    """Machine's answer: what people said instead, or agreed to."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name: CountsSerializer() for name in EXPRESSIONS}


class CorrectionsSerializer(serializers.Serializer[Any]):
    corrected = serializers.IntegerField(help_text="faces that a person gave an expression")
    agreeing = serializers.IntegerField(help_text="of them, those that the machine had right")
    matrix = MatrixSerializer()


class StatisticsSerializer(serializers.Serializer[Any]):
    records = serializers.IntegerField()
    faces = serializers.IntegerField()
    uncertain = serializers.IntegerField(help_text="faces whose expression is not to be relied on")
    mean_probability = serializers.FloatField(allow_null=True)
    expressions = ExpressionShareSerializer(many=True)
    days = DaySerializer(many=True)
    hours = HourSerializer(many=True)
    weekdays = WeekdaySerializer(many=True)
    corrections = CorrectionsSerializer()


class SelectionView(generics.GenericAPIView[Record]):
    """About those of the caller's records that the filters of the list leave."""

    queryset = Record.objects.none()
    filter_backends = [DjangoFilterBackend]
    filterset_class = RecordFilter  # for the schema; records_selected applies it
    pagination_class = None

    def selection(self) -> QuerySet[Record]:
        return records_selected(cast("User", self.request.user), self.request.query_params)


class StatisticsView(SelectionView):
    serializer_class = StatisticsSerializer

    @extend_schema(filters=True, responses=StatisticsSerializer)
    def get(self, request: Request) -> Response:
        """What your records show in sum; the same filters as in their list.

        Days, hours and weekdays are those of the zone `tz`.
        """
        records = self.selection()
        statistics = records_statistics(records=records, zone=_zone(request))
        return Response(StatisticsSerializer(statistics).data)


EXPORT_FORMAT = OpenApiParameter("format", enum=list(EXPORTS), required=True)
EXPORTED = {(200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY)}


class ExportView(SelectionView):
    renderer_classes = [AnyRenderer]
    parser_classes = [JSONParser, FormParser]

    @extend_schema(
        filters=True,
        parameters=[
            EXPORT_FORMAT,
            OpenApiParameter("ids", description="of them only these, separated by commas"),
        ],
        responses=EXPORTED,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """A selection of your records as CSV, JSON, or ZIP with the pictures.

        The same filters as in their list. The JSON and the ZIP can be imported into another
        installation.
        """
        ids = request.query_params.get("ids")
        return self._exported(None if ids is None else _ids(ids))

    @extend_schema(
        filters=True, parameters=[EXPORT_FORMAT], request=RecordIdsSerializer, responses=EXPORTED
    )
    def post(self, request: Request) -> HttpResponseBase:
        """The same of up to 500 records by id, which an address is too short for."""
        several = RecordIdsSerializer(data=request.data)
        several.is_valid(raise_exception=True)
        return self._exported(several.validated_data["ids"])

    def _exported(self, ids: list[UUID] | None) -> HttpResponseBase:
        kind = self.request.query_params.get("format", "")
        if kind not in EXPORTS:
            raise Problem(
                "unknown_export_format",
                _("There is no such format of export; choose %(choices)s.")
                % {"choices": ", ".join(EXPORTS)},
            )
        content_type, export = EXPORTS[kind]
        records = self.selection()
        if ids is not None:
            records = records.filter(pk__in=ids)
        response = StreamingHttpResponse(export(records), content_type=content_type)
        name = f"records-{timezone.localdate():%Y-%m-%d}.{kind}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _zone(request: Request) -> ZoneInfo:
    """The zone of `tz`, which the selection has checked."""
    return ZoneInfo(request.query_params.get("tz") or timezone.get_current_timezone_name())


def _ids(text: str) -> list[UUID]:
    try:
        ids = [UUID(one) for one in text.split(",") if one]
    except ValueError as error:
        raise Problem("invalid_ids", _("These are no records' ids.")) from error
    if len(ids) > RECORDS_AT_ONCE:
        raise Problem(
            "too_many_ids", _("Name at most %(most)d records.") % {"most": RECORDS_AT_ONCE}
        )
    return ids
