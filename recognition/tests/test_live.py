"""Live sessions over the API, with the real recogniser."""

import io
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from accounts.consents import consent_withdraw
from accounts.models import Keep, User
from accounts.services import token_create
from conftest import PASSWORD, client_of, picture_bytes, stored_files
from ferproject.common.bodies import UnreadParser
from mlcore.boxes import Box, iou
from mlcore.labels import EXPRESSIONS
from mlcore.pictures import decode_picture
from recognition.live import frames
from recognition.live.services import live_sweep
from recognition.live.sessions import frame_in_flight, session_forget
from recognition.models import LiveSession
from recognition.pipeline import current_recognizer
from records.models import Media, Record, SampleBlock, Timeline

LIVE = "/api/v1/live/"


@pytest.fixture(scope="module")
def frame(portrait: bytes) -> bytes:
    """A camera's frame with the portrait in it."""
    canvas = Image.new("RGB", (640, 480), (90, 110, 130))
    head = Image.open(io.BytesIO(portrait)).crop((100, 0, 350, 230))  # without the badge
    canvas.paste(head.resize((375, 345)), (130, 60))
    return picture_bytes(canvas, quality=85)


def start(client: APIClient, **fields: Any) -> Any:
    return client.post(LIVE, {"people_agreed": True, **fields})


def begun(client: APIClient, **fields: Any) -> str:
    response = start(client, **fields)
    assert response.status_code == 201, response.content
    return response.json()["id"]


def send(client: APIClient, pk: str, content: bytes, at: Any = 0.0, **options: Any) -> Any:
    options = {"content_type": "image/jpeg", **options}
    return client.generic("POST", f"{LIVE}{pk}/frames/?time={at}", content, **options)


def sample(at: float, expression: str = "happy", track: int = 1, **fields: Any) -> dict[str, Any]:
    shares = [0.94 if name == expression else 0.01 for name in EXPRESSIONS]
    return {
        "time": at,
        "track": track,
        "box": [10, 20, 100, 100],
        "probabilities": shares,
        "quality": 0.9,
        "uncertain": False,
        **fields,
    }


def samples(client: APIClient, pk: str, sequence: int, *rows: dict[str, Any]) -> Any:
    return client.post(f"{LIVE}{pk}/samples/", {"sequence": sequence, "samples": list(rows)})


def finish(client: APIClient, pk: str, **fields: Any) -> Any:
    values = {"kind": "live", "marks": [], "duration": 10.0, "width": 640, "height": 480}
    return client.post(f"{LIVE}{pk}/finish/", values | fields)


# --- Beginning ---------------------------------------------------------------------------------


def test_a_session_begins(api: APIClient, user: User) -> None:
    response = start(api)

    assert response.status_code == 201
    body = response.json()
    session = LiveSession.objects.get(pk=body["id"])
    recognizer = current_recognizer()
    assert body == {
        "id": str(session.pk),
        "created_at": body["created_at"],
        "frame_max_bytes": 1024 * 1024,
        "frame_max_side": 1280,
        "idle_seconds": 900,
        "detector": "dlib_and_yunet",
        "model": f"{recognizer.model_name}@{recognizer.model_version}",
    }
    # Nothing of it is to be seen yet.
    assert api.get("/api/v1/records/").json()["results"] == []
    assert not Timeline.objects.visible_to(user).exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"people_agreed": False}, "consent_required"),
        ({"people_agreed": None}, "null"),
        ({"purpose": "work"}, "purpose_banned"),
        ({"purpose": "whatever"}, "unknown_purpose"),
        ({"detector": "nobody"}, "unknown_detector"),
    ],
)
def test_what_a_session_may_not_be(api: APIClient, fields: dict[str, Any], code: str) -> None:
    response = start(api, **fields)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not LiveSession.objects.exists()


def test_without_consent_nothing_begins(make_user: Callable[..., User]) -> None:
    stranger = client_of(make_user("mary.somerville", consents=False))

    response = start(stranger)

    assert (response.status_code, response.json()["code"]) == (403, "consent_missing")


