"""The OpenAPI description: every operation names the problems that it can answer with."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class FieldProblemSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details with a stable `code`."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = FieldProblemSerializer(many=True, required=False)  # type: ignore[assignment]


class ProblemAutoSchema(AutoSchema):
    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(*args, **kwargs)
        problem = self.resolve_serializer(ProblemSerializer, "response").ref
        bodies["default"] = {
            "content": {"application/problem+json": {"schema": problem}},
            "description": "A problem: see its `code` and `detail`.",
        }
        return bodies


class BrowserSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """DRF's session, under the name of our subclass of it."""

    target_class = "ferproject.common.authentication.SessionAuthentication"
    priority = 1
