"""Films in the app: from a file to a timeline that one works with, and an annotated film."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from recognition.tests.films import film_bytes
from tests.browser import (
    RECORD_ADDRESS,
    Person,
    enter,
    faults_of_page,
    new_context,
    stop_answering,
    watched_page,
)
from tests.stack import wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]

AGREED = "The people who are shown agreed to this."
ANALYSE = re.compile("^Analyse film")
SECONDS = 12.0
# The player's position; it is the film's, not the chart's.
AT = "video => video.currentTime"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds with two faces, in several pieces."""
    folder = tmp_path_factory.mktemp("films")
    film_bytes(folder, seconds=(SECONDS,), faces=2)
    return folder / "film.mp4"


def choose(page: Page, path: Path) -> None:
    page.goto("/upload")
    page.locator("input[type=file]").set_input_files(path)


def send(page: Page, path: Path) -> None:
    choose(page, path)
    page.get_by_label(AGREED).check()
    page.get_by_role("button", name=ANALYSE).click()


def analysed(page: Page) -> None:
    expect(page).to_have_url(RECORD_ADDRESS)
    expect(page.get_by_test_id("film-progress")).to_have_count(0)
    expect(page.get_by_test_id("chart-row").first).to_be_visible()


def figure_of(cursor: Locator) -> float:
    return float(cursor.get_attribute("data-time") or "nan")


def test_from_a_film_to_its_timeline_and_an_annotated_film(person: Person, film: Path) -> None:
    page = person.page
    choose(page, film)
    row = page.get_by_test_id("upload-item")
    expect(row).to_contain_text("film.mp4")
    page.get_by_label("Name of film.mp4").fill("A talk")
    page.get_by_label("Analyse the film").select_option("10")
    page.get_by_role("button", name=ANALYSE).click()
    expect(page.get_by_role("alert").filter(has_text="agreed")).to_be_visible()
    page.get_by_label(AGREED).check()
    page.get_by_role("button", name=ANALYSE).click()

    # Progress, on the page of the record.
    expect(page).to_have_url(RECORD_ADDRESS)
    expect(page.get_by_role("heading", name="A talk")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Progress of the analysis")).to_be_visible()
    analysed(page)

    # The timeline: a row for each face, and what they show now in words.
    expect(page.get_by_test_id("chart-row")).to_have_count(2)
    expect(page.get_by_test_id("faces-now")).to_contain_text("Face 1")
    expect(page.get_by_test_id("faces-now")).to_contain_text("Happy")
    expect(page.get_by_test_id("film-overlay")).to_have_attribute(
        "data-faces", re.compile("1 happy, 2 happy")
    )

    # A click in the middle of the chart goes to the middle of the film.
    video = page.locator("video")
    chart = page.get_by_test_id("timeline-chart")
    box = chart.bounding_box()
    assert box is not None
    # Beside the plot there are its labels.
    chart.click(position={"x": (44 + box["width"] - 8) / 2, "y": 90})
    wait_for(lambda: abs(video.evaluate(AT) - SECONDS / 2) < 0.5, "the film is in the middle")
    cursor = page.get_by_test_id("chart-cursor")
    wait_for(lambda: abs(figure_of(cursor) - SECONDS / 2) < 0.5, "so is the cursor")

    # It plays, and the cursor follows.
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for(lambda: figure_of(cursor) > SECONDS / 2 + 0.8, "the cursor follows the film")
    page.get_by_role("button", name="Pause", exact=True).click()

    # A face gets a name, which is drawn, listed and kept.
    track = page.get_by_test_id("track").first
    track.get_by_role("button", name="Rename Face 1").click()
    page.get_by_label("Name of Face 1").fill("Anna")
    page.keyboard.press("Enter")
    expect(track).to_contain_text("Anna")
    page.get_by_role("button", name="Hide Face 2").click()
    expect(page.get_by_test_id("chart-row")).to_have_count(1)

    # Segments: marked by keys, and from a cue sheet.
    position = page.get_by_test_id("film-position")
    position.focus()
    position.fill("2")
    page.keyboard.press("i")
    position.fill("5")
    page.keyboard.press("o")
    expect(page.get_by_test_id("segment")).to_contain_text(["Segment 1"])
    expect(page.get_by_test_id("segment-table")).to_contain_text("Anna")
    sheet = {
        "name": "cues.csv",
        "mimeType": "text/csv",
        "buffer": b"name,start,end\nOpening,0,4\nClaim,0:04,0:09.5\n",
    }
    page.locator("#cue-sheet").set_input_files(sheet)  # type: ignore[arg-type]
    page.get_by_role("button", name="Replace", exact=True).click()
    expect(page.get_by_test_id("segment")).to_contain_text(["Opening", "Claim"])
    page.locator("#cue-sheet").set_input_files(
        {"name": "bad.csv", "mimeType": "text/csv", "buffer": b"Opening,0,4\nClaim,nine,10\n"}
    )
    page.get_by_role("button", name="Replace", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="2")).to_be_visible()
    expect(page.get_by_test_id("segment")).to_contain_text(["Opening", "Claim"])

    # Two segments side by side.
    comparison = page.get_by_test_id("film-comparison")
    comparison.get_by_label("Compare").select_option("Opening")
    comparison.get_by_label("Namely").select_option("Claim")
    expect(comparison.get_by_test_id("bar")).to_have_count(14)

    # The annotated film is made, and plays.
    made = page.get_by_test_id("annotated-film")
    made.get_by_role("button", name="Make the film").click()
    made.get_by_role("button", name="Play", exact=True).click()
    expect(video).to_have_attribute("src", re.compile("annotated"))
    wait_for(lambda: video.evaluate("video => video.readyState") >= 2, "it is decoded")
    assert abs(video.evaluate("video => video.duration") - SECONDS) < 0.5
    page.get_by_role("button", name="Play", exact=True).first.click()
    wait_for(lambda: video.evaluate(AT) > 0.5, "it plays")
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^WebVTT")).click()
    assert download.value.path().read_text().startswith("WEBVTT")

    # All of it is kept.
    page.reload()
    expect(page.get_by_test_id("track").first).to_contain_text("Anna")
    expect(page.get_by_test_id("chart-row")).to_have_count(1)
    expect(page.get_by_test_id("segment")).to_have_count(2)


