"""A record's timeline: its samples, thinned out for a chart and whole as files; what a person does
to its tracks; and its segments."""

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from ferproject.common.bodies import UnreadParser, body_length, body_of
from ferproject.common.problems import Problem
from ferproject.common.renderers import AnyRenderer
from mlcore.labels import EXPRESSIONS
from records.api.serializers.faces import ProbabilitiesSerializer
from records.api.serializers.fields import TrackNameField
from records.api.serializers.records import RecordSerializer
from records.api.serializers.timelines import SegmentSerializer
from records.api.views import edit_conflict
from records.exports import (
    captions_vtt,
    elan_eaf,
    samples_csv,
    samples_json,
    samples_json_lines,
    segments_csv,
)
from records.models import Record, Timeline
from records.segments import (
    CUE_SHEET_MAX_BYTES,
    CUE_SHEET_PROBLEMS,
    SEGMENTS_MAX,
    CueSheetError,
    cue_sheet_read,
)
from records.selectors import records_whole, timeline_samples, timeline_statistics
from records.services import EditConflict, timeline_edit, tracks_merge, tracks_unmerge
from records.timelines import TIME_MAX, TRACK_MAX
from records.tracks import TracksOverlapError, UnknownTrackError

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
    smoothing = serializers.ChoiceField(
        choices=Timeline.Smoothing.choices,
        required=False,
        help_text="default: the timeline's own",
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
        """A record's samples between two times; 404 for a record that has none, as a picture's.

        Merged tracks have the number that is shown; hidden ones are among them. While a film is
        being analysed, those that are known so far.
        """
        timeline = _timeline(request, pk)
        query = SamplesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        samples, thinned = timeline_samples(
            timeline=timeline, **{"track": None, **query.validated_data}
        )
        return Response({**samples.columns(), "thinned": thinned})


class TrackEditSerializer(serializers.Serializer[Any]):
    track = serializers.IntegerField(min_value=0, max_value=TRACK_MAX)
    name = TrackNameField(required=False)
    hidden = serializers.BooleanField(required=False)


class TimelineEditSerializer(serializers.Serializer[Any]):
    """What is to change; all of it may be left out."""

    smoothing = serializers.ChoiceField(choices=Timeline.Smoothing.choices, required=False)
    tracks = serializers.ListField(child=TrackEditSerializer(), required=False, max_length=1_000)
    segments = serializers.ListField(
        child=SegmentSerializer(),
        required=False,
        max_length=SEGMENTS_MAX,
        help_text="in place of those that are there",
    )
    revision = serializers.IntegerField(
        required=False,
        min_value=1,
        help_text="of the record; sent along, an edit of another revision is refused",
    )


class MergeSerializer(serializers.Serializer[Any]):
    into = serializers.IntegerField(min_value=0, max_value=TRACK_MAX)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        numbers = serializers.ListField(
            child=serializers.IntegerField(min_value=0, max_value=TRACK_MAX),
            allow_empty=False,
            max_length=1_000,
            source="others",
        )
        return {**super().get_fields(), "from": numbers}  # a word of Python's


class UnmergeSerializer(serializers.Serializer[Any]):
    track = serializers.IntegerField(min_value=0, max_value=TRACK_MAX)


class PeakSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(min_value=0, max_value=1)
    time = serializers.FloatField(help_text="in seconds")
    track = serializers.IntegerField()


class PeaksSerializer(serializers.Serializer[Any]):
    """Of each expression, where it is most probable."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name: PeakSerializer() for name in EXPRESSIONS}


class SegmentStatisticsSerializer(serializers.Serializer[Any]):
    """What was shown in a segment, of the samples that can be relied on."""

    id = serializers.CharField(allow_null=True, help_text="null for the whole timeline")
    name = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    track = serializers.IntegerField(allow_null=True, help_text="null for all faces together")
    samples = serializers.IntegerField(help_text="that can be relied on")
    uncertain = serializers.IntegerField(help_text="samples that cannot")
    seconds = serializers.FloatField(help_text="for which the face was seen, or faces were in all")
    shares = ProbabilitiesSerializer(
        allow_null=True, help_text="of the samples, in which each expression was the strongest"
    )
    mean = ProbabilitiesSerializer(allow_null=True)
    peak = PeaksSerializer(allow_null=True)


class RevisionView(APIView):
    """Answers an edit with the whole record."""

    def edited(self, request: Request, pk: UUID, edit: Callable[[Record], object]) -> Response:
        """
        Raises:
            Problem: `unknown_track`, `tracks_overlap`, `edit_conflict`.
        """
        record = _timeline(request, pk).record
        assert record is not None  # those without are nobody's to see
        try:
            edit(record)
        except UnknownTrackError as error:
            raise Problem(
                "unknown_track", _("There is no face %(number)d here.") % {"number": error.number}
            ) from error
        except TracksOverlapError as error:
            raise Problem(
                "tracks_overlap",
                _("The faces %(one)d and %(other)d are there at the same time.")
                % {"one": error.one, "other": error.other},
                409,
            ) from error
        except EditConflict as error:
            raise edit_conflict() from error
        except Timeline.DoesNotExist as error:
            raise NotFound from error
        shown = get_object_or_404(records_whole(cast("User", request.user)), pk=pk)
        return Response(RecordSerializer(shown).data)


class TimelineEditView(RevisionView):
    @extend_schema(request=TimelineEditSerializer, responses=RecordSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change a timeline's smoothing, its tracks' names, which are hidden, or its segments.

        With the `revision` that you saw, 409 `edit_conflict` if somebody changed the record since.
        """
        fields = TimelineEditSerializer(data=request.data)

        def edit(record: Record) -> None:
            fields.is_valid(raise_exception=True)
            values = fields.validated_data
            tracks = values.get("tracks", ())
            timeline_edit(
                record=record,
                revision=values.get("revision"),
                smoothing=values.get("smoothing"),
                names={one["track"]: one["name"] for one in tracks if "name" in one},
                hidden={one["track"]: one["hidden"] for one in tracks if "hidden" in one},
                segments=values.get("segments"),
            )

        return self.edited(request, pk, edit)


class TracksMergeView(RevisionView):
    @extend_schema(request=MergeSerializer, responses=RecordSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Show several tracks as one; 409 `tracks_overlap` if two are there at the same time."""
        fields = MergeSerializer(data=request.data)

        def edit(record: Record) -> None:
            fields.is_valid(raise_exception=True)
            tracks_merge(record=record, **fields.validated_data)

        return self.edited(request, pk, edit)


class TracksUnmergeView(RevisionView):
    @extend_schema(request=UnmergeSerializer, responses=RecordSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Show the tracks that were merged into this one on their own again."""
        fields = UnmergeSerializer(data=request.data)

        def edit(record: Record) -> None:
            fields.is_valid(raise_exception=True)
            tracks_unmerge(record=record, **fields.validated_data)

        return self.edited(request, pk, edit)


class SegmentsView(APIView):
    @extend_schema(responses=SegmentStatisticsSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """What was shown in the whole timeline and in each segment: by all faces, and by each."""
        found = timeline_statistics(_timeline(request, pk))
        return Response(SegmentStatisticsSerializer(found, many=True).data)


class SegmentsImportView(RevisionView):
    parser_classes = [UnreadParser]

    @extend_schema(request={"text/csv": OpenApiTypes.STR}, responses=RecordSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take the segments from a cue sheet, a line `name,start,end` each, in place of others.

        Times are seconds or h:mm:ss.mmm. 400 `cue_sheet_invalid` names the `line`.
        """

        def edit(record: Record) -> None:
            timeline_edit(record=record, segments=_cue_sheet(request))

        return self.edited(request, pk, edit)


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


class SamplesJsonLinesView(SamplesFileView):
    writer = staticmethod(samples_json_lines)
    suffix, content_type = "jsonl", "application/jsonl"

    @FILE
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """All samples of a record as JSON Lines, an object each."""
        return self.respond(request, pk)


class SegmentsCsvView(SamplesFileView):
    writer = staticmethod(segments_csv)
    suffix, content_type = "summary.csv", "text/csv; charset=utf-8"

    @FILE
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """What `segments/` says as CSV, a line for each segment and face."""
        return self.respond(request, pk)


class CaptionsView(SamplesFileView):
    writer = staticmethod(captions_vtt)
    suffix, content_type = "vtt", "text/vtt; charset=utf-8"

    @FILE
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """The changes of the expressions shown as WebVTT captions."""
        return self.respond(request, pk)


class ElanView(SamplesFileView):
    writer = staticmethod(elan_eaf)
    suffix, content_type = "eaf", "application/xml"

    @FILE
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """The expressions shown and the segments as an annotation file for ELAN."""
        return self.respond(request, pk)


def _cue_sheet(request: Request) -> list[dict[str, Any]]:
    length = body_length(request)
    if length > CUE_SHEET_MAX_BYTES:
        raise Problem("request_too_large", _("The request is too large."), 413)
    try:
        return cue_sheet_read(body_of(request, length))
    except CueSheetError as error:
        detail = str(CUE_SHEET_PROBLEMS[error.code]) % {"line": error.line}
        raise Problem("cue_sheet_invalid", detail, line=error.line) from error


def _timeline(request: Request, pk: UUID) -> Timeline:
    timelines = Timeline.objects.visible_to(request.user).select_related("record", "media")
    timeline: Timeline = get_object_or_404(timelines, record=pk)
    return timeline
