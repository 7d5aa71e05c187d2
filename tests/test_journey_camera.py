"""The camera in Chromium, whose fake camera plays a film that the test made of a known face."""

import io
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from conftest import PORTRAIT
from tests.browser import (
    FLAGS,
    RECORD_ADDRESS,
    Person,
    enter,
    faults_of_page,
    new_context,
    open_page,
    watched_page,
)
from tests.stack import wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SIZE = (640, 480)
FRAMES = 40
PORTRAIT_SIDE = 420
FOLLOWED_SECONDS = 1.5  # between frames; the server gives up a face after 2
ROUNDING = 0.001  # of seconds, as samples are stored
ALLOWED = {"permissions": ["camera"]}
# The times of all frames that the server answered with a face, as the page got them.
ANSWERED = """
window.answered = []
const plain = window.fetch
window.fetch = async (...call) => {
  const answer = await plain(...call)
  if (String(call[0]).includes('/frames/') && answer.ok) {
    const { time, faces } = await answer.clone().json()
    if (faces.length > 0) window.answered.push(time)
  }
  return answer
}
"""


def film(path: Path, frames: Sequence[Image.Image]) -> Path:
    """Motion JPEG, which Chromium's fake camera plays over and over."""
    with open(path, "wb") as file:
        for frame in frames:
            frame.save(file, "JPEG", quality=90)
    return path


def frame_with(*faces: tuple[int, int, int]) -> Image.Image:
    """The portrait at each place: x, y and side."""
    frame = Image.new("RGB", SIZE, (96, 112, 120))
    portrait = Image.open(PORTRAIT)
    for x, y, side in faces:
        frame.paste(portrait.resize((side, side)), (x, y))
    return frame


