"""Every page: for everybody (axe), at any width, small enough to load, and without a connection."""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser import (
    Person,
    enter,
    faults_of_page,
    mailed_link,
    new_context,
    open_page,
    show_that_it_is_you,
    watched_page,
)
from tests.stack import ROOT, Program

pytestmark = [pytest.mark.stack, pytest.mark.browser]

JAVASCRIPT_MAX_BYTES = 200_000
SIGNED_OUT = (
    *("/", "/sign-in", "/sign-up", "/forgot-password", "/no/such/page", "/offline"),
    # Links that are wrong or too old.
    *("/provider-callback?error=cancelled", "/reset-password/no-key", "/verify-email/no-key"),
)
SIGNED_IN = (
    "/",
    "/consent",
    "/upload",
    "/records",
    "/records?search=nothing+like+it",
    "/statistics",
    "/settings",
    "/settings/security",
    "/settings/privacy",
    "/settings/tokens",
    # In a browser that has no camera; test_journey_camera.py has one.
    "/camera/photo",
    "/camera/live",
    "/camera/monitor",
    "/camera/practice",
    "/camera/practice/scores",
)


def test_pages_for_those_who_are_signed_out(page: Page, axe: str) -> None:
    faults = []
    for path in SIGNED_OUT:
        open_page(page, path)
        faults += faults_of_page(page, path, axe)

    assert faults == []


def test_pages_that_mails_lead_to(
    person: Person, product: tuple[Program, str, Path], axe: str
) -> None:
    page, program, faults = person.page, product[0], []
    address = f"{person.username}@example.org"
    page.goto("/settings")
    page.get_by_label("E-mail address", exact=True).fill(address)
    page.get_by_role("button", name="Add address").click()
    show_that_it_is_you(page)
    open_page(page, mailed_link(program, address, "verify-email"))
    expect(page.get_by_text(address)).to_be_visible()
    faults += faults_of_page(page, "verify-email", axe)
    page.get_by_role("main").get_by_role("button").click()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    faults += faults_of_page(page, "verify-email, done", axe)

    person.request("POST", "/_allauth/browser/v1/auth/password/request", data={"email": address})
    open_page(page, mailed_link(program, address, "reset-password"))
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Set password").click()
    expect(page.locator("form .field__error")).to_be_visible()
    faults += faults_of_page(page, "reset-password", axe)

    assert faults == []


@pytest.mark.parametrize("flow", ["provider_signup", "mfa_authenticate"])
def test_the_page_that_a_provider_leads_back_to(page: Page, axe: str, flow: str) -> None:
    """No provider answers here; the server's word that a step is open is all the page knows."""
    flows = [{"id": flow, "is_pending": True, "types": ["totp"]}]
    answer = {"status": 401, "data": {"flows": flows}, "meta": {"is_authenticated": False}}
    page.route("**/auth/session", lambda route: route.fulfill(status=401, json=answer))
    open_page(page, "/provider-callback")
    page.get_by_role("main").locator("button[type=submit]").click()
    expect(page.locator("form .field__error")).to_be_visible()

    assert faults_of_page(page, f"provider-callback, {flow}", axe) == []


def test_pages_before_there_is_anything(person: Person, axe: str) -> None:
    page, faults = person.page, []
    for path in ("/", "/records", "/statistics"):
        open_page(page, path)
        faults += faults_of_page(page, path, axe)

    assert faults == []


@pytest.fixture(scope="module")
def busy(browser: Browser, running: str, faceless: bytes) -> Iterator[tuple[Person, str]]:
    """Somebody with records, a correction, tags and a token; and the corrected record."""
    with new_context(browser, running) as context, watched_page(context) as page:
        person = enter(context, page, f"a.rather.long.user.name.for.{uuid.uuid4().hex}")
        person.upload("No face in it", faceless)
        person.upload("Averyveryveryverylongnamewithoutasinglespaceforthewholeofitslength")
        record = person.upload("A name that is rather long for so small a screen")
        (face,) = person.api("GET", f"records/{record}/")["faces"]
        person.api("PUT", f"faces/{face['id']}/correction/", {"expression": "sad"})
        changes = {"note": "A note " * 30, "tags": ["friends", "holidays of 2026"]}
        person.api("PATCH", f"records/{record}/", changes)
        person.api("POST", "tokens/", {"name": "My script"})
        yield person, record


def test_a_change_of_theme_is_at_once_for_those_who_want_no_motion(page: Page) -> None:
    """In the middle of a change no colour is the one that was chosen for its contrast."""
    colours = """() => [...document.querySelectorAll('body, body *')].map(
      (one) => { const is = getComputedStyle(one); return is.color + is.backgroundColor })"""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    open_page(page, "/sign-in")
    light = page.evaluate(colours)

    page.emulate_media(color_scheme="dark")
    at_once = page.evaluate(colours)

    assert page.evaluate("document.getAnimations().length") == 0
    page.wait_for_timeout(500)
    assert at_once == page.evaluate(colours)
    assert at_once != light


