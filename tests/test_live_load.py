"""Bad frames and floods of frames against the product's own web server, while others go on."""

import base64
import http.client
import io
import json
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests
from PIL import Image

from conftest import picture_bytes
from tests.stack import Client

pytestmark = pytest.mark.stack

FLOOD = 1000


@pytest.fixture
def frame(portrait: bytes) -> bytes:
    canvas = Image.new("RGB", (640, 480), (90, 110, 130))
    head = Image.open(io.BytesIO(portrait)).crop((100, 0, 350, 230))
    canvas.paste(head.resize((375, 345)), (130, 60))
    return picture_bytes(canvas, quality=80)


class Camera(Client):
    """A person before a camera."""

    def __init__(self, address: str) -> None:
        super().__init__(address, f"camera.{uuid.uuid4().hex[:8]}")
        answer = requests.post(
            f"{address}/api/v1/live/",
            json={"people_agreed": True},
            headers=self.headers,
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        self.path = f"/api/v1/live/{answer.json()['id']}/"
        self.connection = requests.Session()

    def send(self, content: bytes, at: float, kind: str = "image/jpeg") -> requests.Response:
        return self.connection.post(
            f"{self.address}{self.path}frames/?time={at}",
            content,
            headers={**self.headers, "Content-Type": kind},
            timeout=30,
        )

    def run(self, content: bytes, over: Callable[[], bool]) -> list[float]:
        """Frame after frame; the seconds that each one took."""
        taken: list[float] = []
        while not over() or len(taken) < 3:
            now = time.monotonic()
            answer = self.send(content, time.time() % 80_000)
            if answer.status_code == 429:
                time.sleep(answer.json()["retry_after"])
                continue
            assert answer.status_code == 200, answer.text
            taken.append(time.monotonic() - now)
        return taken


SENDER = """
import asyncio, base64, json, sys
task = json.load(sys.stdin)
request = base64.b64decode(task["request"])

async def one():
    reader, writer = await asyncio.open_connection(task["host"], task["port"])
    writer.write(request)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\\r\\n\\r\\n")
    body = body[body.index(b"{") : body.rindex(b"}") + 1]  # out of its chunks
    return [int(head.split()[1]), json.loads(body).get("code", "")]

async def all_at_once():
    return await asyncio.gather(*(one() for _ in range(task["count"])))

print(json.dumps(asyncio.run(all_at_once())))
"""


def flood(camera: Camera, content: bytes, headers: dict[str, str]) -> Counter[Any]:
    """A thousand frames at once, each on a connection of its own: (status, code) of the answers.

    From another process, so that it does not hold up what others send from this one.
    """
    host, port = camera.address.removeprefix("http://").split(":")
    lines = {
        **headers,
        "Host": f"{host}:{port}",
        "Content-Type": "image/jpeg",
        "Content-Length": str(len(content)),
        "Connection": "close",
    }
    request = f"POST {camera.path}frames/?time={time.time() % 80_000} HTTP/1.1\r\n"
    request += "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    whole = base64.b64encode(request.encode() + content).decode()
    task = {"host": host, "port": int(port), "count": FLOOD, "request": whole}
    sent = subprocess.run(
        [sys.executable, "-c", SENDER],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return Counter(tuple(answer) for answer in json.loads(sent.stdout))


@pytest.mark.parametrize("kind", ["one session", "no session", "somebody else's"])
def test_a_flood_of_frames_is_refused_and_others_go_on(
    running: str, frame: bytes, kind: str
) -> None:
    attacker, other, victim = Camera(running), Camera(running), Camera(running)
    headers = attacker.headers if kind != "no session" else {}
    target = other if kind == "somebody else's" else attacker
    alone = victim.run(frame, after(2))
    done = threading.Event()
    beside: list[float] = []

    def go_on() -> None:
        beside.extend(victim.run(frame, done.is_set))

    thread = threading.Thread(target=go_on)
    thread.start()
    started = time.monotonic()
    answers = flood(_as(target, attacker), frame, headers)
    flooded = time.monotonic() - started
    done.set()
    thread.join()

    refused = {
        "one session": {(429, "throttled"), (409, "frame_in_flight"), (400, "time_not_growing")},
        "no session": {(401, "not_authenticated"), (429, "throttled")},
        "somebody else's": {(404, "not_found"), (429, "throttled")},
    }[kind]
    assert sum(answers.values()) == FLOOD
    assert set(answers) <= refused | {(200, "")}, answers
    assert answers[200, ""] <= (kind == "one session") * 60
    # Served in order, the other's frame would wait for the whole flood.
    print(f"{kind}: {dict(answers)} in {flooded:.1f} s")
    print(f"others' frames: {len(alone) / 2:.1f}/s alone, {len(beside) / flooded:.1f}/s beside")
    print(f"the longest: {max(alone):.2f} s alone, {max(beside):.2f} s beside")
    assert max(beside) < flooded / 2 + 2 * max(alone)


def after(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


def _as(target: Camera, sender: Camera) -> Camera:
    sender.path = target.path
    return sender


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"no picture", "image/jpeg", 400, "not_a_picture"),
        (b"GIF89a", "image/gif", 415, "unsupported_type"),
        (bytes(20 * 1024 * 1024), "image/jpeg", 413, "frame_too_large"),
    ],
)
def test_bad_frames_get_their_codes_and_the_next_is_taken(
    running: str, frame: bytes, content: bytes, kind: str, status: int, code: str
) -> None:
    camera = Camera(running)

    answer = camera.send(content, 0.1, kind)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(camera.send(frame, 0.2).json()["faces"]) == 1


def test_a_refused_frame_leaves_the_connection_to_the_next(running: str, frame: bytes) -> None:
    """Though it is larger than what the web server reads of a body that nobody asked for."""
    camera, other = Camera(running), Camera(running)
    host, port = running.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    headers = {**camera.headers, "Content-Type": "image/jpeg"}
    large = frame + bytes(500_000)
    statuses = []
    for number in range(1, 11):
        path = (other if number % 2 else camera).path
        connection.request("POST", f"{path}frames/?time={number}", large, headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)

    assert statuses == [404, 200] * 5


def test_a_crash_of_the_web_process_loses_no_sample(
    product: tuple[Any, str, Any], frame: bytes
) -> None:
    """It is started again; the browser goes on with the same session, and faces get new numbers."""
    program, address, _ = product
    camera = Camera(address)
    before = camera.send(frame, 0.1).json()["faces"][0]
    row = {
        "time": 0.1,
        "track": before["track"],
        "box": list(before["box"].values()),
        "probabilities": list(before["probabilities"].values()),
        "quality": before["quality"],
        "uncertain": before["uncertain"],
    }
    send = {"sequence": 0, "samples": [row]}
    url = f"{address}{camera.path}"
    assert requests.post(f"{url}samples/", json=send, headers=camera.headers, timeout=30).ok

    for process in program.children("gunicorn"):
        process.kill()
    deadline = time.monotonic() + 60
    while True:
        try:
            again = camera.send(frame, 0.2)
            break
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.2)

    assert again.status_code == 200
    assert again.json()["faces"][0]["track"] != before["track"]
    # Sent again, as a browser does that got no answer: written once.
    answer = requests.post(f"{url}samples/", json=send, headers=camera.headers, timeout=30)
    assert answer.json() == {"next": 1}
    end = {"kind": "live", "marks": [], "duration": 1, "width": 640, "height": 480}
    record = requests.post(f"{url}finish/", json=end, headers=camera.headers, timeout=30).json()
    assert record["timeline"]["sample_count"] == 1
