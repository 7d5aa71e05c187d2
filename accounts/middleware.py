"""What each request of a signed-in person brings along, and two faults that allauth leaves us."""

import logging
from collections.abc import Callable

from allauth.core.internal.httpkit import is_headless_request
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.mfa.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.views.defaults import page_not_found

from accounts.services import language_activate

logger = logging.getLogger(__name__)

SEEN_SECONDS = 300
"""How exact a session's "last seen" is: each request would be too many writes."""


class UserLanguageMiddleware:
    """Answers in the person's own language; Django's LocaleMiddleware chose the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Without a session nobody is signed in, and the database need not be asked.
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            language_activate(request.user)
        return self.get_response(request)


class SessionActivityMiddleware:
    """Keeps the list of sessions: from which address and browser, and when last seen.

    allauth's own middleware writes to the database at every request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and request.user.is_authenticated
            and cache.add(f"session-seen:{request.session.session_key}", True, SEEN_SECONDS)
        ):
            UserSession.objects.create_from_request(request)
        return self.get_response(request)


class SendersFaultMiddleware:
    """Answers as the sender's fault what allauth 65 lets pass for the server's.

    A passkey's answer that is not even shaped like one goes to fido2, whose parser raises whatever
    it stumbles over; nothing has been written by then, and the log keeps the exception. And a
    return from a provider that is not configured finds none.
    """

    STUMBLES = (KeyError, IndexError, ValueError, TypeError, AttributeError)

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if isinstance(exception, SocialApp.DoesNotExist):
            return page_not_found(request, exception)
        is_passkey = is_headless_request(request) and "/webauthn" in request.path
        if not is_passkey or not isinstance(exception, self.STUMBLES):
            return None
        logger.warning("A passkey's answer could not be read", exc_info=exception)
        fault = get_adapter().validation_error("incorrect_code")
        response: HttpResponseBase = ErrorResponse(request, exception=fault)
        return response
