"""Samples: kept small, summed up, read in parts, exported whole, and gone with their record."""

import csv
import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of
from mlcore.labels import EXPRESSIONS
from records.keeping import media_delete_due
from records.models import Media, Record, SampleBlock, Timeline
from records.services import (
    discarded_records_delete,
    timeline_append,
    timeline_begin,
    timeline_close,
    timeline_read,
)
from records.timelines import BLOCK, Samples, SamplesError, summarize


def make(
    times: Any, expression: Any = "happy", track: Any = 1, probability: float = 0.94, **columns: Any
) -> Samples:
    """Samples whose strongest expression is known; each argument one for all or one for each."""
    count = len(times)
    names = [expression] * count if isinstance(expression, str) else expression
    rest = (1 - probability) / 6
    return Samples.of(
        times=times,
        tracks=np.broadcast_to(track, count),
        boxes=columns.get("boxes", [[10, 20, 100, 120]] * count),
        probabilities=[[probability if e == n else rest for e in EXPRESSIONS] for n in names],
        quality=columns.get("quality", [0.9] * count),
        uncertain=columns.get("uncertain", [False] * count),
    )


def close(owner: User, samples: Samples, **values: Any) -> Record:
    timeline = timeline_begin(owner=owner, purpose="", consent_at=timezone.now())
    for start in range(0, len(samples), 5000):
        timeline_append(timeline=timeline, samples=samples.take(slice(start, start + 5000)))
    given = {"kind": "live", "name": "A talk", "duration": 1.0, "width": 640, "height": 480}
    return timeline_close(timeline=timeline, **given | values)


def hour(tracks: int = 1, rate: int = 20) -> Samples:
    """An hour before a camera: 72,000 samples of a face that changes a little all the time."""
    random = np.random.default_rng(0)
    count = 3600 * rate
    walk = np.cumsum(random.normal(0, 0.05, (count * tracks, 7)), axis=0) % 4
    shares = np.exp(walk) / np.exp(walk).sum(axis=1, keepdims=True)
    return Samples.of(
        times=np.repeat(np.arange(count) / rate, tracks),
        tracks=np.tile(np.arange(tracks) + 1, count),
        boxes=100 + (np.cumsum(random.normal(0, 1, (count * tracks, 4)), axis=0) % 200),
        probabilities=shares,
        quality=random.uniform(0.8, 1, count * tracks),
        uncertain=random.random(count * tracks) < 0.1,
    )


# --- Columns -----------------------------------------------------------------------------------


def test_bytes_and_back() -> None:
    samples = hour(rate=1)

    again = Samples.from_bytes(samples.to_bytes(), len(samples))

    assert (again.times == samples.times).all()
    assert (again.tracks == samples.tracks).all()
    assert (again.boxes == samples.boxes).all()
    assert np.abs(again.probabilities - samples.probabilities).max() < 1e-4
    assert np.abs(again.probabilities.sum(axis=1) - 1).max() < 1e-6
    assert np.abs(again.quality - samples.quality).max() < 1e-4
    assert (again.uncertain == samples.uncertain).all()


def test_a_layout_from_the_future_is_refused() -> None:
    with pytest.raises(ValueError, match="layout"):
        Samples.from_bytes(b"\x02" + make([0.0]).to_bytes()[1:], 1)


@pytest.mark.parametrize(
    "change",
    [
        {"times": [0.0, np.nan]},
        {"times": [0.0, 90_000.0]},
        {"times": [0.0]},
        {"times": "ab"},
        {"times": None},
        {"tracks": [1, -1]},
        {"boxes": [[1, 2, 3, 4], [1, 2, 3, 1e9]]},
        {"boxes": [[1, 2, 3], [1, 2, 3]]},
        {"probabilities": [[0.2] * 7] * 2},
        {"quality": [0.5, 1.5]},
        {"uncertain": [True, "x"]},
    ],
    ids=str,
)
def test_columns_that_are_not_right(change: dict[str, Any]) -> None:
    good = {
        "times": [0.0, 1.0],
        "tracks": [1, 1],
        "boxes": [[1, 2, 3, 4]] * 2,
        "probabilities": [[1, 0, 0, 0, 0, 0, 0]] * 2,
        "quality": [1, 1],
        "uncertain": [True, False],
    }
    assert len(Samples.of(**good)) == 2
    with pytest.raises(SamplesError):
        Samples.of(**good | change)


def test_thinned_evenly_from_each_track() -> None:
    samples = hour(tracks=2, rate=1)

    thin = samples.thinned(100)

    assert 90 <= len(thin) <= 100
    for track in (1, 2):
        times = thin.times[thin.tracks == track]
        assert 45 <= len(times) <= 50
        assert len(set(np.diff(times).round(6))) == 1
    assert samples.thinned(len(samples)) is samples


# --- What they amount to -----------------------------------------------------------------------


