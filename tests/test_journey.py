"""The journey of a person, in Chromium, on the product as `make serve` starts it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conftest import PORTRAIT
from tests.browser import (
    AGREED,
    RECORD_ADDRESS,
    Person,
    agree_to_the_notice,
    sign_out,
    sign_up,
    upload,
)
from tests.stack import PASSWORD

pytestmark = [pytest.mark.stack, pytest.mark.browser]

EXPRESSIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
RECOGNISE = re.compile("^Recogni")


def test_from_sign_up_to_a_deleted_record(
    page: Page, running: str, username: str, other: Person
) -> None:
    # Sign up: signed in, and on the home page.
    sign_up(page, username)
    expect(page).to_have_url(f"{running}/")
    expect(page.get_by_role("button", name=f"Account of {username}")).to_be_visible()

    # At first use the notice comes before the upload, and nothing goes without agreeing to it.
    page.get_by_role("link", name="Recognise a picture").click()
    page.get_by_role("button", name="Agree and go on").click()
    expect(page.get_by_role("alert").filter(has_text="Tick the box first")).to_be_visible()
    agree_to_the_notice(page)

    # Upload: without the tick nothing goes.
    page.locator("input[type=file]").set_input_files(PORTRAIT)
    page.get_by_role("button", name=RECOGNISE).click()
    expect(page.get_by_role("alert").filter(has_text="agree")).to_be_visible()
    page.get_by_label(re.compile("^Name of")).fill("Commander Collins")
    page.get_by_label(AGREED).check()
    page.get_by_role("button", name=RECOGNISE).click()

    # The record: the picture with a box, and the face with its crop and seven bars.
    expect(page).to_have_url(RECORD_ADDRESS)
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
    other.page.goto("/records")
    expect(other.page.get_by_text("No records yet")).to_be_visible()
    other.page.goto(record_url)
    expect(other.page.get_by_text("Record not found")).to_be_visible()
    source = picture_source(page)
    assert other.page.request.get(source).status == 404
    assert page.request.get(source).status == 200

    # Delete: gone at once, and Undo is offered for a moment; then sign out.
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page).to_have_url(f"{running}/records")
    expect(page.get_by_test_id("undo-toast")).to_contain_text("“Commander Collins” was deleted.")
    expect(page.get_by_text("No records yet")).to_be_visible()
    assert page.request.get(source).status == 404
    sign_out(page, username)
    page.goto("/records")
    expect(page).to_have_url(re.compile("/sign-in"))


def shown_share(text: str) -> int:
    """The per cents in a bar's text; "<1%" counts as none."""
    less, number = re.search(r"(<?)(\d+)\s*%", text).groups()  # type: ignore[union-attr]
    return 0 if less else int(number)


def picture_source(page: Page) -> str:
    return str(page.locator("main img").first.get_attribute("src"))


def test_several_pictures_dropped_at_once(person: Person) -> None:
    page = person.page
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
    page.get_by_label(AGREED).check()
    page.get_by_role("button", name=RECOGNISE).click()

    expect(page.get_by_role("link", name=re.compile("^See the result of"))).to_have_count(2)
    page.goto("/records")
    expect(page.get_by_test_id("record-card")).to_have_count(2)


def test_what_is_no_picture_is_told_and_can_be_removed(person: Person, tmp_path: Path) -> None:
    page = person.page
    text = tmp_path / "text.jpg"
    text.write_text("I am not a picture. " * 50)

    upload(page, "", text)

    item = page.get_by_test_id("upload-item")
    expect(item).to_contain_text("text.jpg: This is a text")
    item.get_by_role("button", name="Remove text.jpg").click()
    expect(item).to_have_count(0)
    page.goto("/records")
    expect(page.get_by_test_id("record-card")).to_have_count(0)


def test_a_picture_without_a_face_says_so(person: Person, tmp_path: Path, faceless: bytes) -> None:
    page = person.page
    path = tmp_path / "gradient.jpg"
    path.write_bytes(faceless)

    upload(page, "Gradient", path)

    expect(page.get_by_text("No face was found in this picture.")).to_be_visible()


def test_what_an_answer_rests_on_by_keyboard(person: Person) -> None:
    page = person.page
    person.open_record(person.upload("Commander Collins"))
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


def test_by_keyboard_alone_from_sign_up_to_a_corrected_record(
    page: Page, running: str, username: str
) -> None:
    """Tab, Space, Enter and arrows; the only help is the file that a dialog of the system gives."""
    keys = page.keyboard
    # Whoever listens is given the dialog instead of Chromium; told so with the key press only,
    # Chromium may open its own before it knows.
    page.on("filechooser", lambda chooser: None)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    go_to(page, "link", "Create an account")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Create an account")).to_be_focused()
    go_to(page, "textbox", "User name")
    keys.type(username)
    go_to(page, "textbox", "Password")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("heading", name=f"Hello, {username}")).to_be_focused()

    go_to(page, "link", "Recognise a picture")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Before you begin")).to_be_focused()
    go_to(page, "checkbox", "I have read this")
    keys.press("Space")
    go_to(page, "button", "Agree and go on")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Recognise a picture")).to_be_focused()

    go_to(page, "button", "Choose pictures")
    with page.expect_file_chooser() as chooser:
        keys.press("Enter")
    chooser.value.set_files(PORTRAIT)
    go_to(page, "checkbox", AGREED)
    keys.press("Space")
    go_to(page, "button", "Recognise picture")
    keys.press("Enter")
    expect(page).to_have_url(RECORD_ADDRESS)
    expect(page.get_by_role("heading", level=1)).to_be_focused()

    go_to(page, "button", "Correct for face 1")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Happy", exact=True)).to_be_focused()
    keys.press("ArrowLeft")
    expect(page.get_by_role("button", name="Fear", exact=True)).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_test_id("face-correction")).to_contain_text("You said")
    expect(page.get_by_test_id("face-correction")).to_contain_text("Fear")
    expect(page.get_by_role("button", name="Change for face 1")).to_be_focused()


# The accessible name as far as this needs it: what labels the element, or what it says.
FOCUSED = """
() => {
  const element = document.activeElement
  const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent
  return (label ?? element.textContent).replace(/\\s+/g, ' ').trim()
}
"""


def go_to(page: Page, role: str, name: str) -> None:
    """Press Tab until it has the focus."""
    passed = []
    target = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    expect(target).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
        passed.append(page.evaluate(FOCUSED))
    raise AssertionError(f"Tab does not come to {role} {name!r}, only to {passed}")


def test_the_api_can_be_browsed(page: Page) -> None:
    page.goto("/api/v1/docs/")

    expect(page.get_by_text("/api/v1/recognitions/").first).to_be_visible()
