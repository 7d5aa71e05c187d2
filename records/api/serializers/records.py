from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Keep
from mlcore.labels import EXPRESSIONS
from records.api.serializers.faces import FaceSerializer
from records.api.serializers.fields import NameField, NoteField, TagsField
from records.api.serializers.timelines import TimelineSerializer
from records.exports import timeline_of
from records.failures import failure_detail
from records.models import Media, Record, Tag

RECORDS_AT_ONCE = 500
"""How many records one request may delete or bring back."""


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


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