def test_a_summary() -> None:
    one = make(np.arange(0, 6, 0.1), ["happy"] * 40 + ["sad"] * 20)
    other = make(np.arange(1, 2, 0.1), "neutral", track=2, uncertain=[True] * 10)
    found = summarize(Samples.joined([one, other]).in_order())

    assert [(t["track"], t["samples"], t["expression"]) for t in found["tracks"]] == [
        (1, 60, "happy"),
        (2, 10, "neutral"),
    ]
    summary = found["summary"]
    assert summary["shares"]["happy"] == pytest.approx(4 / 7, abs=0.01)
    assert summary["shares"]["sad"] == pytest.approx(2 / 7, abs=0.01)
    assert sum(summary["shares"].values()) == pytest.approx(1, abs=0.001)
    assert sum(summary["mean"].values()) == pytest.approx(1, abs=0.001)
    assert summary["changes"] == 1
    assert summary["longest"] == {
        "expression": "happy",
        "start": 0.0,
        "end": pytest.approx(4.0, abs=0.01),
        "seconds": pytest.approx(4.0, abs=0.01),
    }
    assert summary["uncertain_share"] == pytest.approx(1 / 7, abs=0.01)
    assert summary["seconds_with_face"] == pytest.approx(6, abs=0.01)
    assert (found["expression"], found["uncertain"]) == ("happy", False)
    assert found["probability"] == pytest.approx(0.94, abs=1e-3)


def test_a_flicker_is_no_change_and_an_absence_ends_a_stretch() -> None:
    names = ["happy"] * 10 + ["sad"] * 2 + ["happy"] * 10
    flicker = summarize(make(np.arange(22) / 10, names))["summary"]
    times = np.concatenate([np.arange(10) / 10, 5 + np.arange(20) / 10])
    absent = summarize(make(times))["summary"]

    assert flicker["changes"] == 0
    assert flicker["longest"]["seconds"] == pytest.approx(2.2, abs=0.01)
    assert flicker["shares"]["sad"] == pytest.approx(2 / 22, abs=0.01)
    assert absent["changes"] == 0
    assert absent["longest"]["start"] == 5
    assert absent["seconds_with_face"] == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_anything(count: int) -> None:
    found = summarize(make(np.arange(count) / 1.0))

    assert found["summary"]["changes"] == 0
    assert (found["summary"]["longest"] is None) == (count == 0)
    assert found["expression"] == ("happy" if count else "")
    assert (found["probability"] is None) == (count == 0)
    assert np.isfinite(list(found["summary"]["shares"].values())).all()


def test_all_at_one_moment() -> None:
    found = summarize(make([3.0, 3.0]))
    assert found["expression"] == "happy"
    assert found["probability"] == pytest.approx(0.94)
    assert found["summary"]["shares"]["happy"] == 1.0


# --- Rows --------------------------------------------------------------------------------------


