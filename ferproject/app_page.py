"""The page that loads the app, with what the app would else have to ask for first."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from allauth.headless.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from accounts.api.serializers import MeSerializer
from ferproject.api import site_config
from records.api.views import RecordViewSet

RECORD_PAGE = "src/pages/RecordPage.vue"
TEXTS = {"zh-hans": "src/locales/zh-Hans/index.ts"}
"""What the app fetches besides, in these languages."""


# Whose page it is stands in it: no cache may keep it, nor show it after the sign-out.
@never_cache
@ensure_csrf_cookie
def app_page(request: HttpRequest) -> HttpResponse:
    language = get_language()
    user = request.user if request.user.is_authenticated else None
    page = page_shown(request.path)
    start: dict[str, Any] = {
        "language": language,
        "user": user and get_adapter().serialize_user(user),
        "me": user and MeSerializer(user).data,
        "config": site_config(),
        "record": _record(request) if page == RECORD_PAGE else None,
    }
    parts = [part for part in (page, TEXTS.get(language or "")) if part]
    return render(request, "app.html", {"start": start, "parts": parts})


def _record(request: HttpRequest) -> dict[str, Any] | None:
    """As the API gives it to whoever asks; None also while it has yet to become what it will be."""
    name = request.path.strip("/").rsplit("/", 1)[-1]
    answer = RecordViewSet.as_view({"get": "retrieve"})(request, pk=name)
    is_there = answer.status_code == 200 and answer.data["state"] == "done"
    return answer.data if is_there else None


def page_shown(path: str) -> str | None:
    """The source file of the page that the app's router shows at `path`, as the build knows it."""
    pages = Path(str(settings.DJANGO_VITE["default"]["manifest_path"])).with_name("pages.json")
    for route, page in _routes(pages, pages.stat().st_mtime_ns):
        if route.fullmatch(path):
            return page
    return None


@cache
def _routes(pages: Path, _changed: int) -> list[tuple[re.Pattern[str], str]]:
    """Of vue-router's patterns, those that the app has: `:name`, and `:name(.*)*` for the rest."""
    return [
        (re.compile(re.sub(r":\w+", "[^/]+", re.sub(r":\w+\(\.\*\)\*", ".*", path)) + "/?"), page)
        for path, page in json.loads(pages.read_text()).items()
    ]