def test_detectors_that_are_too_slow_are_refused(
    api: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MTCNN would load TensorFlow into the web process, too."""
    for module in ("recognition.live.frames", "recognition.detectors", "recognition.uploads"):
        monkeypatch.setattr(f"{module}.detector_choices", lambda: ["dlib_hog", "mtcnn"])
    User.objects.update(detector="mtcnn")

    refused = start(api, detector="mtcnn")

    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_detector")
    assert "mtcnn" in refused.json()["detail"]
    assert start(api).json()["detector"] == "dlib_hog"  # the person's own is passed over


def test_cameras_of_one_person_are_counted(api: APIClient) -> None:
    for _ in range(8):
        begun(api)

    refused = start(api)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_sessions")
    LiveSession.objects.update(seen_at=timezone.now() - timedelta(seconds=61))  # tabs closed
    assert start(api).status_code == 201


# --- Frames ------------------------------------------------------------------------------------


def test_a_frame_says_what_the_recogniser_says_of_the_still(api: APIClient, frame: bytes) -> None:
    pk = begun(api)

    body = send(api, pk, frame, 0.1).json()

    still = current_recognizer().recognize(decode_picture(frame))[0]
    (face,) = body["faces"]
    assert (body["time"], body["width"], body["height"]) == (0.1, 640, 480)
    assert body["detected"] is True
    assert face["track"] == 1
    assert iou(Box(**face["box"]), still.box) > 0.98
    assert face["expression"] == still.expression
    assert face["probability"] == pytest.approx(still.probability, abs=1e-3)
    assert list(face["probabilities"]) == list(EXPRESSIONS)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert face["uncertain"] == still.uncertain
    assert face["quality"] == pytest.approx(still.quality.score, abs=1e-3)
    assert set(body["timings"]) == {"wait", "decode", "detect", "classify", "total"}
    assert body["timings"]["total"] >= sum(
        body["timings"][name] for name in ("decode", "detect", "classify")
    )


def test_a_face_keeps_its_number_and_no_row_is_written(api: APIClient, frame: bytes) -> None:
    pk = begun(api)
    send(api, pk, frame, 0.0)
    before = list(LiveSession.objects.values())
    numbers = []
    with CaptureQueriesContext(connection) as queries:
        for step in range(1, 6):
            body = send(api, pk, frame, step / 20).json()
            numbers += [face["track"] for face in body["faces"]]

    assert numbers == [1] * 5
    assert list(LiveSession.objects.values()) == before
    assert not SampleBlock.objects.exists()
    assert stored_files() == set()
    # Who sends it: session and person. What is sent to is in the cache.
    assert len(queries) == 2 * 5, [query["sql"] for query in queries]
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}


def test_webp_is_taken_too(api: APIClient, frame: bytes) -> None:
    content = picture_bytes(Image.open(io.BytesIO(frame)), "WEBP")

    body = send(api, begun(api), content, content_type="image/webp").json()

    assert len(body["faces"]) == 1


def test_no_face_is_no_error(api: APIClient, faceless: bytes) -> None:
    assert send(api, begun(api), faceless).json()["faces"] == []


PNG = picture_bytes(Image.new("RGB", (64, 64)), "PNG")
WIDE = picture_bytes(Image.new("RGB", (1281, 64)))
TINY = picture_bytes(Image.new("RGB", (8, 8)))


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "image/jpeg", 400, "not_a_picture"),
        (b"no picture at all", "image/jpeg", 400, "not_a_picture"),
        (b"\xff\xd8\xff\xe0" + b"no picture", "image/jpeg", 400, "not_a_picture"),
        (PNG, "image/jpeg", 400, "not_a_picture"),
        (PNG, "image/png", 415, "unsupported_type"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_type"),
        (b'{"a": 1}', "application/json", 415, "unsupported_type"),
        (WIDE, "image/jpeg", 400, "frame_too_big"),
        (TINY, "image/jpeg", 400, "not_a_picture"),
        (b"\xff\xd8\xff" + bytes(20 * 1024 * 1024), "image/jpeg", 413, "frame_too_large"),
    ],
)
def test_bad_frames(api: APIClient, content: bytes, kind: str, status: int, code: str) -> None:
    pk = begun(api)

    response = send(api, pk, content, content_type=kind)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    # And the next is taken as if nothing had been.
    assert send(api, pk, picture_bytes(Image.new("RGB", (64, 64)))).status_code == 200


def test_a_frame_that_is_too_large_is_not_read(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what its header says, before a byte of it."""
    pk = begun(api)

    class Trap(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("it was read")

    response = api.generic(
        "POST",
        f"{LIVE}{pk}/frames/?time=1",
        b"",
        content_type="image/jpeg",
        **{"wsgi.input": Trap(), "CONTENT_LENGTH": str(20 * 1024 * 1024)},
    )

    assert (response.status_code, response.json()["code"]) == (413, "frame_too_large")


@pytest.mark.parametrize("at", ["", "soon", "nan", "inf", "-1", "1e9"])
def test_a_time_that_is_none(api: APIClient, frame: bytes, at: str) -> None:
    response = send(api, begun(api), frame, at)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_time_grows(api: APIClient, frame: bytes) -> None:
    pk = begun(api)
    assert send(api, pk, frame, 1.0).status_code == 200

    for at in (1.0, 0.5):
        response = send(api, pk, frame, at)
        assert (response.status_code, response.json()["code"]) == (400, "time_not_growing")
    assert send(api, pk, frame, 1.1).status_code == 200


def test_frames_of_others_sessions_and_of_none(
    api: APIClient, other_user: User, frame: bytes
) -> None:
    pk = begun(api)
    nowhere = "00000000-0000-0000-0000-000000000000"
    other = client_of(other_user)

    for client, target in ((other, pk), (api, nowhere)):
        response = send(client, target, frame)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert response.wsgi_request.read() == b""  # the connection is good for the next
    session_forget(LiveSession.objects.get().pk)  # and where the cache knows nothing, neither
    assert send(other, pk, frame).status_code == 404
    assert send(APIClient(), pk, frame).status_code == 401


def test_one_frame_in_flight(api: APIClient, user: User, frame: bytes) -> None:
    pk = begun(api)
    answers: list[int] = []
    with frame_in_flight(LiveSession.objects.get().pk):
        response = send(api, pk, frame)
        answers.append(response.status_code)
    assert (answers, response.json()["code"]) == ([409], "frame_in_flight")
    assert send(api, pk, frame).status_code == 200


def test_whoever_must_wait_is_told_for_how_long(
    api: APIClient, frame: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All places taken, and the line full."""
    pk = begun(api)
    turns = frames.Turns(at_once=1, waiting=0)
    monkeypatch.setattr("recognition.api.live.views.turns", turns)
    with turns.turn(-1):
        response = send(api, pk, frame)

    body = response.json()
    assert (response.status_code, body["code"]) == (429, "throttled")
    assert 0 < body["retry_after"] <= 2
    assert int(response["Retry-After"]) >= body["retry_after"]
    assert send(api, pk, frame).status_code == 200


def test_floods_are_refused_before_anything_is_asked(
    api: APIClient, frame: bytes, settings: Any
) -> None:
    settings.LIVE_FRAME_RATE = 3
    pk = begun(api)
    codes = [send(api, pk, b"x", n).status_code for n in range(3)]
    with CaptureQueriesContext(connection) as queries:
        response = send(api, pk, frame, 4)

    assert codes == [400] * 3
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert response["Content-Type"] == "application/problem+json"
    assert int(response["Retry-After"]) >= response.json()["retry_after"] > 0
    assert len(queries) == 0
    assert response.wsgi_request.read() == b""


def test_a_browser_sends_frames_with_its_session_and_csrf_token(user: User, frame: bytes) -> None:
    """DRF reads `request.POST` for the token, which must not swallow the body."""
    browser = APIClient(enforce_csrf_checks=True)
    assert browser.login(username=user.username, password=PASSWORD)
    browser.get("/")  # sets the cookie
    token = browser.cookies["csrftoken"].value
    headers = {"headers": {"X-CSRFToken": token}}
    pk = browser.post(LIVE, {"people_agreed": True}, **headers).json()["id"]

    refused = send(browser, pk, frame)
    taken = send(browser, pk, frame, **headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert len(taken.json()["faces"]) == 1
    assert UnreadParser in [type(p) for p in taken.renderer_context["view"].get_parsers()]


def test_a_program_sends_frames_with_its_token(user: User, frame: bytes) -> None:
    key = token_create(user=user, name="camera")[1]
    program = APIClient(headers={"Authorization": f"Bearer {key}"})

    assert len(send(program, begun(program), frame).json()["faces"]) == 1


def test_a_withdrawn_consent_ends_it(
    api: APIClient, user: User, frame: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = begun(api)
    monkeypatch.setattr("recognition.live.sessions.CHECKED_SECONDS", 0)
    assert send(api, pk, frame, 0.1).status_code == 200

    consent_withdraw(user=user)

    response = send(api, pk, frame, 0.2)
    assert (response.status_code, response.json()["code"]) == (403, "consent_missing")


def test_a_lost_cache_costs_numbers_and_nothing_else(api: APIClient, frame: bytes) -> None:
    pk = begun(api)
    first = send(api, pk, frame, 0.1).json()["faces"][0]["track"]
    cache.clear()
    second = send(api, pk, frame, 0.2).json()["faces"][0]["track"]
    cache.clear()
    third = send(api, pk, frame, 0.3).json()["faces"][0]["track"]

    assert (first, second, third) == (1, 1001, 2001)


def test_frames_of_many_threads_come_back_to_whom_they_belong(
    transactional_db: None, make_user: Callable[..., User], frame: bytes, faceless: bytes
) -> None:
    """Two people at once, each with frames of their own."""
    people = [client_of(make_user(name)) for name in ("mary.somerville", "sofia.kovalevskaya")]
    ids = [begun(person) for person in people]
    seen: list[list[int]] = [[], []]

    def camera(number: int) -> None:
        for step in range(8):
            content = (frame, faceless)[number]
            body = send(people[number], ids[number], content, step / 10).json()
            seen[number].append(len(body["faces"]))
        connection.close()

    threads = [threading.Thread(target=camera, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [[1] * 8, [0] * 8]


# --- Samples -----------------------------------------------------------------------------------


def test_samples_are_kept_once(api: APIClient) -> None:
    pk = begun(api)

    assert samples(api, pk, 0, sample(0.0), sample(0.1)).json() == {"next": 1}
    assert samples(api, pk, 0, sample(0.0), sample(0.1)).json() == {"next": 1}
    ahead = samples(api, pk, 2, sample(0.3))
    assert (ahead.status_code, ahead.json()["code"], ahead.json()["next"]) == (
        409,
        "sequence_gap",
        1,
    )
    assert samples(api, pk, 1, sample(0.2)).json() == {"next": 2}
    assert samples(api, pk, 2).json() == {"next": 3}  # none is fine

    record = finish(api, pk).json()
    columns = api.get(f"/api/v1/records/{record['id']}/samples/").json()
    assert columns["times"] == [0.0, 0.1, 0.2]


@pytest.mark.parametrize(
    "change",
    [
        {"time": -1},
        {"time": "soon"},
        {"time": None},
        {"track": -1},
        {"box": [1, 2, 3]},
        {"probabilities": [1.0]},
        {"probabilities": [0.5] * 7},
        {"probabilities": [2.0, -1.0, 0, 0, 0, 0, 0]},
        {"quality": 2},
        {"uncertain": "perhaps"},
    ],
    ids=str,
)
def test_samples_that_are_not_right(api: APIClient, change: dict[str, Any]) -> None:
    pk = begun(api)

    response = samples(api, pk, 0, sample(0.0), sample(0.1, **change))

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert not SampleBlock.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"sequence": 0},
        {"sequence": "0", "samples": []},
        {"sequence": 0, "samples": {}},
        {"sequence": 0, "samples": [1]},
        {"sequence": 0, "samples": [{}]},
        {"sequence": 0, "samples": [sample(0)] * 601},
    ],
    ids=lambda body: str(body)[:30],
)
def test_calls_that_are_not_right(api: APIClient, body: Any) -> None:
    response = api.post(f"{LIVE}{begun(api)}/samples/", body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_samples_share_blocks(api: APIClient) -> None:
    pk = begun(api)
    for call in range(100):
        samples(api, pk, call, *(sample(call + n / 10) for n in range(10)))

    assert SampleBlock.objects.count() == 2
    assert LiveSession.objects.get().timeline.sample_count == 1000


# --- The end -----------------------------------------------------------------------------------


def test_a_session_becomes_a_record(api: APIClient, user: User) -> None:
    pk = begun(api)
    rows = [sample(n / 10) for n in range(30)] + [sample(3 + n / 10, "sad") for n in range(10)]
    samples(api, pk, 0, *rows)
    samples(api, pk, 1, *(sample(1 + n / 10, "neutral", track=2) for n in range(5)))

    response = finish(
        api, pk, name="A talk", duration=4.5, marks=[{"time": 2.5, "label": "question"}]
    )

    assert response.status_code == 201, response.content
    body = response.json()
    assert (body["name"], body["kind"], body["state"]) == ("A talk", "live", "done")
    assert (body["expression"], body["face_count"]) == ("happy", 2)
    assert body["probability"] == pytest.approx(0.94, abs=1e-3)
    assert (body["original"], body["thumbnail"], body["faces"]) == (None, None, [])
    assert (body["width"], body["height"], body["detector"]) == (640, 480, "dlib_and_yunet")
    timeline = body["timeline"]
    assert (timeline["duration"], timeline["sample_count"]) == (4.5, 45)
    assert timeline["marks"] == [{"time": 2.5, "label": "question"}]
    assert timeline["practice"] is None
    assert [(row["track"], row["samples"]) for row in timeline["tracks"]] == [(1, 40), (2, 5)]
    summary = timeline["summary"]
    assert summary["shares"]["happy"] == pytest.approx(3.0 / 4.5, abs=0.01)
    assert summary["changes"] == 1
    assert summary["longest"]["expression"] == "happy"
    assert summary["longest"]["seconds"] == pytest.approx(3.0, abs=0.01)
    assert summary["seconds_with_face"] == pytest.approx(4.0, abs=0.01)
    assert SampleBlock.objects.count() == 1
    # Again: the same record. And nothing more is taken.
    again = finish(api, pk, name="Another")
    assert (again.status_code, again.json()["id"]) == (200, body["id"])
    assert again.json()["name"] == "A talk"
    for answer in (samples(api, pk, 2, sample(5)), send(api, pk, b""), api.delete(f"{LIVE}{pk}/")):
        assert answer.status_code in {400, 404}
    assert [row["id"] for row in api.get("/api/v1/records/?kind=live").json()["results"]] == [
        body["id"]
    ]
    assert api.get(f"/api/v1/records/{body['id']}/").json() == body


def test_an_ended_session_takes_no_frames(api: APIClient, frame: bytes) -> None:
    pk = begun(api)
    assert send(api, pk, frame, 0.1).status_code == 200
    finish(api, pk)

    assert send(api, pk, frame, 0.2).status_code == 404


def test_a_session_without_samples_is_a_record_too(api: APIClient) -> None:
    body = finish(api, begun(api)).json()

    assert (body["expression"], body["probability"], body["face_count"]) == (None, None, 0)
    assert body["timeline"]["summary"]["longest"] is None
    assert body["name"].startswith("Camera 20")


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "picture"},
        {"duration": -1},
        {"duration": None},
        {"width": 0},
        {"name": "x" * 121},
        {"marks": [{"time": 1}]},
        {"marks": [{"time": 1, "label": "x" * 81}]},
        {"marks": [{"time": 1, "label": "a\u202eb"}]},
        {"practice": {}},
        {"practice": {"rounds": [{"expression": "joy"}]}},
    ],
    ids=str,
)
def test_an_end_that_is_not_right(api: APIClient, fields: dict[str, Any]) -> None:
    pk = begun(api)

    assert finish(api, pk, **fields).status_code == 400
    assert not Record.objects.exists()
    assert finish(api, pk).status_code == 201


def test_nothing_is_kept_of_a_dropped_session(api: APIClient, portrait: bytes) -> None:
    pk = begun(api)
    samples(api, pk, 0, sample(0.0))
    put_picture(api, pk, portrait)

    assert api.delete(f"{LIVE}{pk}/").status_code == 204

    counts = [model.objects.count() for model in (LiveSession, Timeline, SampleBlock, Media)]
    assert counts == [0, 0, 0, 0]
    assert api.delete(f"{LIVE}{pk}/").status_code == 404
    assert finish(api, pk).status_code == 404


def put_picture(client: APIClient, pk: str, content: bytes) -> Any:
    return client.generic("PUT", f"{LIVE}{pk}/picture/", content, content_type="image/jpeg")


def test_a_picture_is_kept_where_it_was_asked_for(
    api: APIClient, user: User, portrait: bytes, django_capture_on_commit_callbacks: Any
) -> None:
    """Whatever the person keeps of pictures otherwise."""
    User.objects.update(keep=Keep.RESULTS, keep_days=3)
    pk = begun(api)
    with django_capture_on_commit_callbacks(execute=True):
        assert put_picture(api, pk, portrait).status_code == 204
        assert put_picture(api, pk, portrait).status_code == 204  # in its place

    body = finish(api, pk).json()

    assert len(stored_files()) == 2
    assert body["keep"] == "all"
    assert body["delete_at"] is not None
    assert api.get(body["original"]).status_code == 200
    assert api.get(body["thumbnail"]).status_code == 200
    assert (body["width"], body["height"]) == Image.open(io.BytesIO(portrait)).size
    assert (body["timeline"]["width"], body["timeline"]["height"]) == (640, 480)
    # It shows no more than a moment: it is no picture to recognise in place of the session.
    again = api.post(f"/api/v1/records/{body['id']}/recognize/")
    assert (again.status_code, again.json()["code"]) == (409, "not_a_still")


@pytest.mark.parametrize(
    ("content", "status"), [(b"no picture", 400), (b"\xff\xd8\xff" + bytes(21 * 2**20), 413)]
)
def test_pictures_that_are_not_taken(api: APIClient, content: bytes, status: int) -> None:
    assert put_picture(api, begun(api), content).status_code == status
    assert stored_files() == set()


# --- Nobody comes back -------------------------------------------------------------------------


def test_abandoned_sessions_become_records_or_go(api: APIClient, frame: bytes) -> None:
    with_samples, without, open_one = begun(api), begun(api), begun(api)
    samples(api, with_samples, 0, sample(0.0), sample(0.5))
    long_ago = timezone.now() - timedelta(hours=1)
    LiveSession.objects.exclude(pk=open_one).update(seen_at=long_ago)

    assert live_sweep() == 2
    assert live_sweep() == 0

    (record,) = api.get("/api/v1/records/?kind=live").json()["results"]
    assert record["expression"] == "happy"
    assert {str(pk) for pk in LiveSession.objects.values_list("pk", flat=True)} == {
        with_samples,
        open_one,
    }
    assert str(without) not in {str(pk) for pk in LiveSession.objects.values_list("pk", flat=True)}
    assert Media.objects.count() == 2
    # Whoever comes back after all finds the record.
    assert finish(api, with_samples).json()["id"] == record["id"]


# --- Practice ----------------------------------------------------------------------------------


def a_round(expression: str, score: float) -> dict[str, Any]:
    return {
        "expression": expression,
        "score": score,
        "held": 2.0,
        "peak": 0.9,
        "started": 1.0,
        "ended": 4.0,
    }


def test_practice_is_kept_over_time(api: APIClient, other_user: User) -> None:
    for score in (0.1, 0.2, 0.3, 0.4, 0.5, 0.9, 0.9, 0.9, 0.9, 0.9):
        rounds = [a_round("happy", score), a_round("sad", 0.5)]
        body = finish(api, begun(api), kind="practice", practice={"rounds": rounds}).json()
    assert body["kind"] == "practice"
    assert body["timeline"]["practice"]["rounds"][0]["score"] == 0.9

    practice = api.get("/api/v1/practice/").json()

    assert practice["rounds_total"] == 20
    of = {row["expression"]: row for row in practice["expressions"]}
    assert list(of) == list(EXPRESSIONS)
    assert of["happy"]["rounds"] == 10
    assert of["happy"]["mean_score"] == pytest.approx(0.6)
    assert of["happy"]["best_score"] == 0.9
    assert of["happy"]["recent_mean"] == pytest.approx(0.9)
    assert of["happy"]["trend"] == pytest.approx(0.6)
    assert of["sad"]["trend"] == pytest.approx(0)
    assert of["fear"] == {
        "expression": "fear",
        **dict.fromkeys(("mean_score", "best_score", "recent_mean", "trend")),
        "rounds": 0,
    }
    assert len(practice["history"]) == 10
    assert practice["history"][0]["record"] == body["id"]
    assert practice["history"][0]["mean_score"] == pytest.approx(0.7)
    assert client_of(other_user).get("/api/v1/practice/").json()["rounds_total"] == 0
    # What was deleted no longer counts.
    assert api.delete(f"/api/v1/records/{body['id']}/").status_code == 204
    assert api.get("/api/v1/practice/").json()["rounds_total"] == 18
