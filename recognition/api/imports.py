"""Reading an export of records back."""

from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.consents import consent_require
from accounts.models import User
from ferproject.common.problems import Problem
from recognition.errors import UploadError
from recognition.imports import import_records

FORM_OVERHEAD = 64 * 1024
"""What the boundaries of a form may take, in bytes."""


class ImportSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="a JSON or ZIP that was exported here or elsewhere")


class ImportedSerializer(serializers.Serializer[Any]):
    records = serializers.IntegerField(help_text="that were added")
    skipped = serializers.IntegerField(help_text="that were there already or had no result")


class ImportView(APIView):
    parser_classes = [MultiPartParser]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "uploads"

    @extend_schema(
        request={"multipart/form-data": ImportSerializer}, responses={201: ImportedSerializer}
    )
    def post(self, request: Request) -> Response:
        """Add the records of an export, JSON or ZIP, to yours: all of them or none.

        Records that you have already are skipped, so that the same file may be sent again.
        """
        user = cast("User", request.user)
        consent_require(user=user)
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > settings.IMPORT_MAX_BYTES + FORM_OVERHEAD:
            raise Problem("import_too_large", _("The export is too large."), 413)
        file = request.FILES.get("file")
        if file is None:
            raise Problem("no_file", _("No file was sent."))
        try:
            imported = import_records(owner=user, file=file)
        except UploadError as error:
            raise Problem(error.code, error.detail, 413 if error.too_large else 400) from error
        return Response(ImportedSerializer(imported).data, status=status.HTTP_201_CREATED)
