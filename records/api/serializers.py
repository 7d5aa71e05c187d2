from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.models import Keep
from mlcore.labels import EXPRESSIONS
from records.exports import timeline_of
from records.failures import failure_detail
from records.models import Face, Media, Record, Tag, Timeline
from records.names import (
    NAME_MAX_LENGTH,
    NOTE_MAX_LENGTH,
    TAG_MAX_LENGTH,
    TAGS_MAX,
    clean_name,
    clean_note,
    clean_tag,
    folded,
)
from records.timelines import TIME_MAX
from records.tracks import COLOURS, tracks_shown

MARK_MAX_LENGTH = 80
MARKS_MAX = 1_000
ROUNDS_MAX = 200
FILM_STATES = ["none", "queued", "making", "done", "failed"]

RECORDS_AT_ONCE = 500
"""How many records one request may delete or bring back."""


class NameField(serializers.CharField):
    """A record's name: one line of at most 120 characters, no control characters."""

    default_error_messages = {
        "name_too_long": _("The name is longer than {limit} characters."),
        "name_has_control_characters": _("The name holds characters that cannot be shown."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = []  # clean_name says what is wrong, with codes of ours

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        name, code = clean_name(text)
        if code:
            self.fail(code, limit=NAME_MAX_LENGTH)
        return name


class NoteField(serializers.CharField):
    """A record's note: several lines of at most 2,000 characters in all, no control characters."""

    default_error_messages = {
        "note_too_long": _("The note is longer than {limit} characters."),
        "note_has_control_characters": _("The note holds characters that cannot be shown."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)
        self.validators = []  # clean_note says what is wrong, with codes of ours

    def to_internal_value(self, data: Any) -> str:
        note, code = clean_note(super().to_internal_value(data))
        if code:
            self.fail(code, limit=NOTE_MAX_LENGTH)
        return note


class MarkField(serializers.CharField):
    """What a person calls a moment: one line of at most 80 characters; may be empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MARK_MAX_LENGTH, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        label, code = clean_name(super().to_internal_value(data))
        if code:
            raise serializers.ValidationError(
                _("The label holds characters that cannot be shown."), code="invalid"
            )
        return label


class SegmentNameField(MarkField):
    """What a person calls a stretch of time: as `MarkField`, and not empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_blank = False


class TrackNameField(MarkField):
    """What a person calls a track; "" takes the name away."""


class TagsField(serializers.ListField):
    """A record's tags by name; of two that differ in case alone the first is taken."""

    child = serializers.CharField(trim_whitespace=False)
    default_error_messages = {
        "too_many_tags": _("A record takes {limit} tags at most."),
        "tag_too_long": _("A tag is longer than {limit} characters."),
        "tag_has_control_characters": _("A tag holds characters that cannot be shown."),
        "blank": _("A tag is empty."),
    }

    def to_internal_value(self, data: Any) -> list[str]:
        tags: dict[str, str] = {}
        for text in super().to_internal_value(data):
            tag, code = clean_tag(text)
            if code:
                self.fail(code, limit=TAG_MAX_LENGTH)
            tags.setdefault(folded(tag), tag)
        if len(tags) > TAGS_MAX:
            self.fail("too_many_tags", limit=TAGS_MAX)
        return list(tags.values())

    def to_representation(self, tags: Any) -> list[str]:
        return [tag.name for tag in tags.all()]


@extend_schema_field(serializers.ChoiceField(choices=EXPRESSIONS))
class ExpressionField(serializers.CharField):
    """One of the seven expressions."""

    default_error_messages = {
        "unknown_expression": _("There is no such expression; choose {choices}.")
    }

    def to_internal_value(self, data: Any) -> str:
        expression = super().to_internal_value(data)
        if expression not in EXPRESSIONS:
            self.fail("unknown_expression", choices=", ".join(EXPRESSIONS))
        return expression


class BoxSerializer(serializers.Serializer[Face]):
    """Pixels of the picture as a person sees it."""

    x = serializers.IntegerField()
    y = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class ProbabilitiesSerializer(serializers.Serializer[dict[str, float]]):
    """Calibrated probabilities in [0, 1] that add up to 1."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name: serializers.FloatField(min_value=0, max_value=1) for name in EXPRESSIONS}


class QualitySerializer(serializers.Serializer[Any]):
    """How good the picture of a face is."""

    score = serializers.FloatField(min_value=0, max_value=1)
    issues = serializers.ListField(
        child=serializers.CharField(), help_text="what is wrong with it, the worst first"
    )


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class CorrectionSerializer(serializers.Serializer[Any]):
    """What a person says that a face shows."""

    expression = ExpressionField()
    by = serializers.CharField(read_only=True, allow_null=True, help_text="their username")
    at = serializers.DateTimeField(read_only=True)


class FaceSerializer(serializers.ModelSerializer[Face]):
    box = BoxSerializer(source="*", read_only=True)
    probabilities = ProbabilitiesSerializer(read_only=True)
    crop = serializers.SerializerMethodField(help_text="null where it is not kept")
    quality = serializers.SerializerMethodField(
        help_text="null for faces from before it was measured"
    )
    correction = serializers.SerializerMethodField(help_text="null where nobody corrected it")

    class Meta:
        model = Face
        fields = (
            "id",
            "index",
            "box",
            "crop",
            "expression",
            "probability",
            "probabilities",
            "uncertain",
            "quality",
            "detection_score",
            "correction",
        )
        read_only_fields = ("uncertain",)

    def get_crop(self, face: Face) -> str | None:
        return reverse("api:face-crop", args=[face.pk]) if face.crop else None

    @extend_schema_field(CorrectionSerializer(allow_null=True))
    def get_correction(self, face: Face) -> dict[str, Any] | None:
        if not face.corrected_expression:
            return None
        values = {
            "expression": face.corrected_expression,
            "by": face.corrected_by.username if face.corrected_by else None,
            "at": face.corrected_at,
        }
        return dict(CorrectionSerializer(values).data)

    @extend_schema_field(QualitySerializer(allow_null=True))
    def get_quality(self, face: Face) -> dict[str, Any] | None:
        if face.quality is None:
            return None
        return {"score": face.quality, "issues": face.quality_issues}


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


class RecordSummarySerializer(serializers.ModelSerializer[Record]):
    name = NameField()
    expression = serializers.SerializerMethodField(
        help_text="the strongest over all faces, those that are not uncertain first; null where no "
        "face was found"
    )
    corrected_expression = serializers.SerializerMethodField(
        help_text="what a person says that the face shows which gives `expression`; null where "
        "nobody corrected that one"
    )
    thumbnail = serializers.SerializerMethodField(help_text="null where it was not kept")
    note = NoteField(required=False)
    tags = TagsField(required=False, help_text="their names, in alphabetical order")
    kind = serializers.ChoiceField(choices=Media.Kind.choices, read_only=True)
    revision = serializers.IntegerField(
        required=False,
        min_value=1,
        help_text="grows with each edit; sent along, an edit of another revision is refused",
    )

    class Meta:
        model = Record
        fields: tuple[str, ...] = (
            "id",
            "name",
            "created_at",
            "state",
            "face_count",
            "expression",
            "probability",
            "uncertain",
            "corrected_expression",
            "corrections",
            "note",
            "tags",
            "kind",
            "revision",
            "thumbnail",
        )
        read_only_fields: tuple[str, ...] = (
            *("state", "face_count", "probability", "uncertain", "corrections"),
        )

    @extend_schema_field(serializers.ChoiceField(choices=EXPRESSIONS, allow_null=True))
    def get_expression(self, record: Record) -> str | None:
        return record.expression or None

    @extend_schema_field(serializers.ChoiceField(choices=EXPRESSIONS, allow_null=True))
    def get_corrected_expression(self, record: Record) -> str | None:
        return record.corrected_expression or None

    def get_thumbnail(self, record: Record) -> str | None:
        kept = record.media.thumbnail
        return reverse("api:record-thumbnail", args=[record.pk]) if kept else None


class RecordSerializer(RecordSummarySerializer):
    file_name = serializers.CharField(source="media.file_name", read_only=True)
    width = serializers.IntegerField(source="media.width", read_only=True)
    height = serializers.IntegerField(source="media.height", read_only=True)
    original = serializers.SerializerMethodField(help_text="null where it was not kept")
    annotated = serializers.SerializerMethodField()
    model = serializers.SerializerMethodField()
    detector = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    consent_at = serializers.DateTimeField(source="media.consent_at", read_only=True)
    purpose = serializers.CharField(source="media.purpose", read_only=True)
    keep = serializers.ChoiceField(source="media.keep", choices=Keep.choices, read_only=True)
    delete_at = serializers.DateTimeField(source="media.delete_at", read_only=True, allow_null=True)
    faces = FaceSerializer(many=True, read_only=True)
    timeline = serializers.SerializerMethodField(
        help_text="what was shown over time; null for a picture"
    )

    class Meta(RecordSummarySerializer.Meta):
        fields = (
            *RecordSummarySerializer.Meta.fields,
            *("recognized_at", "file_name", "width", "height", "original", "annotated", "model"),
            *("detector", "error", "consent_at", "purpose", "keep", "delete_at", "faces"),
            "timeline",
        )
        read_only_fields = (*RecordSummarySerializer.Meta.read_only_fields, "recognized_at")

    @extend_schema_field(TimelineSerializer(allow_null=True))
    def get_timeline(self, record: Record) -> dict[str, Any] | None:
        timeline = timeline_of(record)
        return None if timeline is None else dict(TimelineSerializer(timeline).data)

    def get_original(self, record: Record) -> str | None:
        kept = record.media.original
        return reverse("api:record-original", args=[record.pk]) if kept else None

    def get_annotated(self, record: Record) -> str | None:
        return reverse("api:record-annotated", args=[record.pk]) if record.annotated else None

    def get_model(self, record: Record) -> str | None:
        return f"{record.model_name} {record.model_version}" if record.model_name else None

    def get_detector(self, record: Record) -> str | None:
        return record.detector or None

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, record: Record) -> dict[str, str] | None:
        if not record.error_code:
            return None
        detail = failure_detail(code=record.error_code, stored=record.error_detail)
        return {"code": record.error_code, "detail": detail}


class RecordIdsSerializer(serializers.Serializer[Any]):
    """Several records at once."""

    ids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=RECORDS_AT_ONCE
    )


class DeletedSerializer(serializers.Serializer[Any]):
    deleted = serializers.ListField(
        child=serializers.UUIDField(), help_text="without those that are not there, or not yours"
    )


class RestoredSerializer(serializers.Serializer[Any]):
    restored = serializers.ListField(
        child=serializers.UUIDField(), help_text="without those for which it is too late"
    )


class TagSerializer(serializers.ModelSerializer[Tag]):
    records = serializers.IntegerField(
        source="record_count", read_only=True, help_text="how many have it"
    )

    class Meta:
        model = Tag
        fields = ("name", "records")
