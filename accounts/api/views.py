from typing import cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.api.permissions import BySession
from accounts.api.serializers import MeSerializer, NewTokenSerializer, TokenSerializer
from accounts.models import ApiToken, User
from accounts.services import settings_update, token_create, token_delete


class MeView(APIView):
    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who you are here, and your settings."""
        return Response(MeSerializer(cast("User", request.user)).data)

    @extend_schema(request=MeSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        """Change your settings; what is not sent stays."""
        user = cast("User", request.user)
        changes = MeSerializer(user, data=request.data, partial=True)
        changes.is_valid(raise_exception=True)
        settings_update(user=user, changes=changes.validated_data)
        return Response(MeSerializer(user).data)


@extend_schema_view(
    list=extend_schema(description="Your tokens, newest first. Only for a session, not a token."),
    create=extend_schema(
        description="Make a token for a program; its `key` is shown this once. Only for a "
        "session, not a token.",
        request=TokenSerializer,
        responses={201: NewTokenSerializer},
    ),
    destroy=extend_schema(description="Delete a token; from then on its key is refused."),
)
class TokenViewSet(
    mixins.ListModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[ApiToken],
):
    queryset = ApiToken.objects.none()
    serializer_class = TokenSerializer
    permission_classes = [IsAuthenticated, BySession]
    pagination_class = None  # there are never more than API_TOKENS_PER_PERSON
    filter_backends = []

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.visible_to(self.request.user)

    def create(self, request: Request) -> Response:
        fields = TokenSerializer(data=request.data)
        fields.is_valid(raise_exception=True)
        token, key = token_create(
            user=cast("User", request.user), name=fields.validated_data["name"]
        )
        token.key = key  # type: ignore[attr-defined]  # shown, never kept
        answer: BaseSerializer[ApiToken] = NewTokenSerializer(token)
        return Response(answer.data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        token_delete(token=instance)
