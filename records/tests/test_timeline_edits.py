"""Tracks, segments and downloads of a timeline whose samples are known."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of, stored_files
from mlcore.labels import EXPRESSIONS
from records.models import Record, Timeline
from records.tests.factories import FILM, TALK, make_film_record


@pytest.fixture
def make_film(db: None, tmp_path: Path) -> Callable[..., Record]:
    return lambda owner, rows=TALK, **fields: make_film_record(owner, tmp_path, rows, **fields)


@pytest.fixture
def film(make_film: Callable[..., Record], user: User) -> Record:
    return make_film(user)


def url(record: Record, path: str = "") -> str:
    return f"/api/v1/records/{record.pk}/{path}"


def edited(api: APIClient, record: Record, **fields: Any) -> Any:
    return api.patch(url(record, "timeline/"), fields)


def downloaded(api: APIClient, record: Record, name: str) -> bytes:
    response = api.get(url(record, name), headers={"Accept": "*/*"})
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    return b"".join(response.streaming_content)


# --- What is there -----------------------------------------------------------------------------


def test_a_films_timeline(api: APIClient, film: Record) -> None:
    record = api.get(url(film)).json()

    timeline = record["timeline"]
    assert (record["kind"], record["state"], record["face_count"]) == ("video", "done", 3)
    assert (timeline["smoothing"], timeline["truncated"], timeline["segments"]) == (
        "none",
        False,
        [],
    )
    assert timeline["film"] == {"state": "none", "progress": 0.0, "url": None, "options": {}}
    assert timeline["original"] == url(film, "original/")
    assert [
        (one["track"], one["name"], one["hidden"], one["color"], one["merged"], one["expression"])
        for one in timeline["tracks"]
    ] == [
        (1, "", False, 0, [], "happy"),
        (2, "", False, 1, [], "neutral"),
        (3, "", False, 2, [], "angry"),
    ]


def test_a_film_that_is_not_to_be_kept_is_gone_once_it_is_analysed(
    api: APIClient, make_film: Callable[..., Record], user: User, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        record = make_film(user, keep="results")

    assert api.get(url(record)).json()["timeline"]["original"] is None
    assert api.get(url(record, "original/")).status_code == 404
    assert stored_files() == set()


# --- Tracks ------------------------------------------------------------------------------------


def test_tracks_are_named_and_hidden(api: APIClient, film: Record) -> None:
    tracks = [{"track": 1, "name": "  Ada "}, {"track": 2, "hidden": True}]

    record = edited(api, film, tracks=tracks).json()

    one, two, _three = record["timeline"]["tracks"]
    assert (one["name"], one["hidden"], two["name"], two["hidden"]) == ("Ada", False, "", True)
    assert record["face_count"] == 2
    assert record["timeline"]["summary"]["shares"]["neutral"] == 0
    assert record["revision"] > film.revision
    # Hidden samples stay to be looked at, and are in no download.
    assert set(api.get(url(film, "samples/")).json()["tracks"]) == {1, 2, 3}
    lines = [json.loads(line) for line in downloaded(api, film, "samples.jsonl").splitlines()]
    assert {(line["face"], line["name"]) for line in lines} == {(1, "Ada"), (3, "")}
    again = edited(api, film, tracks=[{"track": 1, "name": ""}, {"track": 2, "hidden": False}])
    assert [one["name"] for one in again.json()["timeline"]["tracks"]] == ["", "", ""]
    assert again.json()["face_count"] == 3


def test_tracks_are_merged_and_taken_apart(api: APIClient, film: Record) -> None:
    edited(api, film, tracks=[{"track": 3, "name": "Later"}])

    merged = api.post(url(film, "tracks/merge/"), {"into": 1, "from": [3]}).json()

    assert [
        (one["track"], one["merged"], one["first"], one["last"], one["samples"])
        for one in merged["timeline"]["tracks"]
    ] == [(1, [3], 0.0, 6.8, 30), (2, [], 0.0, 3.8, 20)]
    samples = api.get(url(film, "samples/?track=1")).json()
    assert len(samples["times"]) == 30
    apart = api.post(url(film, "tracks/unmerge/"), {"track": 1}).json()
    assert [one["track"] for one in apart["timeline"]["tracks"]] == [1, 2, 3]


def test_a_merge_into_a_merged_track_is_no_chain(
    api: APIClient, make_film: Callable[..., Record], user: User
) -> None:
    record = make_film(user, [(at, 1 + at, "happy") for at in range(3)])
    api.post(url(record, "tracks/merge/"), {"into": 2, "from": [3]})

    merged = api.post(url(record, "tracks/merge/"), {"into": 1, "from": [2]}).json()

    assert [(one["track"], one["merged"]) for one in merged["timeline"]["tracks"]] == [(1, [2, 3])]
    assert set(api.get(url(record, "samples/")).json()["tracks"]) == {1}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("tracks/merge/", {"into": 1, "from": [2]}, 409, "tracks_overlap"),
        ("tracks/merge/", {"into": 1, "from": [9]}, 400, "unknown_track"),
        ("tracks/merge/", {"into": 9, "from": [1]}, 400, "unknown_track"),
        ("tracks/merge/", {"into": 1, "from": []}, 400, "empty"),
        ("tracks/unmerge/", {"track": 9}, 400, "unknown_track"),
    ],
)
def test_what_cannot_be_merged(
    api: APIClient, film: Record, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    response = api.post(url(film, path), body)

    assert (response.status_code, response.json()["code"]) == (status, code)
    film.refresh_from_db()
    assert film.timeline.edits == {}


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"tracks": [{"track": 9, "name": "x"}]}, 400, "unknown_track"),
        ({"tracks": [{"track": 1, "name": "x" * 81}]}, 400, "max_length"),
        ({"tracks": [{"track": 1, "name": "a\u202eb"}]}, 400, "invalid"),
        ({"smoothing": "more"}, 400, "invalid_choice"),
        ({"segments": [{"name": "a", "start": 2, "end": 2}]}, 400, "segment_empty"),
        ({"segments": [{"name": "", "start": 1, "end": 2}]}, 400, "blank"),
        ({"smoothing": "much", "revision": 77}, 409, "edit_conflict"),
    ],
)
def test_what_cannot_be_edited(
    api: APIClient, film: Record, fields: dict[str, Any], status: int, code: str
) -> None:
    response = edited(api, film, **fields)

    assert (response.status_code, response.json()["code"]) == (status, code)
    timeline = Timeline.objects.get(record=film)
    assert (timeline.edits, timeline.segments, timeline.smoothing) == ({}, [], "none")


def test_others_edit_nothing(film: Record, other_user: User) -> None:
    other = client_of(other_user)

    assert edited(other, film, smoothing="much").status_code == 404
    assert other.post(url(film, "tracks/merge/"), {"into": 1, "from": [3]}).status_code == 404
    assert Timeline.objects.get(record=film).smoothing == "none"


def test_smoothing_changes_what_is_shown_and_not_what_is_stored(
    api: APIClient, film: Record
) -> None:
    def happy(path: str) -> list[float]:
        samples = api.get(url(film, path)).json()
        return [row[EXPRESSIONS.index("happy")] for row in samples["probabilities"]]

    sharp = happy("samples/?track=1")
    assert sharp[9:11] == pytest.approx([0.94, 0.01], abs=1e-3)

    assert edited(api, film, smoothing="much").json()["timeline"]["smoothing"] == "much"

    smooth = happy("samples/?track=1")
    assert 0.3 < smooth[10] < smooth[9] < 0.7
    # A part of it is smoothed with what lies around it.
    assert happy("samples/?track=1&start=1.8&end=2") == pytest.approx(smooth[9:11], abs=1e-3)
    assert happy("samples/?track=1&smoothing=none") == sharp
    assert edited(api, film, smoothing="none").status_code == 200
    assert happy("samples/?track=1") == sharp


# --- Segments ----------------------------------------------------------------------------------


def test_segments_are_summed_up(api: APIClient, film: Record) -> None:
    segments = [{"name": "late", "start": 2, "end": 4}, {"name": "early", "start": 0, "end": 2}]
    record = edited(api, film, segments=segments).json()
    early, late = record["timeline"]["segments"]
    assert (early["name"], late["name"]) == ("early", "late")

    rows = api.get(url(film, "segments/")).json()

    found = {(row["name"], row["track"]): row for row in rows}
    assert list(found) == [
        *(("", None), ("", 1), ("", 2), ("", 3)),
        *(("early", None), ("early", 1), ("early", 2)),
        *(("late", None), ("late", 1), ("late", 2)),
    ]
    assert found["", None]["samples"] == 50
    assert found["early", 1]["id"] == early["id"]
    assert found["early", 1]["shares"]["happy"] == 1
    assert found["late", 1]["shares"] == {name: float(name == "sad") for name in EXPRESSIONS}
    assert found["early", None]["shares"]["happy"] == 0.5
    assert found["early", 1]["seconds"] == pytest.approx(2.0)
    assert found["late", 1]["mean"]["sad"] == pytest.approx(0.94, abs=1e-3)
    assert found["late", None]["peak"]["sad"] == {
        "value": pytest.approx(0.94, abs=1e-3),
        "time": 2.0,
        "track": 1,
    }
    # An edit keeps the ids of those that stay.
    kept = edited(api, film, segments=[{"name": "early", "start": 0, "end": 2}]).json()
    assert kept["timeline"]["segments"] == [early]


CUES = 'name,start,end\nThe joke,0:01.5,00:00:03.25\n\n"Logo, at last",62,1:02:03\n'


@pytest.mark.parametrize(
    "sheet",
    [
        CUES,
        CUES.replace("\n", "\r\n"),
        "\ufeff" + CUES,
        'The joke;1,5;3,25\n"Logo, at last";62;1:02:03',
        "The joke\t1.5\t3.25\nLogo, at last\t62\t3723",
    ],
)
def test_a_cue_sheet_becomes_segments(api: APIClient, film: Record, sheet: str) -> None:
    edited(api, film, segments=[{"name": "before", "start": 0, "end": 1}])

    response = api.generic(
        "POST", url(film, "segments/import/"), sheet.encode(), content_type="text/csv"
    )

    assert response.status_code == 200, response.content
    assert [
        (one["name"], one["start"], one["end"]) for one in response.json()["timeline"]["segments"]
    ] == [("The joke", 1.5, 3.25), ("Logo, at last", 62.0, 3723.0)]


@pytest.mark.parametrize(
    ("sheet", "line"),
    [
        (b"a,0,1\nb,2\n", 2),
        (b"a,0,1\nb,three,4\n", 2),
        (b"a,0,1\n\nb,5,4\n", 3),
        (b",0,1\n", 1),
        (b"a,nan,1\n", 1),
        (b"a,0,1e3\n", 1),
        (b"a,0,999999\n", 1),
        (b"\xff\xfe\x00", 0),
        (b"a,0,1\n" * 1001, 1001),
    ],
)
def test_a_cue_sheet_that_is_not_right_names_its_line(
    api: APIClient, film: Record, sheet: bytes, line: int
) -> None:
    response = api.generic("POST", url(film, "segments/import/"), sheet, content_type="text/csv")

    assert (response.status_code, response.json()["code"]) == (400, "cue_sheet_invalid")
    assert response.json()["line"] == line
    assert Timeline.objects.get(record=film).segments == []


# --- Downloads ---------------------------------------------------------------------------------


def test_downloads(api: APIClient, film: Record) -> None:
    tracks = [{"track": 1, "name": "=Ada"}, {"track": 2, "hidden": True}]
    edited(api, film, tracks=tracks, segments=[{"name": "joke", "start": 0, "end": 2}])

    rows = list(csv.DictReader(io.StringIO(downloaded(api, film, "samples.csv").decode()[1:])))
    assert len(rows) == 30
    assert (rows[0]["face"], rows[0]["name"], rows[0]["expression"]) == ("1", "'=Ada", "happy")
    columns = json.loads(downloaded(api, film, "samples.json"))["samples"]
    assert {len(column) for column in columns.values()} == {30}
    summary = list(csv.DictReader(io.StringIO(downloaded(api, film, "summary.csv").decode()[1:])))
    assert [(row["segment"], row["face"]) for row in summary] == [
        *(("", ""), ("", "1"), ("", "3")),
        *(("joke", ""), ("joke", "1")),
    ]
    captions = downloaded(api, film, "captions.vtt").decode()
    assert captions.startswith("WEBVTT\n")
    assert "=Ada: happy (94%)" in captions
    assert "neutral" not in captions
    root = ET.fromstring(downloaded(api, film, "elan.eaf"))
    assert [tier.get("TIER_ID") for tier in root.iter("TIER")] == ["=Ada", "face 3", "segments"]


def test_a_film_is_played_in_parts(api: APIClient, film: Record) -> None:
    def part(wanted: str, **headers: str) -> Any:
        return api.get(url(film, "original/"), headers={"Range": wanted, **headers})

    whole = api.get(url(film, "original/"))
    assert (whole.status_code, whole["Accept-Ranges"]) == (200, "bytes")
    assert whole["Content-Type"] == "video/mp4"
    assert b"".join(whole.streaming_content) == FILM
    for wanted, start, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=300-", 300, len(FILM)),
        ("bytes=-7", len(FILM) - 7, len(FILM)),
        ("bytes=10200-99999", 10200, len(FILM)),
    ):
        response = part(wanted)
        assert response.status_code == 206, wanted
        assert b"".join(response.streaming_content) == FILM[start:end]
        assert response["Content-Range"] == f"bytes {start}-{end - 1}/{len(FILM)}"
        assert response["Content-Length"] == str(end - start)
        assert response["X-Content-Type-Options"] == "nosniff"
    beyond = part("bytes=99999-")
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(FILM)}")
    for other in ("bytes=0-1,5-6", "bytes=9-3", "lines=1-2", "bytes=-"):
        assert part(other).status_code == 200, other
    assert part("bytes=0-99", **{"If-Range": whole["ETag"]}).status_code == 206
    assert part("bytes=0-99", **{"If-Range": '"older"'}).status_code == 200
