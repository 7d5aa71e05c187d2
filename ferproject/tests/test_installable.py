"""The service worker, its page without network, and the web app manifest."""

import json
import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image


def worker() -> tuple[str, list[str]]:
    """The cache's name and the files that the worker keeps."""
    text = Client().get("/sw.js").content.decode()
    version = re.search(r"CACHE = '(.+)'", text)
    files = re.search(r"FILES = (\[.*\])", text)
    assert version
    assert files
    return version[1], json.loads(files[1])


def test_the_worker_reaches_the_whole_site_and_is_asked_for_anew() -> None:
    response = Client().get("/sw.js")

    assert response["Content-Type"].startswith("text/javascript")
    assert "no-cache" in response["Cache-Control"]
    assert "worker-src 'self'" in response["Content-Security-Policy"]
    assert "manifest-src 'self'" in response["Content-Security-Policy"]


def test_every_file_that_it_keeps_is_there_and_is_nobodys() -> None:
    version, files = worker()

    assert re.fullmatch(r"app-[0-9a-f]{12}", version)
    assert any(name.endswith(".js") for name in files)
    for name in files:
        if name == "/offline":
            assert Client().get(name).status_code == 200
        else:
            assert name.startswith("/static/")
            assert finders.find(name.removeprefix("/static/")), name


def test_another_build_is_another_worker(settings, tmp_path: Path) -> None:
    before = worker()
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"src/main.ts": {"file": "assets/main-x.js", "css": ["a.css"]}}))
    settings.DJANGO_VITE = {"default": {"manifest_path": manifest}}

    version, files = worker()

    assert version != before[0]
    assert files[-2:] == ["/static/app/a.css", "/static/app/assets/main-x.js"]


def test_the_manifests_icons_have_the_sizes_that_it_names() -> None:
    manifest = json.loads(Path(str(finders.find("manifest.webmanifest"))).read_text())

    purposes = [icon.get("purpose", "any") for icon in manifest["icons"]]
    assert purposes.count("maskable") == 2
    for icon in manifest["icons"]:
        path = finders.find(icon["src"].removeprefix("/static/"))
        assert path, icon
        if icon["type"] == "image/png":
            width, height = Image.open(str(path)).size
            assert f"{width}x{height}" == icon["sizes"]


def test_the_page_names_manifest_and_icon() -> None:
    page = Client().get("/").content.decode()

    assert '<link rel="manifest" href="/static/manifest.webmanifest">' in page
    assert "apple-touch-icon" in page
