"""What the law calls a person's rights: their data, who looked at it, and to be forgotten."""

from datetime import timedelta
from typing import Any, cast

from django.contrib.auth import logout
from django.db.models import QuerySet
from django.http import FileResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle, ScopedRateThrottle
from rest_framework.views import APIView

from accounts.api.permissions import BySession
from accounts.data_exports import data_export_delete, data_export_request
from accounts.deletion import account_delete
from accounts.models import AuditEntry, DataExport, User
from ferproject.common.pagination import NewestFirst
from ferproject.common.problems import Problem
from ferproject.common.renderers import AnyRenderer

RECENT_SIGN_IN = timedelta(minutes=5)
"""Who has no password shows by a sign-in not older than this that it is they."""


class DataExportSerializer(serializers.ModelSerializer[DataExport]):
    file = serializers.SerializerMethodField(help_text="the ZIP's address; null until it is done")

    class Meta:
        model = DataExport
        fields = ("id", "state", "size", "file", "created_at", "finished_at", "expires_at")
        read_only_fields = fields

    def get_file(self, export: DataExport) -> str | None:
        if export.state != DataExport.State.DONE:
            return None
        return reverse("api:data-export-file", args=[export.pk])


class DataExportViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[DataExport],
):
    """Everything that is kept of you, as ZIP files; each is deleted after some days."""

    queryset = DataExport.objects.none()
    serializer_class = DataExportSerializer
    lookup_value_regex = r"\d{1,18}"
    throttle_scope = "data_exports"

    def get_throttles(self) -> list[BaseThrottle]:
        return [ScopedRateThrottle()] if self.action == "create" else []

    def get_queryset(self) -> QuerySet[DataExport]:
        return DataExport.objects.visible_to(self.request.user)

    @extend_schema(request=None, responses={202: DataExportSerializer})
    def create(self, request: Request) -> Response:
        """Have one made; it takes the place of your older ones once it is done. Ten an hour."""
        export = data_export_request(user=cast("User", request.user))
        return Response(DataExportSerializer(export).data, status=status.HTTP_202_ACCEPTED)

    def perform_destroy(self, instance: DataExport) -> None:
        data_export_delete(export=instance)

    @extend_schema(
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    @action(detail=True, renderer_classes=[AnyRenderer])
    def file(self, request: Request, pk: str) -> FileResponse:
        """The ZIP; 404 until it is done."""
        export = self.get_object()
        if export.state != DataExport.State.DONE:
            raise NotFound
        try:
            stream = export.file.open("rb")
        except FileNotFoundError as error:
            raise NotFound from error
        name = f"expression-lab-{export.created_at:%Y-%m-%d}.zip"
        response = FileResponse(
            stream, as_attachment=True, filename=name, content_type="application/zip"
        )
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    actor = serializers.CharField(source="actor_name", help_text="their user name at that time")

    class Meta:
        model = AuditEntry
        fields = ("id", "at", "actor", "action", "object_type", "object_id", "detail")
        read_only_fields = fields


class NewestEntriesFirst(NewestFirst):
    ordering = ("-at", "-id")


class AuditViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[AuditEntry]):
    """Who looked at or changed what is yours: moderators, newest first."""

    queryset = AuditEntry.objects.none()
    serializer_class = AuditEntrySerializer
    pagination_class = NewestEntriesFirst
    filter_backends = ()

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.visible_to(self.request.user)


class DeleteAccountSerializer(serializers.Serializer[Any]):
    password = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text="yours; without one, sign in again within the five minutes before",
    )


class DeleteAccountView(APIView):
    permission_classes = [IsAuthenticated, BySession]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "deletion"

    @extend_schema(request=DeleteAccountSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Delete your account with all records, pictures and exports, for good.

        400 `wrong_password`, or 403 `sign_in_again` where you have no password.
        """
        sent = DeleteAccountSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        user = cast("User", request.user)
        if user.has_usable_password():
            if not user.check_password(sent.validated_data["password"]):
                raise Problem("wrong_password", _("That is not your password."))
        elif not _signed_in_recently(request):
            raise Problem("sign_in_again", _("Sign in again first, to show that it is you."), 403)
        logout(request._request)
        account_delete(user=user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _signed_in_recently(request: Request) -> bool:
    """By this very session: another's sign-in elsewhere says nothing about who sits here."""
    from allauth.account.authentication import get_authentication_records

    since = (timezone.now() - RECENT_SIGN_IN).timestamp()
    records = get_authentication_records(request._request, cast("User", request.user))
    return any(record["at"] >= since for record in records)