@pytest.mark.parametrize("path", [*SIGNED_IN, "/records/{record}"])
def test_pages_of_a_person(busy: tuple[Person, str], axe: str, path: str) -> None:
    person, record = busy
    open_page(person.page, path.format(record=record))

    assert faults_of_page(person.page, path, axe) == []


def test_the_table_the_filters_and_what_opens(busy: tuple[Person, str], axe: str) -> None:
    person, record = busy
    page = person.page
    open_page(page, "/records")
    page.get_by_role("radio", name="Table").check()
    page.get_by_role("button", name=re.compile("^Filters")).click()
    expect(page.get_by_role("form", name="Filter records")).to_be_visible()
    page.get_by_label(re.compile("^Select A name")).check()
    faults = faults_of_page(page, "table, filters and selection", axe)
    page.get_by_role("radio", name="Pictures").check()
    page.get_by_role("button", name="Import", exact=True).click()
    faults += faults_of_page(page, "import", axe)
    open_page(page, f"/records/{record}")
    page.get_by_role("button", name="Change for face 1").click()
    page.get_by_role("button", name="Edit the note").click()
    page.get_by_role("button", name="Rename").click()
    faults += faults_of_page(page, "record being edited", axe)
    page.get_by_role("button", name="Recognise again").click()
    faults += faults_of_page(page, "recognise again", axe)
    open_page(page, "/statistics")
    expect(page.get_by_test_id("chart")).to_have_count(6)
    for chart in page.get_by_test_id("chart").all():
        chart.get_by_role("button", name=re.compile("^Table of")).click()
    faults += faults_of_page(page, "statistics as tables", axe)

    assert faults == []


def test_pages_load_little_javascript(busy: tuple[Person, str]) -> None:
    """Counted as they come over the network, compressed, with an empty cache."""
    person, record = busy
    page = person.context.new_page()
    network = person.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    network.send("Network.setBypassServiceWorker", {"bypass": True})
    scripts: set[str] = set()
    sizes: dict[str, float] = {}
    network.on(
        "Network.responseReceived",
        lambda event: scripts.add(event["requestId"]) if event["type"] == "Script" else None,
    )
    network.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    loaded = {}
    for path in (*SIGNED_IN, f"/records/{record}", "/no/such/page"):
        scripts.clear()
        sizes.clear()
        open_page(page, path)
        loaded[path] = sum(size for request, size in sizes.items() if request in scripts)
    page.close()

    assert min(loaded.values()) > 10_000  # it counts
    assert {path: size for path, size in loaded.items() if size >= JAVASCRIPT_MAX_BYTES} == {}


# Installed, and without a connection ------------------------------------------------------------


def test_the_app_can_be_installed(page: Page) -> None:
    page.goto("/")
    devtools = page.context.new_cdp_session(page)
    answer = devtools.send("Page.getAppManifest")
    assert answer["errors"] == []
    manifest = json.loads(answer["data"])
    assert (manifest["name"], manifest["start_url"]) == ("Expression Lab", "/")
    assert manifest["display"] == "standalone"
    sizes = set()
    for icon in manifest["icons"]:
        response = page.request.get(icon["src"])
        assert response.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            path = ROOT / icon["src"].removeprefix("/")
            width, height = Image.open(path).size
            assert icon["sizes"] == f"{width}x{height}"
            sizes.add((icon["sizes"], icon.get("purpose", "any")))
    sides = ("192x192", "512x512")
    assert sizes == {(side, purpose) for side in sides for purpose in ("any", "maskable")}
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    faults = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A private window, which is what a test has, installs nothing.
    assert [fault["errorId"] for fault in faults if fault["errorId"] != "in-incognito"] == []


def test_without_a_connection(person: Person) -> None:
    page = person.page
    page.goto("/records")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    person.context.set_offline(True)
    expect(page.get_by_text("You are offline. What you see may be out of date.")).to_be_visible()

    page.goto("/records")

    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    expect(page.get_by_role("heading", name="您已离线")).to_be_visible()
    assert page.locator("img").evaluate("image => image.naturalWidth") > 0
    kept = page.evaluate(
        "(async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map((r) => new URL(r.url).pathname)))).flat())()"
    )
    # Nothing of anybody's: no record, no picture, no answer of the API.
    assert "/offline" in kept
    assert [path for path in kept if not path.startswith(("/static/", "/offline"))] == []
    person.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Records", level=1)).to_be_visible()
