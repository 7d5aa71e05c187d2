"""A person in Chromium: what the journeys share. The fixtures are in conftest.py."""

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import APIResponse, Browser, BrowserContext, Page, expect

from tests.stack import PASSWORD, ROOT, Program, wait_for

# Of conftest.py, which benchmarks cannot import: it wants Django's settings.
PORTRAIT = ROOT / "mlcore" / "tests" / "data" / "astronaut.jpg"

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
# What a slow, busy machine may take for one step.
STEP_MS = 60_000
# Headings whose text comes closer to the edge of the screen than any page's margin.
CUT_OFF_HEADINGS = """
[...document.querySelectorAll('h1, h2, h3')]
  .filter((heading) => {
    if (heading.closest('.visually-hidden')) return false
    const text = document.createRange()
    text.selectNodeContents(heading)
    return text.getBoundingClientRect().right > document.documentElement.clientWidth - 8
  })
  .map((heading) => heading.textContent)
"""
# WCAG 2.2 at level AA, and what axe's authors know to be good practice.
AXE = """
async () => {
  // After a change of theme or width the page is drawn first; what moves has no contrast yet.
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame)
  const ending = (one) => Number.isFinite(one.effect.getComputedTiming().endTime)
  const moving = document.getAnimations().filter(ending)
  await Promise.all(moving.map((one) => one.finished.catch(() => {})))
  const { violations } = await axe.run(document)
  const told = (node) => `${node.html} (${node.failureSummary})`
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(told).join(' | ')}`)
}
"""
AGREED = "The people in these pictures agreed to this."
RECORD_ADDRESS = re.compile(r"/records/[0-9a-f-]{36}$")


@contextmanager
def new_context(browser: Browser, address: str, **options: Any) -> Iterator[BrowserContext]:
    """A browser of its own, and an address of its own: tries are counted for each address."""
    octets = [str(random.randint(1, 254)) for _ in range(3)]
    headers = {"X-Forwarded-For": ".".join(["10", *octets])}
    options = {"locale": "en-GB", "timezone_id": "Europe/Berlin"} | options
    context = browser.new_context(base_url=address, extra_http_headers=headers, **options)
    context.set_default_timeout(STEP_MS)
    expect.set_options(timeout=STEP_MS)
    yield context
    context.close()


@contextmanager
def watched_page(context: BrowserContext) -> Iterator[Page]:
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
    assert faults == [], faults


@dataclass
class Person:
    """Somebody who is signed in, in a browser and, for what a test only prepares, by the API."""

    context: BrowserContext
    page: Page
    username: str

    def request(self, method: str, path: str, **options: Any) -> APIResponse:
        token = next(c["value"] for c in self.context.cookies() if c["name"] == "csrftoken")
        headers = {"X-CSRFToken": token}
        return self.context.request.fetch(path, method=method, headers=headers, **options)

    def api(self, method: str, path: str, data: Any = None) -> Any:
        answer = self.request(method, f"/api/v1/{path}", data=data)
        assert answer.ok, (answer.status, answer.text())
        return answer.json() if answer.text() else None

    def consent(self) -> None:
        self.api("POST", "consent/", {"version": self.api("GET", "consent/")["required_version"]})

    def upload(self, name: str = "", content: bytes | None = None, **fields: str) -> str:
        """The identifier of the record of a picture that is recognised by now."""
        picture = {
            "name": "portrait.jpg",
            "mimeType": "image/jpeg",
            "buffer": PORTRAIT.read_bytes() if content is None else content,
        }
        form = {"consent": "true", "name": name, **fields, "files": picture}
        answer = self.request("POST", "/api/v1/recognitions/", multipart=form)
        assert answer.status == 202, answer.text()
        job = answer.json()["jobs"][0]["id"]
        ended = wait_for(lambda: self._ended(job), "the job is over")
        assert ended["state"] == "done", ended
        return str(ended["record"])

    def _ended(self, job: str) -> Any:
        state = self.api("GET", f"jobs/{job}/")
        if state["state"] in {"done", "failed"}:
            return state
        time.sleep(0.2)
        return None

    def open_record(self, record: str) -> None:
        self.page.goto(f"/records/{record}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()


def enter(context: BrowserContext, page: Page, username: str, *, consents: bool = True) -> Person:
    """Signs somebody up without the pages, which have tests of their own."""
    assert context.request.get("/").ok
    person = Person(context, page, username)
    answer = person.request(
        "POST",
        "/_allauth/browser/v1/auth/signup",
        data={"username": username, "password": PASSWORD},
    )
    assert answer.ok, answer.text()
    if consents:
        person.consent()
    return person


def sign_up(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto("/sign-up")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Create account").click()


def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def show_that_it_is_you(page: Page) -> None:
    """Before something important the password is asked for once more."""
    dialog = page.get_by_role("dialog", name="Is it still you?")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog).to_be_hidden()


def mailed_link(program: Program, to: str, page: str) -> str:
    """The path of a page's link in the newest mail to somebody, which the log has."""

    def find() -> str | None:
        _, found, mail = program.output().rpartition(f"To: {to}")
        link = re.search(rf"http\S+(/{page}/\S+)", mail) if found else None
        return link[1] if link else None

    link = wait_for(find, f"the mail to {to} is in the log", 30)
    assert link is not None
    return link


def agree_to_the_notice(page: Page) -> None:
    expect(page).to_have_url(re.compile("/consent"))
    page.get_by_label(re.compile("^I have read this")).check()
    page.get_by_role("button", name="Agree and go on").click()
    page.wait_for_url(re.compile("/upload"))


def upload(page: Page, name: str, *paths: Path) -> None:
    page.goto("/upload")
    page.locator("input[type=file]").set_input_files(list(paths))
    if name:
        page.get_by_label(re.compile("^Name of")).first.fill(name)
    page.get_by_label(AGREED).check()
    page.get_by_role("button", name=re.compile("^Recogni")).click()


def sign_out(page: Page, username: str) -> None:
    page.get_by_role("button", name=f"Account of {username}").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def names_shown(page: Page) -> list[str]:
    """Of the records that the list shows, in its order."""
    return [text.strip() for text in page.locator("[data-record-link]").all_inner_texts()]


def expect_names(page: Page, names: Sequence[str]) -> None:
    expect(page.locator("[data-record-link]")).to_have_text(list(names))


def open_page(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    page.wait_for_load_state("networkidle")


def stop_answering(page: Page) -> None:
    """Let all requests through again that the test answered itself.

    One that it is answering at this moment is the browser's again, which the answer then finds
    out; as an error that would come up in a later call, and in the fixtures of other tests.
    """
    page.unroute_all(behavior="ignoreErrors")


def faults_of_page(page: Page, path: str, axe: str) -> list[str]:
    """In the light and the dark, on a small phone and a wide screen."""
    faults: list[str] = []
    page.evaluate(axe)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append(f"{path} at {width}: scrolls sideways")
        cut_off = page.evaluate(CUT_OFF_HEADINGS)
        faults += [f"{path} at {width}: cut off: {heading}" for heading in cut_off]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            faults += [f"{path} at {width}, {scheme}: {fault}" for fault in page.evaluate(AXE)]
    return faults


Enter = Callable[..., Person]
