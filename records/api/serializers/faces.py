from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from mlcore.labels import EXPRESSIONS
from records.api.serializers.fields import ExpressionField
from records.models import Face


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


class CorrectionSerializer(serializers.Serializer[Any]):
    """What a person says that a face shows."""

    expression = ExpressionField()
    by = serializers.CharField(read_only=True, allow_null=True, help_text="their user name")
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
