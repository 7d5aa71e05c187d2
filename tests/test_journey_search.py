"""Finding records in Chromium: bookmarks and Back, odd characters, tags."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import PORTRAIT, new_context, sign_in
from tests.stack import Client

pytestmark = [pytest.mark.stack, pytest.mark.browser]

NAMES = ["Harbour", "Garden party", "Mountain hut"]


@pytest.fixture(scope="module")
def keeper(running: str) -> Client:
    """Somebody with a few recognised pictures."""
    client = Client(running, f"record.keeper.{uuid.uuid4().hex[:8]}")
    for job in [client.upload(PORTRAIT.read_bytes(), name) for name in NAMES]:
        assert client.finished(job)["state"] == "done"
    return client


@pytest.fixture(scope="module")
def context(browser: Browser, running: str, keeper: Client) -> Iterator[BrowserContext]:
    """Signed in once for all tests, which only look."""
    with new_context(browser, running) as context:
        page = context.new_page()
        page.goto("/sign-in")
        sign_in(page, keeper.username)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")
        page.close()
        yield context


def open_record(page: Page, name: str) -> None:
    page.goto("/records")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_test_id("face-card")).to_have_count(1)


def test_a_search_and_a_filter_can_be_bookmarked_and_undone_by_back(page: Page) -> None:
    page.goto("/records")
    cards = page.get_by_test_id("record-card")
    expect(cards).to_have_count(3)

    page.get_by_role("searchbox").fill("garden")
    expect(cards).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?search=garden$"))
    page.get_by_role("button", name=re.compile("^Filters")).click()
    page.get_by_role("group", name="Expression as recognised").get_by_label("Sad").check()
    expect(page.get_by_text("No record matches")).to_be_visible()
    bookmark = page.url
    page.get_by_role("button", name="Remove the filter “Recognised as Sad”").click()
    expect(cards).to_have_count(1)
    page.go_back()
    expect(page).to_have_url(bookmark)
    expect(page.get_by_test_id("filter-chip")).to_have_count(2)

    page.goto(bookmark)
    expect(page.get_by_text("No record matches")).to_be_visible()
    page.get_by_role("button", name="Clear all filters").first.click()
    expect(cards).to_have_count(3)


@pytest.mark.parametrize("words", ["%", "_", "'\"\\", "🎉", "<b>"])
def test_a_search_for_odd_characters_finds_nothing_and_breaks_nothing(
    page: Page, words: str
) -> None:
    page.goto("/records")
    page.get_by_role("searchbox").fill(words)
    expect(page.get_by_text("No record matches")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value(words)


def test_tags_are_typed_suggested_and_filtered_by(page: Page) -> None:
    open_record(page, "Harbour")
    page.get_by_role("combobox", name="Add a tag").fill("Sea")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Show all records with the tag Sea")).to_be_visible()
    open_record(page, "Garden party")
    page.get_by_role("combobox", name="Add a tag").fill("s")
    expect(page.get_by_role("option", name="Sea")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Show all records with the tag Sea").click()
    expect(page.get_by_test_id("record-card")).to_have_count(2)
