"""What `records.exports` writes of a record, checked field by field when it is read back."""

import math
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from mlcore.labels import EXPRESSIONS
from records.api.serializers.faces import ProbabilitiesSerializer
from records.api.serializers.fields import NameField, NoteField, TagsField, TrackNameField
from records.api.serializers.timelines import (
    MARKS_MAX,
    MarkSerializer,
    PracticeRoundsSerializer,
    SegmentSerializer,
)
from records.filters import YEARS
from records.models import Media, Record, Timeline
from records.segments import SEGMENTS_MAX
from records.timelines import TIME_MAX, TRACK_MAX, Samples, SamplesError

FACES_MAX = 1_000
ROUNDING = 0.01
"""How far probabilities may be from adding up to 1."""

PIXELS_MAX = 2**31 - 1
"""What a column holds; a face at the edge may reach beyond its picture."""


class TimeField(serializers.DateTimeField):
    """A time of the years that people can filter by."""

    def to_internal_value(self, value: Any) -> datetime:
        time = super().to_internal_value(value)
        if time.year not in YEARS:
            self.fail("overflow")
        return time


class BoxDocumentSerializer(serializers.Serializer[Any]):
    """Pixels of the picture as a person sees it."""

    x = serializers.IntegerField(min_value=0, max_value=PIXELS_MAX)
    y = serializers.IntegerField(min_value=0, max_value=PIXELS_MAX)
    width = serializers.IntegerField(min_value=0, max_value=PIXELS_MAX)
    height = serializers.IntegerField(min_value=0, max_value=PIXELS_MAX)


class FaceDocumentSerializer(serializers.Serializer[Any]):
    """A face as `records.exports` writes it."""

    index = serializers.IntegerField(min_value=0, max_value=FACES_MAX)
    box = BoxDocumentSerializer()
    detection_score = serializers.FloatField()
    expression = serializers.ChoiceField(choices=EXPRESSIONS)
    probabilities = ProbabilitiesSerializer()
    uncertain = serializers.BooleanField()
    quality = serializers.FloatField(min_value=0, max_value=1, allow_null=True)
    quality_issues = serializers.ListField(child=serializers.CharField(max_length=40), max_length=9)
    corrected_expression = serializers.ChoiceField(choices=EXPRESSIONS, allow_blank=True)
    corrected_at = TimeField(allow_null=True)
    crop = serializers.CharField(allow_null=True)

    def validate_probabilities(self, values: dict[str, float]) -> dict[str, float]:
        if not math.isclose(sum(values.values()), 1, abs_tol=ROUNDING):
            raise serializers.ValidationError(_("The probabilities do not add up to 1."))
        return values


class SampleColumnsField(serializers.DictField):
    """Samples by columns, as `Samples.columns` writes them; checked as a whole."""

    def to_internal_value(self, data: Any) -> Samples:  # type: ignore[override]
        given = super().to_internal_value(data)
        columns: dict[str, Any] = {
            column.name: given.get(column.name) for column in fields(Samples)
        }
        try:
            return Samples.of(**columns)
        except SamplesError as error:
            raise serializers.ValidationError(str(error)) from error


class SegmentDocumentSerializer(SegmentSerializer):
    id = serializers.RegexField(r"^[0-9a-f]{12}$")


class TrackNumberField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=TRACK_MAX, **kwargs)


class EditsDocumentSerializer(serializers.Serializer[Any]):
    """What was done to the tracks, see `records.tracks`."""

    names = serializers.DictField(child=TrackNameField(), required=False)
    hidden = serializers.ListField(child=TrackNumberField(), required=False)
    merged = serializers.DictField(child=TrackNumberField(), required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        numbers = [*values.get("names", ()), *values.get("merged", ())]
        chained = {str(into) for into in values.get("merged", {}).values()} & {
            *values.get("merged", ())
        }
        if chained or not all(map(_is_track, numbers)):
            raise serializers.ValidationError(_("The tracks are not numbers."))
        return values


class TimelineDocumentSerializer(serializers.Serializer[Any]):
    """A timeline as `records.exports` writes it; tracks and summary are worked out anew."""

    duration = serializers.FloatField(min_value=0, max_value=TIME_MAX)
    width = serializers.IntegerField(min_value=1, max_value=100_000)
    height = serializers.IntegerField(min_value=1, max_value=100_000)
    marks = serializers.ListField(child=MarkSerializer(), max_length=MARKS_MAX)
    practice = PracticeRoundsSerializer(allow_null=True)
    samples = SampleColumnsField()
    # Exports from before there were films have none of these.
    smoothing = serializers.ChoiceField(choices=Timeline.Smoothing.choices, default="none")
    edits = EditsDocumentSerializer(default=dict)
    segments = serializers.ListField(
        child=SegmentDocumentSerializer(), max_length=SEGMENTS_MAX, default=list
    )
    frame_rate = serializers.FloatField(min_value=0, max_value=1_000, default=0.0)
    cuts = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=TIME_MAX),
        max_length=100_000,
        default=list,
    )
    truncated = serializers.BooleanField(default=False)


class RecordDocumentSerializer(serializers.Serializer[Any]):
    """A record as `records.exports` writes it."""

    id = serializers.UUIDField()
    name = NameField()
    note = NoteField()
    tags = TagsField()
    created_at = TimeField()
    recognized_at = TimeField(allow_null=True)
    state = serializers.ChoiceField(choices=[Record.State.DONE, Record.State.FAILED])
    error_code = serializers.CharField(max_length=60, allow_blank=True)
    error_detail = serializers.CharField(max_length=300, allow_blank=True)
    kind = serializers.ChoiceField(choices=Media.Kind.choices)
    file_name = NameField(allow_blank=True)
    width = serializers.IntegerField(min_value=1, max_value=100_000)
    height = serializers.IntegerField(min_value=1, max_value=100_000)
    consent_at = TimeField()
    purpose = serializers.CharField(max_length=40, allow_blank=True)
    detector = serializers.CharField(max_length=40, allow_blank=True)
    model_name = serializers.CharField(max_length=60, allow_blank=True)
    model_version = serializers.CharField(max_length=60, allow_blank=True)
    files = serializers.DictField(child=serializers.CharField())
    faces = FaceDocumentSerializer(many=True)
    # Exports from before there were timelines have none.
    timeline = TimelineDocumentSerializer(required=False, allow_null=True, default=None)

    def validate_faces(self, faces: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(faces) > FACES_MAX or len({face["index"] for face in faces}) != len(faces):
            raise serializers.ValidationError(_("The faces are too many or not numbered apart."))
        return faces


def _is_track(number: str) -> bool:
    # Their length first: Python reads no number of thousands of digits.
    return number.isdecimal() and len(number) <= 10 and int(number) <= TRACK_MAX
