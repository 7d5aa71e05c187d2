"""How practice goes."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from mlcore.labels import EXPRESSIONS
from recognition.selectors import practice_of
from records.api.serializers.timelines import RoundSerializer


class ExpressionPracticeSerializer(serializers.Serializer[Any]):
    expression = serializers.ChoiceField(choices=EXPRESSIONS)
    rounds = serializers.IntegerField()
    mean_score = serializers.FloatField(allow_null=True)
    best_score = serializers.FloatField(allow_null=True)
    recent_mean = serializers.FloatField(allow_null=True, help_text="of the last five rounds")
    trend = serializers.FloatField(
        allow_null=True,
        help_text="by how much the mean of the last five is above that of the five before; null "
        "with less than six rounds",
    )


class PracticeRecordSerializer(serializers.Serializer[Any]):
    record = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    mean_score = serializers.FloatField(allow_null=True)
    rounds = RoundSerializer(many=True)


class PracticeSerializer(serializers.Serializer[Any]):
    rounds_total = serializers.IntegerField()
    expressions = ExpressionPracticeSerializer(many=True)
    history = PracticeRecordSerializer(many=True, help_text="the newest hundred")


class PracticeView(APIView):
    @extend_schema(responses=PracticeSerializer)
    def get(self, request: Request) -> Response:
        """How your practice goes: scores of each expression, and the newest sessions."""
        return Response(PracticeSerializer(practice_of(cast("User", request.user))).data)