def test_an_hour_is_a_few_rows(user: User, api: APIClient) -> None:
    samples = hour()
    assert len(samples) == 72_000

    record = close(user, samples, duration=3600.0)

    blocks = SampleBlock.objects.filter(timeline=record.timeline)
    assert blocks.count() == -(-72_000 // BLOCK) == 18
    assert blocks.aggregate(total=Sum("count"))["total"] == 72_000
    assert sum(len(block.data) for block in blocks) < 72_000 * 30
    assert (timeline_read(timeline=record.timeline).times == samples.times).all()
    with CaptureQueriesContext(connection) as queries:
        detail = api.get(f"/api/v1/records/{record.pk}/")
    assert len(detail.content) < 4000
    assert not any("sampleblock" in query["sql"].lower() for query in queries)
    chart = api.get(f"/api/v1/records/{record.pk}/samples/").json()
    assert 1900 <= len(chart["times"]) <= 2000
    assert chart["thinned"] is True


def test_blocks_that_came_out_of_order_are_put_in_order(user: User) -> None:
    timeline = timeline_begin(owner=user, purpose="", consent_at=timezone.now())
    for start in (2, 0, 1):
        timeline_append(timeline=timeline, samples=make(start + np.arange(700) / 700))

    timeline_close(timeline=timeline, kind="live", name="A", duration=0, width=1, height=1)

    assert (np.diff(timeline_read(timeline=timeline).times) >= 0).all()
    assert timeline.duration == pytest.approx(3, abs=0.01)  # to the last sample at least


def test_samples_between_two_times_of_one_face(user: User, api: APIClient) -> None:
    both = Samples.joined([make(np.arange(50) / 10), make(np.arange(50) / 10, "sad", track=2)])
    path = f"/api/v1/records/{close(user, both).pk}/samples/"

    part = api.get(path, {"start": 1, "end": 2, "track": 2}).json()

    assert part["times"] == [round(1 + n / 10, 1) for n in range(11)]
    assert set(part["tracks"]) == {2}
    assert part["boxes"][0] == [10, 20, 100, 120]
    assert part["probabilities"][0][EXPRESSIONS.index("sad")] == pytest.approx(0.94, abs=1e-3)
    assert (part["quality"][0], part["uncertain"][0], part["thinned"]) == (0.9, False, False)
    assert len(api.get(path, {"most": 10}).json()["times"]) == 10
    assert api.get(path, {"start": 100}).json()["times"] == []


@pytest.mark.parametrize("query", [{"start": "x"}, {"most": 0}, {"most": 10**6}, {"track": -1}])
def test_queries_that_are_not_right(user: User, api: APIClient, query: dict[str, Any]) -> None:
    record = close(user, make([0.0]))

    assert api.get(f"/api/v1/records/{record.pk}/samples/", query).status_code == 400


def read(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_files_of_samples(user: User, api: APIClient) -> None:
    samples = make(np.arange(10_000) / 10, "sad")
    record = close(user, samples, name="A talk: =1", marks=[{"time": 1.0, "label": "question"}])

    table = api.get(f"/api/v1/records/{record.pk}/samples.csv")
    document = api.get(f"/api/v1/records/{record.pk}/samples.json")

    rows = list(csv.DictReader(io.StringIO(read(table).decode("utf-8-sig"))))
    assert len(rows) == 10_000
    assert (rows[1]["time"], rows[1]["face"], rows[1]["expression"]) == ("0.1", "1", "sad")
    assert (rows[1]["width"], rows[1]["uncertain"]) == ("100", "no")
    whole = json.loads(read(document))
    assert whole["samples"]["times"] == samples.columns()["times"]
    assert {len(column) for column in whole["samples"].values()} == {10_000}
    assert whole["expressions"] == list(EXPRESSIONS)
    assert whole["marks"] == [{"time": 1.0, "label": "question"}]
    assert table["Content-Disposition"].startswith("attachment; filename*=UTF-8''A%20talk")


def test_export_and_import(user: User, other_user: User, api: APIClient) -> None:
    rounds = {
        "rounds": [
            {"expression": "sad", "score": 0.5, "held": 1, "peak": 0.9, "started": 0, "ended": 2}
        ]
    }
    record = close(
        user,
        make(np.arange(30) / 10, "sad"),
        kind="practice",
        duration=3.5,
        marks=[{"time": 1.0, "label": "question"}],
        practice=rounds,
    )
    archive = zipfile.ZipFile(io.BytesIO(read(api.get("/api/v1/records/export/?format=zip"))))
    assert f"samples/{record.pk}.csv" in archive.namelist()
    exported = archive.read("records.json")

    theirs = client_of(other_user)
    file = SimpleUploadedFile("records.json", exported)
    answer = theirs.post("/api/v1/records/import/", {"file": file}, format="multipart")

    assert (answer.status_code, answer.json()["records"]) == (201, 1)
    (row,) = theirs.get("/api/v1/records/?kind=practice").json()["results"]
    before, after = (
        client.get(f"/api/v1/records/{pk}/").json()
        for client, pk in ((api, record.pk), (theirs, row["id"]))
    )
    for name in ("timeline", "expression", "face_count", "kind", "width"):
        assert after[name] == before[name], name
    assert after["probability"] == pytest.approx(before["probability"], abs=1e-3)
    columns = [
        client.get(f"/api/v1/records/{pk}/samples/").json()
        for client, pk in ((api, record.pk), (theirs, row["id"]))
    ]
    assert columns[0] == columns[1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("samples", {}),
        ("samples", []),
        ("samples", {"times": [1]}),
        ("duration", -1),
        ("marks", [{"time": 1}]),
        ("practice", {"rounds": [{}]}),
        ("width", "wide"),
    ],
)
def test_an_import_that_is_not_right(
    user: User, other_user: User, api: APIClient, field: str, value: Any
) -> None:
    close(user, make([0.0, 0.1]))
    export = json.loads(read(api.get("/api/v1/records/export/?format=json")))
    export["records"][0]["timeline"][field] = value
    file = SimpleUploadedFile("records.json", json.dumps(export).encode())

    answer = client_of(other_user).post(
        "/api/v1/records/import/", {"file": file}, format="multipart"
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "import_invalid")
    assert Record.objects.count() == 1


def test_samples_go_with_their_record(
    user: User, api: APIClient, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.RECORD_UNDO_SECONDS = 0
    record = close(user, make([0.0]))

    assert api.delete(f"/api/v1/records/{record.pk}/").status_code == 204
    assert not Timeline.objects.visible_to(user).exists()
    assert not SampleBlock.objects.visible_to(user).exists()
    discarded_records_delete()

    counts = [model.objects.count() for model in (Record, Media, Timeline, SampleBlock)]
    assert counts == [0, 0, 0, 0]


def test_samples_go_when_their_time_has_come(user: User) -> None:
    user.keep_days = 1
    close(user, make([0.0]))
    assert media_delete_due() == 0
    Media.objects.update(delete_at=timezone.now())

    assert media_delete_due() == 1

    assert not SampleBlock.objects.exists()
