"""The page that loads the app, with what the app would else have to ask for first."""

import json
import re
from copy import copy
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
from django.views.decorators.gzip import gzip_page

from accounts.api.serializers import MeSerializer
from ferproject.api import site_config
from records.api.views import RecordViewSet

RECORD_PAGE = "src/pages/RecordPage.vue"
LIST_PAGES = ("src/pages/HomePage.vue", "src/pages/RecordsPage.vue")
PICTURES = 4
"""So many of a list's small pictures are fetched with the page; more would hold up the app."""
TEXTS = {"zh-hans": "src/locales/zh-Hans/index.ts"}
"""What the app fetches besides, in these languages."""


# Whose page it is stands in it: no cache may keep it, nor show it after the sign-out. No secret
# does, whose letters its length could tell (BREACH), so it may be compressed.
@never_cache
@gzip_page
@ensure_csrf_cookie
def app_page(request: HttpRequest) -> HttpResponse:
    language = get_language()
    user = request.user if request.user.is_authenticated else None
    pages = pages_shown(request.path)
    answers = _answers(request, pages[-1]) if user else {}
    start: dict[str, Any] = {
        "language": language,
        "user": user and get_adapter().serialize_user(user),
        "me": user and MeSerializer(user).data,
        "config": site_config(),
        "answers": answers,
    }
    parts = [*pages, *filter(None, [TEXTS.get(language or "")])]
    context = {"start": start, "parts": parts, "pictures": _pictures(answers)}
    return render(request, "app.html", context)


def _answers(request: HttpRequest, page: str) -> dict[str, Any]:
    """What the page asks the API for first, as the API gives it to whoever asks, by its path there.

    Not of a record that has yet to become what it will be.
    """
    if page == RECORD_PAGE:
        name = request.path.strip("/").rsplit("/", 1)[-1]
        answer = RecordViewSet.as_view({"get": "retrieve"})(request, pk=name)
        is_there = answer.status_code == 200 and answer.data["state"] == "done"
        return {f"records/{name}/": answer.data} if is_there else {}
    if page in LIST_PAGES and not request.GET:
        asked = copy(request)
        asked.path = asked.path_info = "/api/v1/records/"
        answer = RecordViewSet.as_view({"get": "list"})(asked)
        return {"records/": answer.data} if answer.status_code == 200 else {}
    return {}


def _pictures(answers: dict[str, Any]) -> list[str]:
    """The pictures that are shown first."""
    first = [answer for answer in answers.values() if answer.get("original")]
    listed = [record for answer in answers.values() for record in answer.get("results", ())]
    return [record["original"] for record in first] + [
        record["thumbnail"] for record in listed[:PICTURES] if record["thumbnail"]
    ]


def pages_shown(path: str) -> list[str]:
    """The source files of the page that the app's router shows at `path`, as the build knows it.

    More than one where it is shown within another; its own comes last.
    """
    known = Path(str(settings.DJANGO_VITE["default"]["manifest_path"])).with_name("pages.json")
    return next(
        pages for route, pages in _routes(known, known.stat().st_mtime_ns) if route.fullmatch(path)
    )


@cache
def _routes(known: Path, _changed: int) -> list[tuple[re.Pattern[str], list[str]]]:
    """Of vue-router's patterns, those that the app has: `:name`, and `:name(.*)*` for the rest."""
    return [
        (re.compile(re.sub(r":\w+", "[^/]+", re.sub(r":\w+\(\.\*\)\*", ".*", path)) + "/?"), pages)
        for path, pages in json.loads(known.read_text()).items()
    ]
