"""Signing in to the API with the browser's session."""

from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """DRF's, but a request without a session gets 401 instead of 403, so a client can tell
    "sign in" from "not allowed"."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"

    def enforce_csrf(self, request: Request) -> None:
        """As DRF's, whose own words are for programmers."""
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise exceptions.PermissionDenied(
                _("This page is out of date, or another site sent this. Load the page again.")
            ) from error
