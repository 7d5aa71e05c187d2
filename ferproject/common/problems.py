"""Errors of the API as problem details (RFC 9457), each with a stable `code`."""

import math
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

CONTENT_TYPE = "application/problem+json"


class Problem(exceptions.APIException):
    """An error with a stable code and a sentence for people; raise it from anywhere in a view.

    Attributes:
        wait: after how many seconds it may be tried again, for `Retry-After`; or None.
        members: what else programs should know, beside the members that all problems have.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        status_code: int = status.HTTP_400_BAD_REQUEST,
        *,
        wait: float | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail=detail, code=code)
        self.status_code = status_code
        self.wait = wait
        self.members = members


TITLES = {
    400: gettext_lazy("The request is not right"),
    401: gettext_lazy("Sign in first"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("This cannot be done here"),
    406: gettext_lazy("No such format of answer"),
    409: gettext_lazy("In conflict with what is there"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("This kind of content is not taken"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("The server failed"),
}


def problem_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler."""
    # Not above: what DRF's views import themselves, such as our authentication, raises problems.
    from rest_framework.views import set_rollback

    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, RequestDataTooBig):
        exc = Problem("request_too_large", _("The request is too large."), 413)
    elif isinstance(exc, TooManyFilesSent):
        exc = Problem("too_many_files", _("The request holds too many files."), 413)
    if not isinstance(exc, exceptions.APIException):
        return None
    headers = {}
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    set_rollback()
    return Response(_body(exc), status=exc.status_code, headers=headers, content_type=CONTENT_TYPE)


def problem_json(code: str, detail: str, status_code: int, **members: Any) -> JsonResponse:
    """A problem from outside DRF; for the members see `Problem`."""
    body = {**_frame(code, detail, status_code), **members}
    return JsonResponse(body, status=status_code, content_type=CONTENT_TYPE)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: a problem for programs, a page for people."""
    if request.path.startswith("/api/"):
        return problem_json("server_error", _("The server failed; its log says why."), 500)
    return defaults.server_error(request)


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """For paths under the API that lead nowhere."""
    return problem_json("not_found", _("There is nothing at this address."), 404)


def _body(exc: exceptions.APIException) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        errors = list(_field_errors(as_serializer_error(exc), exc.get_codes()))
        # One wrong field speaks for itself; several are summed up.
        single = errors[0] if len(errors) == 1 else None
        body = _frame(
            single["code"] if single else "invalid",
            single["detail"] if single else _("Some of what was sent is not right."),
            exc.status_code,
        )
        return {**body, "errors": errors}
    code = exc.get_codes()
    frame = _frame(code if isinstance(code, str) else "error", str(exc.detail), exc.status_code)
    return {**frame, **getattr(exc, "members", {})}


def _frame(code: str, detail: str, status_code: int) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": str(TITLES.get(status_code, _("Error"))),
        "status": status_code,
        "code": code,
        "detail": detail,
    }


def _field_errors(messages: Any, codes: Any, field: str = "") -> Any:
    """Flatten DRF's nested messages into {field, code, detail}."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            inner_codes = codes.get(name, "invalid") if isinstance(codes, dict) else codes
            yield from _field_errors(inner, inner_codes, f"{field}.{name}" if field else name)
    elif isinstance(messages, list):
        for position, inner in enumerate(messages):
            in_range = isinstance(codes, list) and position < len(codes)
            yield from _field_errors(inner, codes[position] if in_range else codes, field)
    else:
        yield {"field": field, "code": str(codes), "detail": str(messages)}
