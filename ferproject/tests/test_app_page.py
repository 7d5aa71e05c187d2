"""The page that loads the app: what it brings along, and for whom."""

import gzip
import json
import re
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of
from ferproject.app_page import pages_shown
from records.models import Record
from records.tests.factories import make_record

SOURCES = Path(__file__).resolve().parents[2] / "frontend"
# Fixed: tests that run in several processes have the same names in each.
NOBODYS = "5f0cbf7a-5d86-4a1c-9b6b-3f1f6c1f0b52"


def start_of(client: APIClient, path: str = "/", **headers: str):
    page = client.get(path, headers=headers).content.decode()
    found = re.search(r'<script id="start" type="application/json">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_a_stranger_gets_the_config_alone(db: None) -> None:
    client = APIClient()

    start = start_of(client)

    assert (start["user"], start["me"], start["answers"]) == (None, None, {})
    assert start["config"] == client.get("/api/v1/config/").json()


def test_a_person_gets_what_the_api_would_say(user: User) -> None:
    client = client_of(user)

    start = start_of(client)

    assert start["me"] == client.get("/api/v1/me/").json()
    session = client.get("/_allauth/browser/v1/auth/session").json()
    assert start["user"] == session["data"]["user"]


def test_no_cache_keeps_it(user: User) -> None:
    page = client_of(user).get("/")

    assert "no-store" in page["Cache-Control"]
    assert page.cookies["csrftoken"].value


def test_a_name_cannot_end_the_script(user: User) -> None:
    User.objects.update(display_name="</script><script>alert(1)</script>")
    client = client_of(User.objects.get())

    assert start_of(client)["me"]["display_name"] == "</script><script>alert(1)</script>"
    assert b"<script>alert" not in client.get("/").content


def test_a_record_comes_with_its_page_for_whoever_may_see_it(user: User, other_user: User) -> None:
    record = make_record(user, [("happy", 0.9)], files=True)
    path = f"/records/{record.pk}"
    client = client_of(user)

    answers = {f"records/{record.pk}/": client.get(f"/api/v1{path}/").json()}
    assert start_of(client, path)["answers"] == answers
    assert f'href="/api/v1{path}/original/"' in client.get(path).content.decode()
    for stranger in (client_of(other_user), APIClient()):
        assert start_of(stranger, path)["answers"] == {}
        assert "/original/" not in stranger.get(path).content.decode()


@pytest.mark.parametrize("state", [Record.State.QUEUED, Record.State.FAILED])
def test_a_record_that_is_not_done_is_asked_for(user: User, state: str) -> None:
    record = make_record(user, [("happy", 0.9)], files=True)
    Record.objects.update(state=state)

    assert start_of(client_of(user), f"/records/{record.pk}")["answers"] == {}


@pytest.mark.parametrize("name", [NOBODYS, "no-uuid", "%00"])
def test_the_page_of_no_record_is_there_all_the_same(user: User, name: str) -> None:
    assert start_of(client_of(user), f"/records/{name}")["answers"] == {}


@pytest.mark.parametrize("path", ["/", "/records"])
def test_a_list_comes_with_its_page(user: User, other_user: User, path: str) -> None:
    for _ in range(26):
        make_record(user, [("happy", 0.9)], files=True)
    make_record(other_user, [("sad", 0.9)])
    client = client_of(user)

    listed = client.get("/api/v1/records/").json()
    assert start_of(client, path)["answers"] == {"records/": listed}
    assert listed["next"]
    assert f'href="{listed["results"][0]["thumbnail"]}"' in client.get(path).content.decode()
    assert start_of(APIClient(), path)["answers"] == {}


def test_a_list_that_is_filtered_is_asked_for(user: User) -> None:
    make_record(user, [("happy", 0.9)])

    assert start_of(client_of(user), "/records?expression=sad")["answers"] == {}


def test_the_page_is_compressed(user: User) -> None:
    page = client_of(user).get("/", headers={"Accept-Encoding": "gzip"})

    assert page["Content-Encoding"] == "gzip"
    assert b'id="start"' in gzip.decompress(page.content)


def test_the_config_is_in_the_language_that_is_named(db: None, settings) -> None:
    settings.PURPOSES = {"study": "A study"}

    english = start_of(APIClient())
    chinese = start_of(APIClient(), **{"Accept-Language": "zh-CN"})

    assert (english["language"], chinese["language"]) == ("en", "zh-hans")
    assert english["config"]["purposes"] != chinese["config"]["purposes"]


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", "HomePage"),
        ("/records", "RecordsPage"),
        ("/records/", "RecordsPage"),
        (f"/records/{NOBODYS}", "RecordPage"),
        ("/settings/privacy", "settings/PrivacyPage"),
        ("/camera/live", "camera/LivePage"),
        ("/camera/practice/scores", "PracticeScoresPage"),
        ("/no/such/page", "NotFoundPage"),
    ],
)
def test_the_page_of_an_address_is_fetched_with_the_app(db: None, path: str, page: str) -> None:
    source = f"src/pages/{page}.vue"

    assert pages_shown(path)[-1] == source
    manifest = json.loads((SOURCES.parent / "static" / "app" / "manifest.json").read_text())
    tag = f'href="/static/app/{manifest[source]["file"]}"'
    assert f'{tag} type="text/javascript"' in APIClient().get(path).content.decode()


def test_every_page_of_the_router_is_known() -> None:
    imported = set(
        re.findall(r"import\('\./(pages/[^']+)'\)", (SOURCES / "src" / "router.ts").read_text())
    )

    pages = json.loads((SOURCES.parent / "static" / "app" / "pages.json").read_text())
    assert {f"src/{name}" for name in imported} == {page[-1] for page in pages.values()}
    assert pages["/camera/live"] == ["src/pages/CameraPage.vue", "src/pages/camera/LivePage.vue"]
    assert len(pages) > 10


def test_chinese_texts_are_fetched_with_the_app(db: None) -> None:
    pages = (
        APIClient().get("/", headers={"Accept-Language": language}).content.decode()
        for language in ("zh-CN", "en")
    )

    assert ["zh-Hans-" in page for page in pages] == [True, False]
