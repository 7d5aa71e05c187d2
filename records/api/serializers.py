from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from mlcore.labels import EXPRESSIONS
from records.models import Face, Record
from records.names import NAME_MAX_LENGTH, clean_name


class NameField(serializers.CharField):
    """A record's name: one line of at most 120 characters, no control characters."""

    default_error_messages = {
        "name_too_long": f"The name is longer than {NAME_MAX_LENGTH} characters.",
        "name_has_control_characters": "The name holds characters that cannot be shown.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = []  # clean_name says what is wrong, with codes of ours

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        name, code = clean_name(text)
        if code:
            self.fail(code)
        return name


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


class FaceSerializer(serializers.ModelSerializer[Face]):
    box = BoxSerializer(source="*", read_only=True)
    probabilities = ProbabilitiesSerializer(read_only=True)
    crop = serializers.SerializerMethodField()
    quality = serializers.SerializerMethodField(
        help_text="null for faces from before it was measured"
    )

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
        )
        read_only_fields = ("uncertain",)

    def get_crop(self, face: Face) -> str:
        return reverse("api:face-crop", args=[face.pk])

    @extend_schema_field(QualitySerializer(allow_null=True))
    def get_quality(self, face: Face) -> dict[str, Any] | None:
        if face.quality is None:
            return None
        return {"score": face.quality, "issues": face.quality_issues}


class RecordSummarySerializer(serializers.ModelSerializer[Record]):
    name = NameField()
    expression = serializers.SerializerMethodField(
        help_text="the strongest over all faces, those that are not uncertain first; null where no "
        "face was found"
    )
    thumbnail = serializers.SerializerMethodField()

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
            "thumbnail",
        )
        read_only_fields: tuple[str, ...] = ("state", "face_count", "probability", "uncertain")

    @extend_schema_field(serializers.ChoiceField(choices=EXPRESSIONS, allow_null=True))
    def get_expression(self, record: Record) -> str | None:
        return record.expression or None

    def get_thumbnail(self, record: Record) -> str:
        return reverse("api:record-thumbnail", args=[record.pk])


class RecordSerializer(RecordSummarySerializer):
    file_name = serializers.CharField(source="media.file_name", read_only=True)
    width = serializers.IntegerField(source="media.width", read_only=True)
    height = serializers.IntegerField(source="media.height", read_only=True)
    original = serializers.SerializerMethodField()
    annotated = serializers.SerializerMethodField()
    model = serializers.SerializerMethodField()
    detector = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    consent_at = serializers.DateTimeField(source="media.consent_at", read_only=True)
    faces = FaceSerializer(many=True, read_only=True)

    class Meta(RecordSummarySerializer.Meta):
        fields = (
            *RecordSummarySerializer.Meta.fields,
            *("recognized_at", "file_name", "width", "height", "original", "annotated", "model"),
            *("detector", "error", "consent_at", "faces"),
        )
        read_only_fields = (*RecordSummarySerializer.Meta.read_only_fields, "recognized_at")

    def get_original(self, record: Record) -> str:
        return reverse("api:record-original", args=[record.pk])

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
        return {"code": record.error_code, "detail": record.error_detail}
