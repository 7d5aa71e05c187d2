"""What makes the app installable: its service worker, and its page without network."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

OFFLINE_PAGE = "/offline"
OFFLINE_PARTS = ("error.css", "icon.svg")


@cache
def _build(manifest: Path, _changed: int) -> tuple[str, list[str]]:
    """The build's mark, and the addresses of its scripts and styles."""
    content = manifest.read_bytes()
    chunks: dict[str, dict[str, Any]] = json.loads(content)
    names = {chunk["file"] for chunk in chunks.values()}
    names |= {name for chunk in chunks.values() for name in chunk.get("css", ())}
    return hashlib.sha256(content).hexdigest()[:12], [
        static(f"app/{name}") for name in sorted(names)
    ]


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Served from the root, since a worker's reach is its own folder."""
    manifest = Path(str(settings.DJANGO_VITE["default"]["manifest_path"]))
    version, assets = _build(manifest, manifest.stat().st_mtime_ns)
    files = [OFFLINE_PAGE, *map(static, OFFLINE_PARTS), *assets]
    return render(
        request,
        "service_worker.js",
        {"version": version, "files": json.dumps(files)},
        content_type="text/javascript; charset=utf-8",
    )


@require_safe
def offline_page(request: HttpRequest) -> HttpResponse:
    return render(request, "offline.html")
