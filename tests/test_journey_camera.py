"""The camera in Chromium, whose fake camera plays a film that the test made of known faces."""

import io
import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from conftest import PORTRAIT
from mlcore.labels import EXPRESSIONS
from tests.browser import (
    FLAGS,
    RECORD_ADDRESS,
    Person,
    enter,
    faults_of_page,
    new_context,
    open_page,
    stop_answering,
    watched_page,
)
from tests.faces import portraits
from tests.stack import wait_for
from tests.tabs import Tab, bare_chromium

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SIZE = (640, 480)
RATE = 10  # frames a second: enough to follow a face, and cheap for browser and server
FRAMES = 20
LOST_SECONDS = 30
COUNTDOWN_MS = 3000
RATED_MS = 2500
QUIET_SECONDS = 0.6  # several frames would have been sent in that time
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
    window.lastFaces = faces
  }
  return answer
}
"""


AGREE_AND_START = """
(async () => {
  const tick = document.querySelector('main form input[type=checkbox]')
  if (!tick || !document.querySelector('[data-testid=camera][data-state=on]')) return false
  tick.click()
  await new Promise((drawn) => setTimeout(drawn, 100))
  document.querySelector('main form button[type=submit]').click()
  return true
})()
"""


def film(path: Path, frames: Sequence[Image.Image]) -> Path:
    """Plain frames (YUV4MPEG2), which Chromium's fake camera plays over and over."""
    with open(path, "wb") as file:
        file.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F{RATE}:1 Ip A1:1 C420\n".encode())
        for frame in frames:
            planes = cv2.cvtColor(np.asarray(frame), cv2.COLOR_RGB2YUV_I420)
            file.write(b"FRAME\n" + planes.tobytes())
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


