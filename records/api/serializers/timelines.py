from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from mlcore.labels import EXPRESSIONS
from records.api.serializers.faces import ProbabilitiesSerializer
from records.api.serializers.fields import MarkField, SegmentNameField
from records.models import Media, Timeline
from records.timelines import TIME_MAX
from records.tracks import COLOURS, tracks_shown

MARKS_MAX = 1_000
ROUNDS_MAX = 200
FILM_STATES = ["none", "queued", "making", "done", "failed"]


class MarkSerializer(serializers.Serializer[Any]):
    """A moment that a person marked."""

    time = serializers.FloatField(min_value=0, max_value=TIME_MAX, help_text="in seconds")
    label = MarkField()  # type: ignore[assignment]


class RoundSerializer(serializers.Serializer[Any]):
    """One expression, acted once."""

    expression = serializers.ChoiceField(choices=EXPRESSIONS)
    score = serializers.FloatField(min_value=0, max_value=1)
    held = serializers.FloatField(min_value=0, max_value=TIME_MAX, help_text="in seconds")
    peak = serializers.FloatField(min_value=0, max_value=1, help_text="highest probability")
    started = serializers.FloatField(min_value=0, max_value=TIME_MAX)
    ended = serializers.FloatField(min_value=0, max_value=TIME_MAX)


class PracticeRoundsSerializer(serializers.Serializer[Any]):
    rounds = serializers.ListField(child=RoundSerializer(), max_length=ROUNDS_MAX)


class TrackSerializer(serializers.Serializer[Any]):
    """A face that was followed; times in seconds."""

    track = serializers.IntegerField()
    first = serializers.FloatField()
    last = serializers.FloatField()
    samples = serializers.IntegerField()
    expression = serializers.ChoiceField(
        choices=EXPRESSIONS, help_text="the one that it showed for longest"
    )
    name = serializers.CharField(help_text="that a person gave it, or empty")
    hidden = serializers.BooleanField(help_text="it is in no download, sum or film")
    color = serializers.IntegerField(min_value=0, max_value=COLOURS - 1)
    merged = serializers.ListField(
        child=serializers.IntegerField(), help_text="tracks that are shown as this one"
    )


class StretchSerializer(serializers.Serializer[Any]):
    expression = serializers.ChoiceField(choices=EXPRESSIONS)
    start = serializers.FloatField()
    end = serializers.FloatField()
    seconds = serializers.FloatField()


class TimelineSummarySerializer(serializers.Serializer[Any]):
    shares = ProbabilitiesSerializer(
        help_text="of the faces' time, in which each expression was the strongest"
    )
    changes = serializers.IntegerField(help_text="from one expression to another")
    longest = StretchSerializer(allow_null=True)
    mean = ProbabilitiesSerializer(help_text="probabilities over the faces' time")
    uncertain_share = serializers.FloatField()
    seconds_with_face = serializers.FloatField()


class SegmentSerializer(serializers.Serializer[Any]):
    """A stretch that a person named; times in seconds."""

    id = serializers.CharField(read_only=True)
    name = SegmentNameField()
    start = serializers.FloatField(min_value=0, max_value=TIME_MAX)
    end = serializers.FloatField(min_value=0, max_value=TIME_MAX, help_text="not included")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if values["start"] >= values["end"]:
            raise serializers.ValidationError(
                {"end": ErrorDetail(str(_("A segment must end after it starts.")), "segment_empty")}
            )
        return values


class FilmMadeSerializer(serializers.Serializer[Any]):
    """The annotated film."""

    state = serializers.ChoiceField(choices=FILM_STATES)
    progress = serializers.FloatField(help_text="from 0 to 1")
    url = serializers.CharField(
        allow_null=True, help_text="of the one that is there, also while another is made"
    )
    options = serializers.DictField(help_text="that it was asked for with")


class TimelineSerializer(serializers.ModelSerializer[Timeline]):
    """What was shown over time; the samples are at `samples/`."""

    tracks = serializers.SerializerMethodField()
    segments = SegmentSerializer(many=True)
    smoothing = serializers.ChoiceField(choices=Timeline.Smoothing.choices)
    film = serializers.SerializerMethodField(help_text="null where there is no film")
    original = serializers.SerializerMethodField(help_text="the film, null where it is not kept")
    marks = MarkSerializer(many=True)
    practice = PracticeRoundsSerializer(allow_null=True)
    summary = TimelineSummarySerializer(
        allow_null=True, help_text="null while a film is still being analysed"
    )

    class Meta:
        model = Timeline
        fields = (
            *("duration", "width", "height", "sample_count"),
            *("tracks", "marks", "practice", "summary", "smoothing", "segments", "frame_rate"),
            *("truncated", "film", "original"),
        )
        read_only_fields = fields

    @extend_schema_field(TrackSerializer(many=True))
    def get_tracks(self, timeline: Timeline) -> list[dict[str, Any]]:
        return tracks_shown(timeline)

    @extend_schema_field(FilmMadeSerializer(allow_null=True))
    def get_film(self, timeline: Timeline) -> dict[str, Any] | None:
        record = timeline.record
        if record is None or record.kind != Media.Kind.VIDEO:
            return None
        noted = timeline.film or {}
        made = reverse("api:record-annotated", args=[record.pk]) if record.annotated else None
        return {
            "state": noted.get("state", "done" if made else "none"),
            "progress": noted.get("progress", 0.0),
            "url": made,
            "options": noted.get("options", {}),
        }

    def get_original(self, timeline: Timeline) -> str | None:
        record = timeline.record
        if record is None or record.kind != Media.Kind.VIDEO or not record.media.original:
            return None
        return reverse("api:record-original", args=[record.pk])
