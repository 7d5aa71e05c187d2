"""`/consent/`: the notice, and whether the person agreed to it."""

from typing import Any, cast

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.consents import consent_current, consent_give, consent_withdraw, notice_id
from accounts.models import Consent, User


class GivenConsentSerializer(serializers.ModelSerializer[Consent]):
    class Meta:
        model = Consent
        fields: tuple[str, ...] = ("version", "given_at")


class PastConsentSerializer(GivenConsentSerializer):
    class Meta(GivenConsentSerializer.Meta):
        fields = ("version", "given_at", "withdrawn_at")


class ConsentSerializer(serializers.Serializer[Any]):
    required_version = serializers.CharField(help_text="the date of the notice as it is now")
    text_id = serializers.CharField(help_text="what the app finds the notice's text by")
    given = GivenConsentSerializer(
        allow_null=True, help_text="to that version; null if not given, or withdrawn"
    )
    history = PastConsentSerializer(many=True, help_text="newest first")


class GiveConsentSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(max_length=20, help_text="of the notice that was read")


class ConsentView(APIView):
    @extend_schema(responses=ConsentSerializer)
    def get(self, request: Request) -> Response:
        """What notice there is, whether you agreed to it, and when."""
        return self._answer(request)

    @extend_schema(
        request=GiveConsentSerializer, responses={200: ConsentSerializer, 201: ConsentSerializer}
    )
    def post(self, request: Request) -> Response:
        """Agree to the notice. 200 where you had agreed already."""
        given = GiveConsentSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = cast("User", request.user)
        _, is_new = consent_give(user=user, version=given.validated_data["version"])
        return self._answer(request, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Take your consent back. Nothing new is recognised then; what there is stays yours."""
        consent_withdraw(user=cast("User", request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _answer(self, request: Request, status_code: int = status.HTTP_200_OK) -> Response:
        user = cast("User", request.user)
        state = {
            "required_version": settings.CONSENT_VERSION,
            "text_id": notice_id(settings.CONSENT_VERSION),
            "given": consent_current(user=user),
            "history": Consent.objects.visible_to(user),
        }
        return Response(ConsentSerializer(state).data, status=status_code)