def four_faces() -> Image.Image:
    """One in each quarter, with another expression each."""
    frame = Image.new("RGB", SIZE)
    half = (SIZE[0] // 2, SIZE[1] // 2)
    for place, head in enumerate(portraits(half).values()):
        frame.paste(head, (place % 2 * half[0], place // 2 * half[1]))
    return frame


def comes_back(away: float, *expressions: str) -> list[Image.Image]:
    """Somebody who shows each expression for two seconds, and goes away after it."""
    heads = portraits(SIZE)
    nobody = frame_with()
    frames: list[Image.Image] = []
    for expression in expressions:
        frames += [heads[expression]] * (2 * RATE) + [nobody] * round(away * RATE)
    return frames


def take_turns() -> list[Image.Image]:
    """Two people; now and then one of them is away while the other stays."""
    left, right = (frame_with((0, 120, 320)), frame_with((320, 120, 320)))
    both = frame_with((0, 120, 320), (320, 120, 320))
    return [*[both] * 12, *[left] * 20, *[both] * 12, *[right] * 20]


FILMS: dict[str, Callable[[], list[Image.Image]]] = {
    "one": lambda: ONE,
    "tunnel": lambda: ONE,
    "unplugged": lambda: ONE,
    "four": lambda: [four_faces()],
    "turns": take_turns,
    "back": lambda: comes_back(1.8, "neutral", "sad"),
}


@pytest.fixture(scope="module")
def film_flags(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """What Chromium is started with for a camera that shows the film of that name."""
    folder = tmp_path_factory.mktemp("films")

    def flags(name: str) -> list[str]:
        path = folder / f"{name}.y4m"
        if not path.exists():
            film(path, FILMS[name]())
        return [
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={path}",
        ]

    return flags


@pytest.fixture(scope="module")
def with_camera(
    browser: Browser, chromium: str, film_flags: Callable[[str], list[str]]
) -> Iterator[Callable[[str], Browser]]:
    """A Chromium whose camera shows the film of that name, or that has none."""
    started: dict[str, Browser] = {}

    def start(name: str) -> Browser:
        if name not in started:
            flags = [*FLAGS, *(film_flags(name) if name in FILMS else [])]
            started[name] = browser.browser_type.launch(executable_path=chromium, args=flags)
        return started[name]

    yield start
    for one in started.values():
        one.close()


@pytest.fixture
def before(with_camera: Callable[[str], Browser], running: str) -> Iterator[Callable[..., Person]]:
    """Somebody new before the camera that shows the film of that name."""
    with ExitStack() as stack:

        def come(name: str, **options: Any) -> Person:
            options = ALLOWED | options
            context = stack.enter_context(new_context(with_camera(name), running, **options))
            page = stack.enter_context(watched_page(context))
            return enter(context, page, f"actor.{uuid.uuid4().hex[:8]}")

        yield come


@pytest.fixture(scope="module")
def regular(with_camera: Callable[[str], Browser], running: str) -> Iterator[Person]:
    """Somebody before a camera, which they allow, in one browser for many tests."""
    with new_context(with_camera("one"), running, **ALLOWED) as context:
        page = context.new_page()
        yield enter(context, page, f"actor.{uuid.uuid4().hex[:8]}")


@pytest.fixture
def person(regular: Person) -> Iterator[Person]:
    """The same person with a page of their own; what they did before is still there."""
    with watched_page(regular.context) as page:
        yield Person(regular.context, page, regular.username)
        # Left as a person leaves it, so that the session is over.
        page.goto("about:blank")
        page.close()


@dataclass
class Tunnel:
    """A monitored person without a connection since `lost`, by this process's clock."""

    person: Person
    lost: float
    seen: int


@pytest.fixture(scope="module", autouse=True)
def tunnel(with_camera: Callable[[str], Browser], running: str) -> Iterator[Tunnel]:
    """From the first test on, so that the others run while the time passes."""
    with (
        new_context(with_camera("tunnel"), running, **ALLOWED) as context,
        watched_page(context) as page,
    ):
        person = enter(context, page, f"rider.{uuid.uuid4().hex[:8]}")
        start_monitoring(page)
        wait_for_samples(page, 5)
        # The answers to samples get lost on their way, then the whole connection.
        kept: list[str] = []

        def lose_answer(route: Any) -> None:
            route.fetch()
            route.abort()
            kept.append(route.request.url)

        page.route("**/samples/", lose_answer)
        wait_for(lambda: page.wait_for_timeout(50) or kept, "samples were sent")
        context.set_offline(True)
        expect(page.get_by_test_id("live-trouble")).to_contain_text(
            re.compile(r"Offline, \d+ samples? waiting")
        )
        stop_answering(page)
        yield Tunnel(person, time.monotonic(), len(answered(page)))


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


def known_faces(person: Person, frame: Image.Image) -> list[dict[str, Any]]:
    """What the recogniser says of a still."""
    record = person.upload("still", still(frame))
    faces: list[dict[str, Any]] = person.api("GET", f"records/{record}/")["faces"]
    return faces


def names(person: Person) -> list[str]:
    return [record["name"] for record in person.api("GET", "records/")["results"]]


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

    record = person.api("GET", "records/")["results"][0]
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
    record = person.api("GET", "records/")["results"][0]
    assert record["name"] == "A smile"
    expect(face).to_contain_text(record["expression"].capitalize())
    (known,) = known_faces(person, ONE[0])
    assert record["expression"] == known["expression"] == "happy"
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
    (known,) = known_faces(person, ONE[0])
    kept = names(person)
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
    assert names(person) == kept


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


def test_every_face_shows_what_the_recogniser_says_of_the_still(
    before: Callable[..., Person],
) -> None:
    person = before("four")
    page = person.page
    known = known_faces(person, four_faces())
    assert {face["expression"] for face in known} == {"happy", "neutral", "angry", "sad"}
    page.add_init_script(ANSWERED)
    open_camera(page, "live")
    agree_and(page, "Start")
    shown = page.get_by_test_id("live-face")
    expect(shown).to_have_count(4)

    for face in known:
        box = face["box"]
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        (track,) = [one["track"] for one in last_faces(page) if holds(one["box"], middle)]
        card = page.locator(f"[data-testid=live-face][data-track='{track}']")
        expect(card).to_have_attribute("data-expression-shown", face["expression"])
        expect(card).to_contain_text(face["expression"].capitalize())
    # A number and a colour each.
    assert {face.get_attribute("aria-label") for face in shown.all()} == {
        f"Face {number}" for number in range(1, 5)
    }
    colour = "face => getComputedStyle(face).getPropertyValue('--face')"
    assert len({face.evaluate(colour) for face in shown.all()}) == 4


def last_faces(page: Page) -> list[dict[str, Any]]:
    return list(page.evaluate("window.lastFaces"))


def holds(box: dict[str, float], place: tuple[float, float]) -> bool:
    left, top = place[0] - box["x"], place[1] - box["y"]
    return 0 < left < box["width"] and 0 < top < box["height"]


def test_smoothing_can_be_set_while_looking(person: Person) -> None:
    page = person.page
    open_camera(page, "live")
    agree_and(page, "Start")
    expect(page.get_by_test_id("live-face")).to_have_count(1)
    for name in ("None", "Much", "Little"):
        page.get_by_role("radio", name=name, exact=True).check()
        expect(page.get_by_test_id("live-face")).to_have_count(1)


def test_frames_stop_while_the_tab_is_hidden(
    person: Person,
    running: str,
    chromium: str,
    film_flags: Callable[[str], list[str]],
    tmp_path: Path,
) -> None:
    with bare_chromium(chromium, tmp_path / "profile", film_flags("one")) as bare:
        bare.send("Browser.grantPermissions", origin=running, permissions=["videoCapture"])
        tab = Tab(bare, "about:blank")
        tab.send("Page.enable")
        tab.send("Page.addScriptToEvaluateOnNewDocument", source=ANSWERED)
        cookies = [
            {"name": one["name"], "value": one["value"], "url": running}
            for one in person.context.cookies()
        ]
        tab.send("Network.setCookies", cookies=cookies)
        tab.send("Page.navigate", url=f"{running}/camera/live")
        wait_for(lambda: tab.evaluate(AGREE_AND_START), "the camera is on")

        def count() -> int:
            return int(tab.evaluate("window.answered.length"))

        wait_for(lambda: count() > 3, "frames are answered")
        other = Tab(bare, "about:blank")
        other.bring_to_front()
        wait_for(lambda: tab.evaluate("document.hidden"), "the tab is hidden")
        time.sleep(QUIET_SECONDS)  # for the one that was on its way
        hidden = count()
        time.sleep(2 * QUIET_SECONDS)
        assert count() == hidden
        tab.bring_to_front()
        wait_for(lambda: count() > hidden, "frames are sent again")


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
    stop_answering(page)
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
        expect(person.page.get_by_role("button", name="Start")).to_be_visible()
        other.get_by_role("button", name="Speed").click()
        expect(other.get_by_test_id("rate")).to_be_visible()
        other.goto("about:blank")


# When there is no camera -------------------------------------------------------------------------


def allow_camera(page: Page, setting: str) -> None:
    """As the person does in the browser's own settings."""
    context = page.context
    target = context.new_cdp_session(page).send("Target.getTargetInfo")["targetInfo"]
    assert context.browser is not None
    context.browser.new_browser_cdp_session().send(
        "Browser.setPermission",
        {
            "permission": {"name": "camera"},
            "setting": setting,
            "origin": page.evaluate("location.origin"),
            "browserContextId": target["browserContextId"],
        },
    )


def test_a_camera_that_is_denied_and_then_allowed_and_denied_again(
    before: Callable[..., Person],
) -> None:
    page = before("one", permissions=[]).page
    state = page.get_by_test_id("camera")
    page.goto("/camera/photo")
    expect(state).to_have_attribute("data-state", "denied")
    trouble = page.get_by_role("alert").filter(has_text="The camera is not allowed")
    expect(trouble).to_contain_text("allow the camera")
    expect_camera(page, False)

    # At once, because the browser tells.
    allow_camera(page, "granted")
    expect(state).to_have_attribute("data-state", "on")
    wait_for(lambda: is_playing(page), "the picture is there")
    allow_camera(page, "denied")
    expect(state).to_have_attribute("data-state", "denied")
    expect(trouble).to_be_visible()
    expect_camera(page, False)


def test_a_device_without_a_camera(before: Callable[..., Person]) -> None:
    page = before("none").page
    page.goto("/camera/live")
    expect(page.get_by_role("alert")).to_contain_text("There is no camera")
    expect_camera(page, False)


def unplug(film: str) -> None:
    """Ends what reads from the camera, as when its device goes away: the browser ends the track."""
    capturing = [
        process
        for process in psutil.Process().children(recursive=True)
        if "video_capture" in " ".join(process.cmdline())
        and f"/{film}.y4m" in " ".join(process.parent().cmdline())
    ]
    assert len(capturing) == 1
    capturing[0].kill()


def test_a_camera_that_is_unplugged_while_monitoring(before: Callable[..., Person]) -> None:
    person = before("unplugged")
    page = person.page
    start_monitoring(page)
    wait_for_samples(page, 5)
    unplug("unplugged")

    expect(page.get_by_role("alert")).to_contain_text("The camera is gone")
    expect_camera(page, False)
    expect(page.get_by_test_id("live-face")).to_have_count(0)
    # Plugged in again, the session goes on, and can be saved.
    before_that = len(answered(page))
    page.get_by_role("button", name="Try again").click()
    wait_for_samples(page, before_that + 3)
    record = save_session(page, person, "Unplugged")
    assert record["timeline"]["sample_count"] > before_that
    assert len(record["timeline"]["tracks"]) == 1


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
    page.wait_for_timeout(1000 * QUIET_SECONDS)  # for the one that was on its way
    before = len(answered(page))
    page.wait_for_timeout(2000 * QUIET_SECONDS)
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
    expect(chart.get_by_role("row").filter(has_text="Happy").first).to_be_visible()
    shown = {
        row.get_by_role("cell").first.inner_text() for row in chart.get_by_role("row").all()[1:]
    }
    # A machine that is busy may take more than a second for the first answer.
    assert shown <= {"Happy", "No face"}
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


def test_who_leaves_and_comes_back_is_one_series_with_a_gap(before: Callable[..., Person]) -> None:
    """With another expression, which is compared with the still as well."""
    person = before("back")
    page = person.page
    heads = portraits(SIZE)
    stills = [known_faces(person, heads[name])[0]["expression"] for name in ("neutral", "sad")]
    assert stills == ["neutral", "sad"]
    page.add_init_script(ANSWERED)
    open_camera(page, "monitor")
    agree_and(page, "Start monitoring")
    tracks: set[str | None] = set()
    for _ in range(3):
        face = page.get_by_test_id("live-face")
        expect(face).to_have_count(1)
        tracks.add(face.get_attribute("data-track"))
        expect(page.get_by_test_id("nobody")).to_be_visible()
    record = save_session(page, person, "Coffee and back")

    assert len(tracks) == 3  # the tracker does not know them again
    columns = samples_of(person, record)
    assert set(columns["tracks"]) == {1}
    assert len(record["timeline"]["tracks"]) == 1
    # Each stretch shows what its still does, and nothing is made up between them.
    shown: list[Counter[int]] = [Counter()]
    times = columns["times"]
    for index, chances in enumerate(columns["probabilities"]):
        if index and times[index] - times[index - 1] > 1:
            shown.append(Counter())
        shown[-1][int(np.argmax(chances))] += 1
    # A busy machine leaves gaps of its own, within a stretch.
    strongest = [
        name for name, _ in groupby(EXPRESSIONS[one.most_common(1)[0][0]] for one in shown)
    ]
    assert len(strongest) >= 3
    assert set(strongest) == set(stills)


def test_somebody_beside_the_monitored_person_is_recorded_only_when_it_is_asked_for(
    before: Callable[..., Person],
) -> None:
    person = before("turns")
    page = person.page
    start_monitoring(page)
    face = page.get_by_test_id("live-face")
    take_this_one = page.get_by_role("button", name="Record this face instead")
    expect(take_this_one).to_be_visible()
    expect(face).to_have_count(0)
    expect(page.get_by_text("Nothing is recorded until")).to_be_visible()
    # Whoever comes back is taken for the one who left; or the other is, if one says so.
    expect(take_this_one).to_have_count(0)
    expect(face).to_have_count(1)
    take_this_one.click()
    expect(face).to_have_count(1)
    record = save_session(page, person, "Not alone")

    assert len(record["timeline"]["tracks"]) == 1
    times = samples_of(person, record)["times"]
    assert max(later - earlier for earlier, later in pairwise(times)) > 1


def test_what_is_stopped_without_a_connection_is_saved_when_it_is_back(person: Person) -> None:
    page = person.page
    start_monitoring(page)
    wait_for_samples(page, 5)
    person.context.set_offline(True)
    try:
        page.get_by_role("button", name="Stop and save").click()
        page.get_by_label("Name", exact=True).fill("Later")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_test_id("samples-waiting")).to_contain_text("Offline")
    finally:
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
    kept = names(person)
    start_monitoring(page)
    page.get_by_role("link", name="Records", exact=True).first.click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("live-face")).to_have_count(1)
    page.get_by_role("link", name="Records", exact=True).first.click()
    page.get_by_role("button", name="Leave and discard").click()

    expect(page.get_by_role("heading", name="Records", level=1)).to_be_visible()
    assert names(person) == kept


# Practice ----------------------------------------------------------------------------------------


def practising(person: Person) -> Locator:
    """Countdowns need not be sat out: the page's clock can be put forward."""
    person.page.clock.install()
    open_camera(person.page, "practice")
    return person.page.get_by_test_id("task")


def expect_phase(task: Locator, phase: str, after_ms: int = 0) -> None:
    """Of the time before it, in which nothing is rated, so much passes at once."""
    if after_ms:
        task.page.clock.fast_forward(after_ms)
    expect(task).to_have_attribute("data-phase", phase)


def test_a_round_of_practice_is_rated_and_saved(before: Callable[..., Person]) -> None:
    person = before("one")
    page = person.page
    task = practising(person)
    # The one in the film can only smile, which is right once and wrong twice.
    for name in ("Angry", "Disgust", "Fear", "Surprise"):
        page.get_by_role("checkbox", name=name).uncheck()
    page.get_by_label("How many").select_option("3 expressions")
    agree_and(page, "Start the round")
    asked = []
    for number in range(3):
        expect_phase(task, "countdown", RATED_MS if number else 0)
        expression = page.get_by_test_id("asked").get_attribute("data-asked")
        asked.append(expression)
        # By what it moves: brows, eyes, mouth, and a drawing.
        expect(task.locator("dd")).to_have_count(3)
        expect(task.get_by_role("img", name=re.compile("^Drawing of a face"))).to_be_visible()
        expect_phase(task, "show", COUNTDOWN_MS)
        expect_phase(task, "rated")
        expect(task.get_by_test_id("round")).to_have_attribute("data-expression", str(expression))
    page.clock.fast_forward(RATED_MS)
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
    (known,) = known_faces(person, ONE[0])
    assert record["expression"] == known["expression"]

    page.goto("/camera/practice/scores")
    expect(page.get_by_test_id("needs-work")).to_have_count(1)
    expect(page.get_by_test_id("needs-work")).to_contain_text("Sad")
    expect(page.get_by_test_id("score-point")).to_have_count(1)


def test_a_round_that_is_ended_early_keeps_what_was_rated(person: Person) -> None:
    page = person.page
    task = practising(person)
    agree_and(page, "Start the round")
    expect_phase(task, "countdown")
    page.get_by_role("button", name="End the round").click()
    # Nothing was rated, so there is nothing to save.
    expect(page.get_by_role("button", name="Start the round")).to_be_visible()
    page.get_by_role("button", name="Start the round").click()
    expect_phase(task, "countdown")
    expect_phase(task, "show", COUNTDOWN_MS)
    expect_phase(task, "rated")
    expect_phase(task, "countdown", RATED_MS)
    page.get_by_role("button", name="End the round").click()
    expect(page.get_by_test_id("round")).to_have_count(1)
    expect_camera(page, False)
    page.get_by_role("button", name="Discard").first.click()


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


def test_the_camera_speaks_chinese(before: Callable[..., Person]) -> None:
    page = before("one", locale="zh-CN").page
    open_camera(page, "live")
    expect(page.get_by_test_id("camera-indicator")).to_contain_text("摄像头已开启")
    page.get_by_label("画面中的人已同意这样做。").check()
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_test_id("live-face")).to_contain_text("高兴")


# What has waited meanwhile -----------------------------------------------------------------------


def test_a_connection_lost_for_half_a_minute_loses_no_sample_and_sends_none_twice(
    tunnel: Tunnel,
) -> None:
    """It was lost when the first of these tests began."""
    person, page = tunnel.person, tunnel.person.page
    while time.monotonic() < tunnel.lost + LOST_SECONDS:
        page.wait_for_timeout(200)
    trouble = page.get_by_test_id("live-trouble")
    expect(trouble).to_contain_text(re.compile(r"Offline, \d+ samples? waiting"))
    assert len(answered(page)) <= tunnel.seen + 1
    person.context.set_offline(False)

    wait_for_samples(page, tunnel.seen + 10)
    expect(trouble).to_have_count(0)
    record = save_session(page, person, "Through a tunnel")
    columns = samples_of(person, record)
    assert_same_times(columns["times"], record_times(page, columns))
    gaps = [later - earlier for earlier, later in pairwise(columns["times"])]
    assert max(gaps) >= LOST_SECONDS
    assert len(record["timeline"]["tracks"]) == 1
