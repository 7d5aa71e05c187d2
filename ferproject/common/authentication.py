"""Signing in to the API with the browser's session."""

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """DRF's, but a request without a session gets 401 instead of 403, so a client can tell
    "sign in" from "not allowed"."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
