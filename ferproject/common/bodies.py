"""Bodies that are no form and no JSON: left where they are, and read by the view."""

from collections.abc import Mapping
from typing import IO, Any

from django.http import HttpRequest, QueryDict
from rest_framework.parsers import BaseParser
from rest_framework.request import Request


class UnreadParser(BaseParser):
    """Leaves a body where it is, for the view to read when it knows how large it is.

    Whatever asks for `request.POST`, as DRF does for the CSRF token of a session, has DRF parse the
    body: that must neither fail nor read it.
    """

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> QueryDict:
        return QueryDict()


def body_length(request: Request | HttpRequest) -> int:
    """How many bytes the body has; they are not read yet."""
    try:
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


def body_of(request: Request, length: int) -> bytes:
    inner: HttpRequest = request._request
    return inner.read(length) if length > 0 else b""
