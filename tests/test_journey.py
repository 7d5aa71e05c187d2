"""The journey of a person, in Chromium, on the product as `make serve` starts it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from conftest import PORTRAIT
from tests.stack import PASSWORD, Client

pytestmark = [pytest.mark.stack, pytest.mark.browser]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
# Headings whose text comes closer to the edge of the screen than any page's margin.
CUT_OFF_HEADINGS = """
[...document.querySelectorAll('h1, h2, h3')]
  .filter((heading) => {
    const text = document.createRange()
    text.selectNodeContents(heading)
    return text.getBoundingClientRect().right > document.documentElement.clientWidth - 8
  })
  .map((heading) => heading.textContent)
"""
EXPRESSIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, running: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=running, locale="en-GB")
    context.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which any script error or breach of the content policy fails the test."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    yield page
    assert faults == []


def sign_up(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto("/sign-up")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Create account").click()


def open_menu_and_sign_out(page: Page, username: str) -> None:
    page.get_by_role("button", name=f"Account of {username}").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def upload(page: Page, name: str, *paths: Path) -> None:
    page.goto("/upload")
    page.locator("input[type=file]").set_input_files(list(paths))
    if name:
        page.get_by_label(re.compile("^Name of")).first.fill(name)
    page.get_by_label("The people in these pictures agreed to this.").check()
    page.get_by_role("button", name=re.compile("^Recogni")).click()


def test_from_sign_up_to_a_deleted_record(page: Page, browser: Browser, running: str) -> None:
    # Sign up: signed in, and on the home page.
    sign_up(page, "ada.lovelace")
    expect(page).to_have_url(f"{running}/")
    expect(page.get_by_role("button", name="Account of ada.lovelace")).to_be_visible()

    # Upload: without the tick nothing goes.
    page.goto("/upload")
    page.locator("input[type=file]").set_input_files(PORTRAIT)
    page.get_by_role("button", name=re.compile("^Recogni")).click()
    expect(page.get_by_role("alert").filter(has_text="agree")).to_be_visible()
    page.get_by_label(re.compile("^Name of")).fill("Commander Collins")
    page.get_by_label("The people in these pictures agreed to this.").check()
    page.get_by_role("button", name=re.compile("^Recogni")).click()

    # The record: the picture with a box, and the face with its crop and seven bars.
    expect(page).to_have_url(re.compile(r"/records/[0-9a-f-]{36}$"))
    expect(page.get_by_role("heading", name="Commander Collins")).to_be_visible()
    face = page.get_by_test_id("face-card")
    expect(face).to_have_count(1)
    expect(page.get_by_test_id("face-box")).to_have_count(1)
    bars = face.get_by_test_id("probability-bar")
    assert [bar.get_attribute("data-expression") for bar in bars.all()] == EXPRESSIONS
    shares = [shown_share(bar.inner_text()) for bar in bars.all()]
    assert 97 <= sum(shares) <= 103  # whole per cents, rounded one by one
    assert max(shares) == shares[EXPRESSIONS.index("happy")]
    expect(face.get_by_text("😀").first).to_be_visible()
    crop = face.locator("img")
    assert crop.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [48, 48]
    picture = page.locator("main img").first
    assert picture.evaluate("image => image.naturalWidth") == 512
    record_url = page.url

    # The list shows it; reload and open it again.
    page.get_by_role("link", name="Records", exact=True).first.click()
    card = page.get_by_test_id("record-card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Commander Collins")
    expect(card).to_contain_text("Happy")
    expect(card.locator("time")).to_be_visible()
    # It is fetched once it comes into view.
    expect(card.locator("img")).to_have_js_property("naturalWidth", 320)
    page.reload()
    card.get_by_role("link", name="Commander Collins").click()
    expect(page.get_by_test_id("face-card")).to_have_count(1)

    # Another person sees none of it.
    with browser.new_context(base_url=running) as others:
        other = others.new_page()
        sign_up(other, "grace.hopper")
        expect(other.get_by_role("button", name="Account of grace.hopper")).to_be_visible()
        other.goto("/records")
        expect(other.get_by_test_id("record-card")).to_have_count(0)
        other.goto(record_url)
        expect(other.get_by_text("Record not found")).to_be_visible()
        source = picture_source(page)
        assert other.request.get(source).status == 404
    assert page.request.get(source).status == 200

    # Delete, with the question first; then sign out.
    page.get_by_role("button", name=re.compile("^Delete")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Delete")).first.click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Delete")).click()
    expect(page).to_have_url(f"{running}/records")
    expect(page.get_by_test_id("record-card")).to_have_count(0)
    assert page.request.get(source).status == 404
    open_menu_and_sign_out(page, "ada.lovelace")
    page.goto("/records")
    expect(page).to_have_url(re.compile("/sign-in"))


def shown_share(text: str) -> int:
    """The per cents in a bar's text; "<1%" counts as none."""
    less, number = re.search(r"(<?)(\d+)\s*%", text).groups()  # type: ignore[union-attr]
    return 0 if less else int(number)


