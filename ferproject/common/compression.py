"""Static files compressed as they are sent, where `collectstatic` has not packed them."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

COMPRESSIBLE = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


class StaticCompressionMiddleware(GZipMiddleware):
    """Of our own files only: nothing secret lies in them for their size to tell (BREACH)."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        is_whole = request.method == "GET" and response.status_code == 200
        kind = response.headers.get("Content-Type", "")
        if not is_whole or not request.path.startswith(settings.STATIC_URL):
            return response
        if not kind.startswith(COMPRESSIBLE):
            return response
        return super().process_response(request, response)
