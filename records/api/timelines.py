"""The samples of a record's timeline: thinned out for a chart, whole as files."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ferproject.common.renderers import AnyRenderer
from records.exports import samples_csv, samples_json
from records.models import Timeline
from records.selectors import timeline_samples
from records.timelines import TIME_MAX, TRACK_MAX

MOST = 2_000
MOST_MAX = 20_000
FILE = extend_schema(responses={(200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY)})


class SamplesQuerySerializer(serializers.Serializer[Any]):
    """Which samples; all of it may be left out."""

    start = serializers.FloatField(
        min_value=0, max_value=TIME_MAX, default=0, help_text="in seconds"
    )
    end = serializers.FloatField(
        min_value=0, max_value=TIME_MAX, default=TIME_MAX, help_text="in seconds, included"
    )
    track = serializers.IntegerField(
        min_value=0, max_value=TRACK_MAX, required=False, help_text="of this face alone"
    )
    most = serializers.IntegerField(
        min_value=1, max_value=MOST_MAX, default=MOST, help_text="more are thinned out evenly"
    )


class SampleColumnsSerializer(serializers.Serializer[Any]):
    """Samples by columns, in the order of time; each list has an entry for each sample."""

    times = serializers.ListField(child=serializers.FloatField(), help_text="in seconds")
    tracks = serializers.ListField(child=serializers.IntegerField())
    boxes = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=4, max_length=4),
        help_text="x, y, width, height in pixels",
    )
    probabilities = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=7, max_length=7),
        help_text="in the order of the `expressions` of /api/v1/config/",
    )
    quality = serializers.ListField(child=serializers.FloatField())
    uncertain = serializers.ListField(child=serializers.BooleanField())
    thinned = serializers.BooleanField(help_text="there are more than were asked for")


class SamplesView(APIView):
    @extend_schema(parameters=[SamplesQuerySerializer], responses=SampleColumnsSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """A record's samples between two times; 404 for a record that has none, as a picture's."""
        timeline = _timeline(request, pk)
        query = SamplesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        samples, thinned = timeline_samples(
            timeline=timeline, **{"track": None, **query.validated_data}
        )
        return Response({**samples.columns(), "thinned": thinned})


class SamplesFileView(APIView):
    renderer_classes = [AnyRenderer]
    writer: Any = None
    suffix = ""
    content_type = ""

    def respond(self, request: Request, pk: UUID) -> HttpResponseBase:
        timeline = _timeline(request, pk)
        response = StreamingHttpResponse(
            type(self).writer(timeline), content_type=self.content_type
        )
        assert timeline.record is not None  # those without are nobody's to see
        name = quote(f"{timeline.record.name}.{self.suffix}", safe="")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


class SamplesCsvView(SamplesFileView):
    writer = staticmethod(samples_csv)
    suffix, content_type = "csv", "text/csv; charset=utf-8"

    @FILE
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """All samples of a record as CSV, a line each."""
        return self.respond(request, pk)


class SamplesJsonView(SamplesFileView):
    writer = staticmethod(samples_json)
    suffix, content_type = "json", "application/json"

    @FILE
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """All samples of a record as JSON, with its timeline's marks, rounds and summary."""
        return self.respond(request, pk)


def _timeline(request: Request, pk: UUID) -> Timeline:
    timelines = Timeline.objects.visible_to(request.user).select_related("record")
    timeline: Timeline = get_object_or_404(timelines, record=pk)
    return timeline