def picture_source(page: Page) -> str:
    return str(page.locator("main img").first.get_attribute("src"))


@pytest.mark.parametrize(
    ("username", "password", "message"),
    [
        ("taken.name", PASSWORD, "already exists"),
        ("short", PASSWORD, "at least 6 characters"),
        ("long.enough", "seven77", "at least 8 characters"),
    ],
)
def test_each_fault_at_sign_up_has_its_message(
    page: Page, running: str, username: str, password: str, message: str
) -> None:
    if username == "taken.name":
        Client(running, username)

    sign_up(page, username, password)

    expect(page.locator("form .field__error").filter(has_text=message)).to_be_visible()
    expect(page).to_have_url(f"{running}/sign-up")


def test_signing_in_leads_back_to_where_one_was_going(page: Page, running: str) -> None:
    Client(running, "returning")
    page.goto("/upload")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))

    # By keyboard alone.
    page.get_by_label("User name").focus()
    page.keyboard.type("returning")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    expect(page.locator("form").get_by_text("not correct")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{running}/upload")


def test_several_pictures_dropped_at_once(page: Page, running: str, tmp_path: Path) -> None:
    sign_up(page, "drag.and.drop")
    page.get_by_role("button", name="Account of drag.and.drop").wait_for()
    page.goto("/upload")
    content = list(PORTRAIT.read_bytes())
    transfer = page.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer()
            for (const name of ['first.jpg', 'second.jpg']) {
                transfer.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/jpeg'}))
            }
            return transfer
        }""",
        content,
    )
    page.dispatch_event("[data-testid=drop-zone]", "drop", {"dataTransfer": transfer})
    expect(page.get_by_test_id("upload-item")).to_have_count(2)
    page.get_by_label("The people in these pictures agreed to this.").check()
    page.get_by_role("button", name=re.compile("^Recogni")).click()

    expect(page.get_by_role("link", name=re.compile("^See the result of"))).to_have_count(2)
    page.goto("/records")
    expect(page.get_by_test_id("record-card")).to_have_count(2)


def test_what_is_no_picture_is_told_and_can_be_removed(page: Page, tmp_path: Path) -> None:
    sign_up(page, "bad.input")
    page.get_by_role("button", name="Account of bad.input").wait_for()
    text = tmp_path / "text.jpg"
    text.write_text("I am not a picture. " * 50)

    upload(page, "", text)

    item = page.get_by_test_id("upload-item")
    expect(item).to_contain_text("text.jpg: This is a text")
    item.get_by_role("button", name="Remove text.jpg").click()
    expect(item).to_have_count(0)
    page.goto("/records")
    expect(page.get_by_test_id("record-card")).to_have_count(0)


def test_a_picture_without_a_face_says_so(page: Page, tmp_path: Path, faceless: bytes) -> None:
    sign_up(page, "no.face.here")
    page.get_by_role("button", name="Account of no.face.here").wait_for()
    path = tmp_path / "gradient.jpg"
    path.write_bytes(faceless)

    upload(page, "Gradient", path)

    expect(page.get_by_text("No face was found in this picture.")).to_be_visible()


def test_what_an_answer_rests_on_by_keyboard(page: Page, running: str) -> None:
    sign_up(page, "curious.person")
    page.wait_for_url(f"{running}/")
    upload(page, "Commander Collins", PORTRAIT)
    button = page.get_by_role("button", name=re.compile("^What the answer rests on"))
    button.focus()

    page.keyboard.press("Enter")

    expect(button).to_have_attribute("aria-expanded", "true")
    heat = page.get_by_role("img", name=re.compile("Happy rests mostly on the lower part"))
    expect(heat).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Happy rests mostly")).to_have_count(1)
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320

    page.keyboard.press("Tab")
    page.keyboard.type("Sad")
    expect(page.get_by_role("img", name=re.compile("Sad rests on no single part"))).to_be_visible()
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_pages_fit_any_width(page: Page, running: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/sign-in", "/sign-up", "/no/such/page"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    sign_up(page, f"a.rather.long.user.name.{width}")
    page.wait_for_url(f"{running}/")
    upload(page, "A name that is rather long for so small a screen", PORTRAIT)
    expect(page.get_by_test_id("face-card")).to_be_visible()
    for path in (page.url, "/records", "/upload", "/"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CUT_OFF_HEADINGS) == [], path


def test_the_api_can_be_browsed(page: Page) -> None:
    page.goto("/api/v1/docs/")

    expect(page.get_by_text("/api/v1/recognitions/").first).to_be_visible()