def test_an_upload_goes_on_after_a_lost_connection_and_a_reload(person: Person, film: Path) -> None:
    page = person.page
    offsets: list[int] = []
    taken = 0

    def lose(route: Route) -> None:
        """The first piece comes, then the connection is lost."""
        nonlocal taken
        if route.request.method != "PATCH":
            return route.continue_()
        offset = int(route.request.url.rpartition("offset=")[2])
        offsets.append(offset)
        taken += 1
        return route.continue_() if taken == 1 else route.abort()

    page.route("**/api/v1/films/**", lose)
    send(page, film)
    waiting = page.get_by_test_id("upload-state").filter(has_text="goes on by itself")
    expect(waiting).to_be_visible()
    piece = person.api("GET", "config/")["film"]["piece_max_bytes"]
    assert offsets[:2] == [0, piece]

    # A reload forgets the file, but not how far it was.
    page.evaluate("window.onbeforeunload = null")
    page.on("dialog", lambda dialog: dialog.accept())
    # Elsewhere before the connection is back: the page would use it at once.
    page.goto("about:blank")
    stop_answering(page)
    page.goto("/upload")
    unfinished = page.get_by_test_id("unfinished-films")
    expect(unfinished).to_contain_text("film.mp4")
    sent: list[str] = []
    page.on(
        "request",
        lambda request: sent.append(request.url) if request.method == "PATCH" else None,
    )
    page.locator("input[type=file]").set_input_files(film)
    expect(unfinished).to_contain_text("will go on")
    page.get_by_label(AGREED).check()
    page.get_by_role("button", name=ANALYSE).click()
    expect(page).to_have_url(RECORD_ADDRESS)
    assert sent[0].endswith(f"offset={piece}")
    analysed(page)
    page.goto("/upload")
    expect(page.get_by_test_id("unfinished-films")).to_have_count(0)


def test_what_is_no_film_is_told(person: Person, tmp_path: Path) -> None:
    page = person.page
    path = tmp_path / "film.mp4"
    path.write_text("I am not a film. " * 500)

    send(page, path)

    item = page.get_by_test_id("upload-item")
    expect(item).to_have_attribute("data-stage", "failed")
    expect(item).to_contain_text(re.compile("not a film", re.IGNORECASE))
    item.get_by_role("button", name="Remove film.mp4").click()
    expect(item).to_have_count(0)
    page.goto("/upload")
    expect(page.get_by_test_id("unfinished-films")).to_have_count(0)


@pytest.fixture(scope="module")
def viewer(browser: Browser, running: str, film: Path) -> Iterator[Person]:
    """Somebody with a film that is analysed, on its page."""
    with new_context(browser, running) as context, watched_page(context) as page:
        person = enter(context, page, f"viewer.{time.time_ns() % 10**8}")
        send(page, film)
        analysed(page)
        record = page.url.rpartition("/")[2]
        segments = [
            {"name": "Opening", "start": 0, "end": 4},
            {"name": "A claim of some length", "start": 4, "end": 9},
        ]
        person.api("PATCH", f"records/{record}/timeline/", {"segments": segments})
        yield person


def test_the_page_of_a_film_is_for_everybody(viewer: Person, axe: str) -> None:
    page = viewer.page
    page.reload()
    expect(page.get_by_test_id("segment-table")).to_be_visible()
    expect(page.get_by_test_id("film-comparison").get_by_test_id("chart")).to_be_visible()
    faults = faults_of_page(page, "film", axe)
    page.get_by_role("button", name="Rename Face 1").click()
    page.get_by_role("button", name="Edit Opening").click()
    page.get_by_text("Keys", exact=True).click()
    page.get_by_role("button", name="Download", exact=True).click()
    faults += faults_of_page(page, "film being edited", axe)

    assert faults == []


def test_a_film_by_keyboard_alone(viewer: Person) -> None:
    page = viewer.page
    page.reload()
    position = page.get_by_test_id("film-position")
    cursor = page.get_by_test_id("chart-cursor")
    position.focus()
    page.keyboard.press("l")
    wait_for(lambda: abs(figure_of(cursor) - 5) < 0.2, "five seconds on")
    page.keyboard.press("j")
    wait_for(lambda: abs(figure_of(cursor)) < 0.2, "and back")
    page.keyboard.press("+")
    page.keyboard.press("+")
    whole = page.get_by_role("button", name="Whole film")
    expect(whole).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("0")
    expect(whole).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play", exact=True).first).to_be_visible()


def test_the_page_of_a_film_loads_little_javascript(viewer: Person) -> None:
    """Counted as in test_journey_pages.py."""
    page = viewer.context.new_page()
    network = viewer.context.new_cdp_session(page)
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
    page.goto(viewer.page.url)
    expect(page.get_by_test_id("chart-row").first).to_be_visible()
    loaded = sum(size for request, size in sizes.items() if request in scripts)
    page.close()

    assert 10_000 < loaded < 200_000
