"""Bad frames and floods of frames against the product's own web server, while others go on."""

import asyncio
import io
import json
import threading
import time
import uuid
from collections import Counter
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
        # The tests' server takes addresses from their senders, and counts sign-ups by them.
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

    def run(self, content: bytes, seconds: float) -> list[float]:
        """Frame after frame; the seconds that each one took."""
        taken: list[float] = []
        began = time.monotonic()
        while (now := time.monotonic()) - began < seconds:
            answer = self.send(content, time.time() % 80_000)
            if answer.status_code == 429:
                time.sleep(answer.json()["retry_after"])
                continue
            assert answer.status_code == 200, answer.text
            assert len(answer.json()["faces"]) == 1
            taken.append(time.monotonic() - now)
        return taken


async def flood(camera: Camera, content: bytes, headers: dict[str, str]) -> Counter[Any]:
    """A thousand frames at once, each on a connection of its own: (status, code) of the answers."""
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

    async def one() -> tuple[int, str]:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request.encode() + content)
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        body = body[body.index(b"{") : body.rindex(b"}") + 1]  # out of its chunks
        return int(head.split()[1]), json.loads(body).get("code", "")

    return Counter(await asyncio.gather(*(one() for _ in range(FLOOD))))


@pytest.mark.parametrize("kind", ["one session", "no session", "somebody else's"])
def test_a_flood_of_frames_is_refused_and_others_go_on(
    running: str, frame: bytes, kind: str
) -> None:
    attacker, other, victim = Camera(running), Camera(running), Camera(running)
    victim.run(frame, 0.5)
    alone = victim.run(frame, 2)
    headers = attacker.headers if kind != "no session" else {}
    target = other if kind == "somebody else's" else attacker
    beside: list[float] = []

    def go_on() -> None:
        beside.extend(victim.run(frame, 4))

    thread = threading.Thread(target=go_on)
    thread.start()
    started = time.monotonic()
    answers = asyncio.run(flood(_as(target, attacker), frame, headers))
    flooded = time.monotonic() - started
    thread.join()

    refused = {
        "one session": {(429, "throttled"), (409, "frame_in_flight"), (400, "time_not_growing")},
        "no session": {(401, "not_authenticated"), (429, "throttled")},
        "somebody else's": {(404, "not_found"), (429, "throttled")},
    }[kind]
    assert sum(answers.values()) == FLOOD
    assert set(answers) <= refused | {(200, "")}, answers
    assert answers[200, ""] <= (kind == "one session") * 60
    # The one who goes on has answers all the time, and most of them as soon as without the flood.
    print(f"{kind}: {answers}, {flooded:.1f} s; {len(alone) / 2:.0f}/s, {len(beside) / 4:.0f}/s")
    print(f"longest {max(alone):.2f} s alone, {max(beside):.2f} s beside")
    assert len(beside) / 4 >= len(alone) / 2 / 3
    assert max(beside) < 3


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