# One woman who smiles and sways a little, as people do.
ONE = [frame_with((110 + abs(step - FRAMES // 2), 60, PORTRAIT_SIDE)) for step in range(FRAMES)]
TWO = [frame_with((abs(step - FRAMES // 2), 120, 320), (320, 120, 320)) for step in range(FRAMES)]


@pytest.fixture(scope="module")
def with_camera(
    browser: Browser, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Browser]]:
    """A Chromium whose camera shows the film of that name, or that has none."""
    folder = tmp_path_factory.mktemp("films")
    films = {"one": ONE, "two": TWO}
    started: dict[str, Browser] = {}

    def start(name: str) -> Browser:
        if name not in started:
            flags = list(FLAGS)
            if name in films:
                path = film(folder / f"{name}.mjpeg", films[name])
                flags += [
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-video-capture={path}",
                ]
            started[name] = browser.browser_type.launch(executable_path=chromium, args=flags)
        return started[name]

    yield start
    for one in started.values():
        one.close()


@pytest.fixture
def person(with_camera: Callable[[str], Browser], running: str) -> Iterator[Person]:
    """Somebody before a camera, which they allow."""
    with (
        new_context(with_camera("one"), running, **ALLOWED) as context,
        watched_page(context) as page,
    ):
        yield enter(context, page, f"actor.{uuid.uuid4().hex[:8]}")


def open_camera(page: Page, use: str) -> None:
    page.goto(f"/camera/{use}")
    expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "on")


def video(page: Page) -> Locator:
    return page.locator("video")


def expect_camera(page: Page, is_on: bool) -> None:
    """What the page says, and whether the device is really in use."""
    words = "The camera is on" if is_on else "The camera is off"
    expect(page.get_by_test_id("camera-indicator")).to_contain_text(words)


def is_playing(page: Page) -> bool:
    return bool(
        video(page).evaluate(
            "video => video.srcObject?.getTracks().some((track) => track.readyState === 'live')"
            " === true && video.videoWidth > 0"
        )
    )


def agree_and(page: Page, button: str) -> None:
    page.get_by_label("The people in view agreed to this.").check()
    page.get_by_role("button", name=button).click()


def still(frame: Image.Image) -> bytes:
    buffer = io.BytesIO()
    frame.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


# The thesis's Table 5.7, row by row --------------------------------------------------------------


def test_row_the_camera_opens_on_entering(person: Person) -> None:
    page = person.page
    page.goto("/")
    page.get_by_role("link", name="Use the camera").click()

    expect(page).to_have_url(re.compile("/camera/photo$"))
    expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "on")
    expect_camera(page, True)
    wait_for(lambda: is_playing(page), "the picture is there")


def test_row_the_camera_is_turned_off(person: Person) -> None:
    page = person.page
    open_camera(page, "photo")
    track = video(page).evaluate_handle("video => video.srcObject.getTracks()[0]")
    page.get_by_role("button", name="Turn off").click()

    expect_camera(page, False)
    expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "off")
    assert track.evaluate("track => track.readyState") == "ended"
    expect(page.get_by_role("button", name="Take the photo")).to_have_count(0)


def test_row_the_camera_is_turned_on(person: Person) -> None:
    page = person.page
    open_camera(page, "photo")
    page.get_by_role("button", name="Turn off").click()
    expect_camera(page, False)
    page.get_by_role("button", name="Turn on").first.click()

    expect_camera(page, True)
    wait_for(lambda: is_playing(page), "the picture is there again")


def test_row_a_photo_is_taken(person: Person) -> None:
    page = person.page
    open_camera(page, "photo")
    wait_for(lambda: is_playing(page), "the picture is there")
    page.get_by_role("button", name="Take the photo").click()
    photo = page.get_by_role("img", name="The photo that was taken")
    expect(photo).to_have_js_property("naturalWidth", SIZE[0])

    # Again, as often as wanted, and by the timer.
    first = photo.get_attribute("src")
    page.get_by_role("button", name="Take it again").click()
    page.get_by_label("Timer").select_option("3 seconds")
    started = time.monotonic()
    page.get_by_role("button", name="Take the photo").click()
    expect(page.get_by_role("timer")).to_have_text("3")
    expect(photo).to_be_visible()
    assert time.monotonic() - started > 2.5
    assert photo.get_attribute("src") != first


def take_and_recognise(page: Page, name: str) -> None:
    open_camera(page, "photo")
    wait_for(lambda: is_playing(page), "the picture is there")
    page.get_by_role("button", name="Take the photo").click()
    page.get_by_label("Name", exact=True).fill(name)
    button = page.get_by_role("button", name="Upload and recognise")
    button.click()
    # As on the upload page, nothing goes without the tick.
    expect(page.get_by_role("alert").filter(has_text="agree")).to_be_visible()
    page.get_by_label("The people in these pictures agreed to this.").check()
    button.click()


def test_row_a_photo_is_uploaded_with_a_name(person: Person) -> None:
    take_and_recognise(person.page, "Me this morning")
    expect(person.page.get_by_role("heading", name="Me this morning")).to_be_visible()

    (record,) = person.api("GET", "records/")["results"]
    assert (record["name"], record["kind"]) == ("Me this morning", "photo")
    person.page.goto("/records?kind=photo")
    expect(person.page.get_by_role("link", name="Me this morning")).to_be_visible()


def test_row_a_photo_is_recognised(person: Person) -> None:
    page = person.page
    take_and_recognise(page, "A smile")

    # The picture with a box, and beside it the face with its seven bars.
    face = page.get_by_test_id("face-card")
    expect(face).to_have_count(1)
    expect(page.get_by_test_id("face-box")).to_have_count(1)
    expect(face.get_by_test_id("probability-bar")).to_have_count(7)
    (record,) = person.api("GET", "records/")["results"]
    expect(face).to_contain_text(record["expression"].capitalize())
    assert record["expression"] == "happy"
    page.get_by_role("button", name="Take another").click()
    expect(page.get_by_role("button", name="Take the photo")).to_be_focused()


def test_the_camera_is_off_the_moment_the_page_is_left(person: Person) -> None:
    page = person.page
    open_camera(page, "photo")
    track = video(page).evaluate_handle("video => video.srcObject.getTracks()[0]")

    # Between the uses it stays on: it is still the same page.
    page.get_by_role("link", name="Monitor").click()
    expect(page.get_by_role("heading", name="Monitor", level=1)).to_be_focused()
    assert track.evaluate("track => track.readyState") == "live"
    expect_camera(page, True)
    page.get_by_role("link", name="Records", exact=True).first.click()
    expect(page.get_by_role("heading", name="Records", level=1)).to_be_visible()
    assert track.evaluate("track => track.readyState") == "ended"


# Live --------------------------------------------------------------------------------------------


def test_live_shows_what_the_recogniser_says_of_the_still(person: Person) -> None:
    page = person.page
    record = person.upload("still", still(ONE[0]))
    (known,) = person.api("GET", f"records/{record}/")["faces"]
    page.add_init_script(ANSWERED)
    open_camera(page, "live")
    agree_and(page, "Start")

    face = page.get_by_test_id("live-face")
    expect(face).to_have_count(1)
    expect(face).to_have_attribute("data-expression-shown", known["expression"])
    expect(face.get_by_test_id("probability-bar")).to_have_count(7)
    expect(page.get_by_test_id("overlay")).to_have_attribute("data-faces", "1")
    # The box is drawn where the face is.
    box = known["box"]
    middle = ((box["x"] + box["width"] / 2) / SIZE[0], (box["y"] + box["height"] / 2) / SIZE[1])
    assert drawn_box(page)(middle)
    # It is said as well, to those who cannot see it.
    expect(page.get_by_test_id("spoken")).to_contain_text("Face 1: Happy")

    assert_one_track(page)
    page.get_by_role("button", name="Speed").click()
    assert float(page.get_by_test_id("rate").inner_text()) > 0
    expect(page.get_by_test_id("figures")).to_contain_text("Limited by")

    # Nothing of it is kept.
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    assert [one["name"] for one in person.api("GET", "records/")["results"]] == ["still"]


def assert_one_track(page: Page) -> None:
    """The face keeps its number while it moves, as long as answers come at all."""
    for _ in range(10):
        before = len(answered(page))
        number = page.get_by_test_id("live-face").get_attribute("data-track")
        wait_for_samples(page, before + 6)
        times = answered(page)[before - 1 :]
        if max(later - earlier for earlier, later in pairwise(times)) < FOLLOWED_SECONDS:
            assert page.get_by_test_id("live-face").get_attribute("data-track") == number
            return
    raise AssertionError("answers are too slow for a face to be followed")


def drawn_box(page: Page) -> Callable[[tuple[float, float]], bool]:
    """Tells whether what is drawn over the picture goes around a place, from 0 to 1 each way."""
    left, top, right, bottom = page.get_by_test_id("overlay").evaluate(
        """canvas => {
          const { width, height } = canvas
          const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
          const places = []
          for (let index = 3; index < data.length; index += 4) {
            if (data[index] > 128) places.push((index - 3) / 4)
          }
          const xs = places.map((place) => place % width), ys = places.map((p) => p / width)
          const least = (all) => all.reduce((a, b) => Math.min(a, b), Infinity)
          const most = (all) => all.reduce((a, b) => Math.max(a, b), 0)
          return [least(xs) / width, least(ys) / height, most(xs) / width, most(ys) / height]
        }"""
    )
    # Mirrored, as the picture is.
    return lambda place: left < 1 - place[0] < right and top < place[1] < bottom


def test_two_faces_have_a_number_and_a_colour_each(
    with_camera: Callable[[str], Browser], running: str
) -> None:
    with (
        new_context(with_camera("two"), running, **ALLOWED) as context,
        watched_page(context) as page,
    ):
        enter(context, page, f"pair.{uuid.uuid4().hex[:8]}")
        open_camera(page, "live")
        agree_and(page, "Start")
        faces = page.get_by_test_id("live-face")
        expect(faces).to_have_count(2)
        expect(faces.nth(0)).to_have_attribute("aria-label", "Face 1")
        expect(faces.nth(1)).to_have_attribute("aria-label", "Face 2")
        tracks = {face.get_attribute("data-track") for face in faces.all()}
        assert len(tracks) == 2
        colours = {
            face.evaluate("face => getComputedStyle(face).getPropertyValue('--face')")
            for face in faces.all()
        }
        assert len(colours) == 2


def test_smoothing_can_be_set_while_looking(person: Person) -> None:
    page = person.page
    open_camera(page, "live")
    agree_and(page, "Start")
    expect(page.get_by_test_id("live-face")).to_have_count(1)
    for name in ("None", "Much", "Little"):
        page.get_by_role("radio", name=name, exact=True).check()
        expect(page.get_by_test_id("live-face")).to_have_count(1)


def test_frames_stop_while_the_tab_is_hidden(person: Person) -> None:
    page = person.page
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if "/frames/" in asked.url else None)
    open_camera(page, "live")
    agree_and(page, "Start")
    expect(page.get_by_test_id("live-face")).to_have_count(1)

    set_hidden(page, True)
    page.wait_for_timeout(500)
    before = len(sent)
    page.wait_for_timeout(2000)
    assert len(sent) == before
    set_hidden(page, False)
    page.wait_for_timeout(1000)
    assert len(sent) > before


def set_hidden(page: Page, is_hidden: bool) -> None:
    """As the browser tells a page; a headless one never hides its tabs by itself."""
    page.evaluate(
        """(isHidden) => {
          Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true })
          document.dispatchEvent(new Event('visibilitychange'))
        }""",
        is_hidden,
    )


def test_a_busy_server_is_asked_less_often(person: Person) -> None:
    page = person.page
    sent: list[float] = []

    def refuse(route: Any) -> None:
        sent.append(time.monotonic())
        body = {"code": "throttled", "detail": "Slower, please.", "retry_after": 1.2}
        route.fulfill(
            status=429,
            headers={"Retry-After": "2", "Content-Type": "application/problem+json"},
            body=json.dumps(body),
        )

    open_camera(page, "live")
    page.route("**/frames/**", refuse)
    agree_and(page, "Start")
    expect(page.get_by_test_id("live-trouble")).to_contain_text("The server is busy")
    wait_for(lambda: page.wait_for_timeout(100) or len(sent) >= 3, "it tries again")
    assert min(later - earlier for earlier, later in pairwise(sent)) > 1.1
    page.unroute("**/frames/**")
    expect(page.get_by_test_id("live-face")).to_have_count(1)


def test_two_tabs_at_once(person: Person) -> None:
    with watched_page(person.context) as other:
        for page in (person.page, other):
            open_camera(page, "live")
            agree_and(page, "Start")
        for page in (person.page, other):
            expect(page.get_by_test_id("live-face")).to_have_count(1)
        # One stops, the other goes on.
        person.page.get_by_role("button", name="Stop", exact=True).click()
        other.get_by_role("button", name="Speed").click()
        other.wait_for_timeout(1500)
        expect(other.get_by_test_id("rate")).to_be_visible()


# When there is no camera -------------------------------------------------------------------------


def test_a_camera_that_is_denied_and_then_allowed(
    with_camera: Callable[[str], Browser], running: str
) -> None:
    with (
        new_context(with_camera("one"), running) as context,
        watched_page(context) as page,
    ):
        enter(context, page, f"shy.{uuid.uuid4().hex[:8]}")
        page.goto("/camera/photo")
        expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "denied")
        trouble = page.get_by_role("alert").filter(has_text="The camera is not allowed")
        expect(trouble).to_contain_text("allow the camera")
        expect_camera(page, False)
        context.grant_permissions(["camera"])
        # At once where the browser tells that it is allowed now, or else by the button.
        again = page.get_by_role("button", name="Try again")
        if again.count() > 0:
            again.click()
        expect(page.get_by_test_id("camera")).to_have_attribute("data-state", "on")


def test_a_device_without_a_camera(with_camera: Callable[[str], Browser], running: str) -> None:
    with (
        new_context(with_camera("none"), running, **ALLOWED) as context,
        watched_page(context) as page,
    ):
        enter(context, page, f"blind.{uuid.uuid4().hex[:8]}")
        page.goto("/camera/live")
        expect(page.get_by_role("alert")).to_contain_text("There is no camera")
        expect_camera(page, False)


UNPLUG = """
video => {
  const [track] = video.srcObject.getTracks()
  track.stop()
  track.dispatchEvent(new Event('ended'))
}
"""


def test_a_camera_that_is_unplugged_while_monitoring(person: Person) -> None:
    page = person.page
    start_monitoring(page)
    wait_for_samples(page, 5)
    video(page).evaluate(UNPLUG)

    expect(page.get_by_role("alert")).to_contain_text("The camera is gone")
    expect_camera(page, False)
    expect(page.get_by_test_id("live-face")).to_have_count(0)
    # Plugged in again, the session goes on, and can be saved.
    before = answered(page)
    page.get_by_role("button", name="Try again").click()
    wait_for(lambda: page.wait_for_timeout(100) or len(answered(page)) > len(before), "goes on")
    record = save_session(page, person, "Unplugged")
    assert record["timeline"]["sample_count"] > len(before)


# Monitoring --------------------------------------------------------------------------------------


def start_monitoring(page: Page) -> None:
    page.add_init_script(ANSWERED)
    open_camera(page, "monitor")
    agree_and(page, "Start monitoring")
    expect(page.get_by_test_id("live-face")).to_have_count(1)


def answered(page: Page) -> list[float]:
    """Times of the frames that were answered with a face, as the page got the answers."""
    return list(page.evaluate("window.answered"))


def wait_for_samples(page: Page, count: int) -> None:
    wait_for(lambda: page.wait_for_timeout(50) or len(answered(page)) >= count, f"{count} samples")


def save_session(page: Page, person: Person, name: str) -> dict[str, Any]:
    page.get_by_role("button", name="Stop and save").click()
    return save(page, person, name)


def save(page: Page, person: Person, name: str) -> dict[str, Any]:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(RECORD_ADDRESS)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    record: dict[str, Any] = person.api("GET", f"records/{page.url.rsplit('/', 1)[1]}/")
    return record


def samples_of(person: Person, record: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = person.api("GET", f"records/{record['id']}/samples/?most=10000")
    return columns


def test_monitoring_becomes_a_record(person: Person) -> None:
    page = person.page
    start_monitoring(page)
    expect(page.get_by_role("region", name="The last minute")).to_be_visible()
    wait_for_samples(page, 5)
    page.get_by_test_id("clock").click()
    page.keyboard.press("m")
    page.get_by_label("Mark this moment").fill("the joke came")
    page.get_by_role("button", name="Set a mark").click()
    # A letter that is typed is no mark.
    page.get_by_label("Mark this moment").press_sequentially("mm")
    expect(page.get_by_test_id("mark")).to_have_count(2)

    # While it is paused nothing is sent.
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(500)
    before = len(answered(page))
    page.wait_for_timeout(1500)
    assert len(answered(page)) == before
    page.get_by_role("button", name="Go on").click()
    wait_for_samples(page, before + 5)
    record = save_session(page, person, "An evening")

    timeline = record["timeline"]
    assert (record["kind"], record["expression"], record["original"]) == ("live", "happy", None)
    assert [mark["label"] for mark in timeline["marks"]] == ["Mark 1", "the joke came"]
    assert timeline["marks"][0]["time"] < timeline["marks"][1]["time"] < timeline["duration"]
    columns = samples_of(person, record)
    assert_same_times(columns["times"], record_times(page, columns))
    assert timeline["summary"]["longest"]["expression"] == "happy"

    # The page of the record: chart, table, figures, marks and files.
    chart = page.get_by_test_id("chart").first
    expect(chart.locator("path").first).to_be_visible()
    chart.get_by_role("button", name=re.compile("^Table of")).click()
    expect(chart.get_by_role("row").nth(1)).to_contain_text("Happy")
    expect(page.get_by_test_id("mark")).to_have_count(2)
    expect(page.locator("[data-figure=longest]")).to_contain_text("Happy")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    lines = download.value.path().read_text().strip().splitlines()
    assert len(lines) == 1 + timeline["sample_count"]
    with page.expect_download() as download:
        chart.get_by_role("button", name=re.compile("^Chart of")).click()
        chart.get_by_role("button", name=re.compile("^PNG of")).click()
    assert Image.open(download.value.path()).width > 300

    # In the list it stands with a sign instead of a picture, and can be found by its kind.
    page.goto("/records?kind=live")
    card = page.get_by_test_id("record-card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Live")
    expect(card.locator("img")).to_have_count(0)


def record_times(page: Page, columns: dict[str, Any]) -> list[float]:
    """Of the answers that the page got until it was stopped."""
    return [at for at in answered(page) if at <= columns["times"][-1] + ROUNDING]


def assert_same_times(stored: Sequence[float], seen: Sequence[float]) -> None:
    """None is missing, none is there twice."""
    assert len(stored) == len(set(stored))
    assert list(stored) == pytest.approx(list(seen), abs=ROUNDING)


def test_a_picture_is_kept_when_it_is_asked_for(person: Person) -> None:
    page = person.page
    start_monitoring(page)
    page.get_by_role("button", name="Keep a picture").click()
    expect(page.get_by_role("img", name="The picture that will be kept")).to_be_visible()
    record = save_session(page, person, "With a picture")

    assert record["original"] is not None
    expect(page.get_by_role("img", name="Picture “With a picture”")).to_have_js_property(
        "naturalWidth", SIZE[0]
    )


def test_a_lost_connection_loses_no_sample_and_sends_none_twice(person: Person) -> None:
    page = person.page
    start_monitoring(page)
    wait_for_samples(page, 10)
    # The answers to samples get lost on their way, then the whole connection.
    page.route("**/samples/", lambda route: (route.fetch(), route.abort()))
    page.wait_for_timeout(2500)
    before = len(answered(page))
    person.context.set_offline(True)
    trouble = page.get_by_test_id("live-trouble")
    expect(trouble).to_contain_text(re.compile(r"Offline, \d+ samples waiting"))
    page.wait_for_timeout(5000)
    assert len(answered(page)) <= before + 1
    page.unroute("**/samples/")
    person.context.set_offline(False)

    wait_for_samples(page, before + 10)
    expect(trouble).to_have_count(0)
    record = save_session(page, person, "Through a tunnel")
    columns = samples_of(person, record)
    assert_same_times(columns["times"], record_times(page, columns))


def test_what_is_stopped_without_a_connection_is_saved_when_it_is_back(person: Person) -> None:
    page = person.page
    start_monitoring(page)
    wait_for_samples(page, 5)
    person.context.set_offline(True)
    page.get_by_role("button", name="Stop and save").click()
    page.get_by_label("Name", exact=True).fill("Later")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_test_id("samples-waiting")).to_contain_text("Offline")
    page.wait_for_timeout(2000)
    person.context.set_offline(False)
    expect(page).to_have_url(RECORD_ADDRESS)
    record = person.api("GET", f"records/{page.url.rsplit('/', 1)[1]}/")
    columns = samples_of(person, record)
    assert_same_times(columns["times"], record_times(page, columns))


def test_a_reload_in_the_middle_loses_nothing(person: Person) -> None:
    page = person.page
    page.on("dialog", lambda dialog: dialog.accept())
    start_monitoring(page)
    wait_for_samples(page, 10)
    seen = answered(page)
    page.reload()

    expect(page.get_by_role("heading", name="A session was not saved")).to_be_visible()
    page.get_by_role("button", name="Save it now").click()
    record = save(page, person, "After a reload")
    times = samples_of(person, record)["times"]
    assert_same_times(times[: len(seen)], seen)


def test_leaving_without_saving_asks_first_and_keeps_nothing(person: Person) -> None:
    page = person.page
    start_monitoring(page)
    page.get_by_role("link", name="Records", exact=True).first.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("live-face")).to_have_count(1)
    page.get_by_role("link", name="Records", exact=True).first.click()
    page.get_by_role("button", name="Leave and discard").click()

    expect(page.get_by_text("No records yet")).to_be_visible()
    assert person.api("GET", "records/")["results"] == []


# Practice ----------------------------------------------------------------------------------------


def test_a_round_of_practice_is_rated_and_saved(person: Person) -> None:
    page = person.page
    open_camera(page, "practice")
    # The one in the film can only smile, which is right once and wrong twice.
    for name in ("Angry", "Disgust", "Fear", "Surprise"):
        page.get_by_role("checkbox", name=name).uncheck()
    page.get_by_label("How many").select_option("3 expressions")
    agree_and(page, "Start the round")
    asked = []
    for _ in range(3):
        task = page.get_by_test_id("task")
        expect(task).to_have_attribute("data-phase", "countdown")
        expression = page.get_by_test_id("asked").get_attribute("data-asked")
        asked.append(expression)
        # By what it moves: brows, eyes, mouth, and a drawing.
        expect(task.locator("dd")).to_have_count(3)
        expect(task.get_by_role("img", name=re.compile("^Drawing of a face"))).to_be_visible()
        expect(task).to_have_attribute("data-phase", "show")
        expect(task).to_have_attribute("data-phase", "rated")
        expect(task.get_by_test_id("round")).to_have_attribute("data-expression", str(expression))
    expect(page.get_by_role("heading", name="Save the session")).to_be_visible()
    expect(page.get_by_test_id("round")).to_have_count(3)
    record = save(page, person, "My first round")

    assert record["kind"] == "practice"
    rounds = record["timeline"]["practice"]["rounds"]
    assert [one["expression"] for one in rounds] == asked
    assert set(asked) == {"happy", "sad"}
    for one in rounds:
        assert 4.5 < one["ended"] - one["started"] < 8
        if one["expression"] == "happy":
            assert one["score"] > 0.6
            assert one["held"] > 2
        else:
            assert one["score"] < 0.3
            assert one["held"] < 1
    expect(page.get_by_test_id("round")).to_have_count(3)

    page.goto("/camera/practice/scores")
    expect(page.get_by_test_id("needs-work")).to_have_count(1)
    expect(page.get_by_test_id("needs-work")).to_contain_text("Sad")
    expect(page.get_by_test_id("score-point")).to_have_count(1)


def test_a_round_that_is_ended_early_keeps_what_was_rated(person: Person) -> None:
    page = person.page
    open_camera(page, "practice")
    agree_and(page, "Start the round")
    task = page.get_by_test_id("task")
    expect(task).to_have_attribute("data-phase", "countdown")
    page.get_by_role("button", name="End the round").click()
    # Nothing was rated, so there is nothing to save.
    expect(page.get_by_role("button", name="Start the round")).to_be_visible()
    page.get_by_role("button", name="Start the round").click()
    expect(task).to_have_attribute("data-phase", "rated")
    expect(task).to_have_attribute("data-phase", "countdown")
    page.get_by_role("button", name="End the round").click()
    expect(page.get_by_test_id("round")).to_have_count(1)
    expect_camera(page, False)


# For everybody -----------------------------------------------------------------------------------


@pytest.mark.parametrize("use", ["photo", "live", "monitor", "practice"])
def test_each_use_for_everybody_while_it_runs(person: Person, axe: str, use: str) -> None:
    page = person.page
    open_camera(page, use)
    faults = faults_of_page(page, f"{use} before", axe)
    if use == "photo":
        page.get_by_role("button", name="Take the photo").click()
        expect(page.get_by_role("img", name="The photo that was taken")).to_be_visible()
    else:
        buttons = {"live": "Start", "monitor": "Start monitoring", "practice": "Start the round"}
        agree_and(page, buttons[use])
    if use == "practice":
        expect(page.get_by_test_id("task")).to_be_visible()
    elif use != "photo":
        expect(page.get_by_test_id("live-face")).to_have_count(1)
    faults += faults_of_page(page, f"{use} running", axe)

    assert faults == []


def test_records_of_the_camera_for_everybody(person: Person, axe: str) -> None:
    page = person.page
    start_monitoring(page)
    page.get_by_label("Mark this moment").fill("Averyveryverylonglabelwithoutasinglespace" * 2)
    page.get_by_role("button", name="Set a mark").click()
    wait_for_samples(page, 10)
    page.get_by_role("button", name="Stop and save").click()
    faults = faults_of_page(page, "saving", axe)
    save(page, person, "For everybody")
    expect(page.get_by_test_id("chart")).to_have_count(2)
    faults += faults_of_page(page, "record over time", axe)
    for chart in page.get_by_test_id("chart").all():
        chart.get_by_role("button", name=re.compile("^Table of")).click()
    faults += faults_of_page(page, "record over time as tables", axe)
    for view in ("Table", "Pictures"):
        open_page(page, "/records")
        page.get_by_role("radio", name=view).check()
        faults += faults_of_page(page, f"records as {view}", axe)

    assert faults == []


def test_the_camera_speaks_chinese(with_camera: Callable[[str], Browser], running: str) -> None:
    with (
        new_context(with_camera("one"), running, locale="zh-CN", **ALLOWED) as context,
        watched_page(context) as page,
    ):
        enter(context, page, f"zh.{uuid.uuid4().hex[:8]}")
        open_camera(page, "live")
        expect(page.get_by_test_id("camera-indicator")).to_contain_text("摄像头已开启")
        page.get_by_label("画面中的人已同意这样做。").check()
        page.get_by_role("button", name="开始").click()
        expect(page.get_by_test_id("live-face")).to_contain_text("高兴")
