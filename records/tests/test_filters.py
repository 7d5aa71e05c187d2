"""Searching, filtering, ordering and paging."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle, islice
from urllib.parse import quote, urlencode

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from records.models import Record, Tag
from records.names import folded, searchable
from records.ordering import ORDERS, RecordPages
from records.selectors import records_selected

RECORDS = "/api/v1/records/"


def names(api: APIClient, **params: object) -> list[str]:
    """The names that a list with these parameters holds, in alphabetical order."""
    response = api.get(RECORDS, params)
    assert response.status_code == 200, response.content
    return sorted(record["name"] for record in response.json()["results"])


def problem(api: APIClient, **params: object) -> tuple[int, str]:
    response = api.get(RECORDS, params)
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


# --- Search


SEARCHABLE = {
    "100% sure": "a.jpg",
    "100 sure": "under_score.jpg",
    'O\'Brien "Bob"': "b.jpg",
    "Beach 🏖️": "IMG_0001.jpeg",
    "Straße": "c.jpg",
    "ÄRGER": "d.jpg",
    "a\\b": "e.jpg",
    "Ｗｉｄｅ": "underscore.jpg",
    "海边的照片": "h.jpg",
}


@pytest.fixture
def searchable_records(user: User, make_record: Callable[..., Record]) -> None:
    for name, file_name in SEARCHABLE.items():
        make_record(user, name, file_name)


@pytest.fixture(params=[2000, 1], ids=["near", "far"])
def window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are found along their order, and pages that are found by their filters."""
    monkeypatch.setattr(RecordPages, "window", request.param)


@pytest.mark.usefixtures("window")
@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("%", ["100% sure"]),
        ("100%", ["100% sure"]),
        ("sure 100", ["100 sure", "100% sure"]),
        ("_", ["100 sure", "Beach 🏖️"]),
        ("under_score", ["100 sure"]),
        ("'", ['O\'Brien "Bob"']),
        ('"bob" o\'brien', ['O\'Brien "Bob"']),
        ("' OR 1=1 --", []),
        ("🏖️", ["Beach 🏖️"]),
        ("🦄", []),
        ("b", ['O\'Brien "Bob"', "Beach 🏖️", "a\\b"]),
        ("qx", []),
        ("rg", ["ÄRGER"]),
        ("e 🏖️ be", ["Beach 🏖️"]),
        ("边", ["海边的照片"]),
        ("海边", ["海边的照片"]),
        ("边海", []),
        ("hwi", []),  # the end of a name and the beginning of a file's do not make a word
        ("d.", ["ÄRGER"]),
        ("img_0001.JPEG", ["Beach 🏖️"]),
        ("strasse", ["Straße"]),
        ("STRASSE", ["Straße"]),
        ("ärger", ["ÄRGER"]),
        ("\\", ["a\\b"]),
        ("wide", ["Ｗｉｄｅ"]),
        ("beach nothing", []),
        ("   ", sorted(SEARCHABLE)),
        ("", sorted(SEARCHABLE)),
    ],
)
def test_each_word_is_searched_as_it_is(
    api: APIClient, searchable_records: None, search: str, found: list[str]
) -> None:
    assert names(api, search=search) == sorted(found)


def test_the_note_is_searched_too(api: APIClient, user: User, make_record) -> None:
    record = make_record(user, "Holiday")
    api.patch(f"{RECORDS}{record.pk}/", {"note": "At the\nLighthouse"})

    assert names(api, search="lighthouse holiday") == ["Holiday"]


@pytest.mark.usefixtures("window")
def test_others_are_not_found(api: APIClient, other_user: User, make_record) -> None:
    make_record(other_user, "Beach")

    assert names(api, search="beach") == []


# --- Filters


@pytest.fixture
def filterable(user: User, make_record: Callable[..., Record]) -> None:
    done = {"state": "done", "face_count": 1, "model_version": "1"}
    happy = make_record(user, "happy", expression="happy", probability=0.9, **done)
    sad = make_record(user, "sad", expression="sad", probability=0.5, uncertain=True, **done)
    make_record(
        user,
        "corrected",
        **{**done, "model_version": "2"},
        expression="fear",
        probability=0.7,
        corrected_expression="surprise",
        corrections=1,
    )
    make_record(user, "faceless", state="done", face_count=0, kind="photo", model_version="1")
    make_record(user, "queued", kind="live")
    make_record(user, "failed", state="failed", kind="video")
    beach, rain = (
        Tag.objects.create(owner=user, name=name, folded=folded(name)) for name in ("Beach", "Rain")
    )
    happy.tags.set([beach, rain])
    sad.tags.set([beach])


@pytest.mark.usefixtures("window")
@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"expression": "happy"}, ["happy"]),
        ({"expression": ["happy", "sad"]}, ["happy", "sad"]),
        ({"corrected_expression": "surprise"}, ["corrected"]),
        ({"corrected_expression": "fear"}, []),
        ({"corrected": "true"}, ["corrected"]),
        ({"corrected": "false"}, ["faceless", "failed", "happy", "queued", "sad"]),
        ({"probability_min": "0.7"}, ["corrected", "happy"]),
        ({"probability_max": "0.7"}, ["corrected", "sad"]),
        ({"probability_min": "0.6", "probability_max": "0.8"}, ["corrected"]),
        ({"kind": "photo"}, ["faceless"]),
        ({"kind": ["photo", "video", "live"]}, ["faceless", "failed", "queued"]),
        ({"kind": "practice"}, []),
        ({"tag": "beach"}, ["happy", "sad"]),
        ({"tag": ["BEACH", "rain"]}, ["happy"]),
        ({"tag": "snow"}, []),
        ({"tag": ["beach", "snow"]}, []),
        ({"model_version": "1"}, ["faceless", "happy", "sad"]),
        ({"model_version": ["1", "2"]}, ["corrected", "faceless", "happy", "sad"]),
        ({"uncertain": "true"}, ["sad"]),
        ({"uncertain": "false", "faces": "some"}, ["corrected", "happy"]),
        ({"faces": "none"}, ["faceless"]),
        ({"state": "failed"}, ["failed"]),
        ({"state": ["failed", "queued"]}, ["failed", "queued"]),
        ({"expression": "happy", "tag": "rain", "search": "HAPPY"}, ["happy"]),
        ({"expression": "happy", "uncertain": "true"}, []),
        ({"something_else": "1"}, ["corrected", "faceless", "failed", "happy", "queued", "sad"]),
    ],
)
def test_filters(api: APIClient, filterable: None, params: dict, found: list[str]) -> None:
    assert names(api, **params) == found


DAYS = {
    "old": datetime(2026, 3, 28, 22, 30, tzinfo=UTC),  # 23:30 in Berlin, in winter time
    "new": datetime(2026, 3, 29, 21, 30, tzinfo=UTC),  # 23:30 in Berlin, in summer time
    "next": datetime(2026, 3, 29, 22, 30, tzinfo=UTC),  # half past midnight there
}


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"created_from": "2026-03-29", "created_to": "2026-03-29"}, ["new", "next"]),
        (
            {"created_from": "2026-03-29", "created_to": "2026-03-29", "tz": "Europe/Berlin"},
            ["new"],
        ),
        ({"created_from": "2026-03-30", "tz": "Europe/Berlin"}, ["next"]),
        ({"created_to": "2026-03-28", "tz": "Asia/Shanghai"}, []),
        ({"created_from": "2026-03-29T21:30:00Z"}, ["new", "next"]),
        ({"created_to": "2026-03-29T21:30:00Z"}, ["old"]),
        ({"created_from": "2026-03-29T23:31:00", "tz": "Europe/Berlin"}, ["next"]),
        ({"created_from": "2026-03-29T23:30:00+02:00"}, ["new", "next"]),
    ],
)
def test_days_are_those_of_the_persons_zone(
    api: APIClient, user: User, make_record, params: dict, found: list[str]
) -> None:
    for name, created_at in DAYS.items():
        make_record(user, name, created_at=created_at)

    assert names(api, **params) == found


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"expression": "proud"}, "unknown_expression"),
        ({"expression": ["happy", "proud"]}, "unknown_expression"),
        ({"corrected_expression": "Happy"}, "unknown_expression"),
        ({"kind": "gif"}, "unknown_kind"),
        ({"state": "lost"}, "unknown_state"),
        ({"faces": "7"}, "unknown_value"),
        ({"corrected": "maybe"}, "invalid"),
        ({"uncertain": "1"}, "invalid"),
        ({"ordering": "owner"}, "unknown_ordering"),
        ({"ordering": "-created_at,name"}, "unknown_ordering"),
        ({"probability_min": "much"}, "invalid"),
        ({"probability_min": "NaN"}, "invalid"),
        ({"probability_min": "-0.1"}, "min_value"),
        ({"probability_max": "1.1"}, "max_value"),
        ({"probability_min": "0.9", "probability_max": "0.1"}, "range_reversed"),
        ({"created_from": "yesterday"}, "invalid_date"),
        ({"created_from": "2026-02-30"}, "invalid_date"),
        ({"created_to": "9999-12-31"}, "invalid_date"),
        ({"created_to": "0001-01-01T00:00:00+14:00"}, "invalid_date"),
        ({"created_from": "2026-03-02", "created_to": "2026-03-01"}, "range_reversed"),
        ({"tz": "Mars/Olympus"}, "unknown_time_zone"),
        ({"tz": "../../etc/passwd"}, "unknown_time_zone"),
        ({"tz": "Europe"}, "unknown_time_zone"),
        ({"search": "x" * 201}, "max_length"),
        ({"search": "a\0b"}, "null_characters_not_allowed"),
        ({"tag": "a\0b"}, "null_characters_not_allowed"),
        ({"model_version": "a\0b"}, "null_characters_not_allowed"),
        ({"kind": "gif", "state": "lost"}, "invalid"),
    ],
)
def test_what_cannot_be_understood_is_told(api: APIClient, params: dict, code: str) -> None:
    assert problem(api, **params) == (400, code)


def test_a_selection_elsewhere_is_the_lists(user: User, filterable: None) -> None:
    found = records_selected(user, {"expression": ["happy", "sad"], "ordering": "name"})

    assert [record.name for record in found] == ["happy", "sad"]


# --- Order and pages


@pytest.fixture
def many(user: User, make_record: Callable[..., Record]) -> list[Record]:
    """Records with equal names, equal and missing probabilities, made at two times."""
    times = [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)]
    kinds = zip(
        cycle(["b", "A", "a", "Ö", "🏖️", "it's \"%_\\"]),
        cycle([None, 0.5, 0.5, 0.9, 0.123456789012345]),
        cycle(times),
        strict=False,
    )
    return [
        make_record(user, name, probability=probability, created_at=created_at)
        for name, probability, created_at in islice(kinds, 37)
    ]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [5, 37])
def test_pages_forth_and_back_hold_each_record_once_and_in_order(
    api: APIClient, many: list[Record], order: str, size: int
) -> None:
    pages = []
    url: str | None = f"{RECORDS}?page_size={size}&ordering={order}"
    while url:
        last = url
        page = api.get(url).json()
        pages.append([record["id"] for record in page["results"]])
        url = page["next"]
    assert all(len(page) == size for page in pages[:-1])
    ids = [pk for page in pages for pk in page]
    assert sorted(ids) == sorted(str(record.pk) for record in many)

    expected = [str(record.pk) for record in ORDERS[order].apply(Record.objects.all())]
    assert ids == expected

    back = []
    url = last
    while url:
        page = api.get(url).json()
        back.append([record["id"] for record in page["results"]])
        url = page["previous"]
    assert [pk for page in reversed(back) for pk in page] == expected


FILTERS = [
    {"search": "ö"},
    {"tag": "odd"},
    {"probability_min": "0.5", "search": "jpg"},
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("window", [1, 10])
@pytest.mark.parametrize("params", FILTERS, ids=str)
def test_pages_of_a_selection_hold_each_record_once_and_in_order(
    api: APIClient,
    user: User,
    many: list[Record],
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    window: int,
    params: dict,
) -> None:
    monkeypatch.setattr(RecordPages, "window", window)
    tag = Tag.objects.create(owner=user, name="Odd", folded="odd")
    tag.records.add(*many[1::2])

    pages, url = [], f"{RECORDS}?{urlencode({**params, 'page_size': 8, 'ordering': order})}"
    while url:
        last, page = url, api.get(url).json()
        pages.append([record["id"] for record in page["results"]])
        url = page["next"]
    back, url = [], last
    while url:
        page = api.get(url).json()
        back.append([record["id"] for record in page["results"]])
        url = page["previous"]

    expected = ORDERS[order].apply(records_selected(user, params).order_by())
    ids = [str(record.pk) for record in expected]
    assert [pk for page in pages for pk in page] == ids
    assert [pk for page in reversed(back) for pk in page] == ids
    assert ids


def test_records_without_a_probability_come_last(api: APIClient, many: list[Record]) -> None:
    for order in ("probability", "-probability"):
        found = api.get(RECORDS, {"ordering": order, "page_size": 200}).json()["results"]
        values = [record["probability"] for record in found]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=order.startswith("-"))
        assert values == known + [None] * (37 - len(known))


def test_a_row_that_went_meanwhile_shifts_nothing(api: APIClient, many: list[Record]) -> None:
    first = api.get(RECORDS, {"page_size": 10, "ordering": "name"}).json()
    whole = api.get(RECORDS, {"page_size": 200, "ordering": "name"}).json()["results"]
    Record.objects.filter(pk__in=[record["id"] for record in first["results"]]).delete()

    second = api.get(first["next"]).json()

    assert second["results"] == whole[10:20]


def test_a_page_past_the_end_is_empty(api: APIClient, many: list[Record]) -> None:
    cursor = encoded(["-created_at", "1970-01-01T00:00:00+00:00", "0" * 32, 0])

    page = api.get(RECORDS, {"cursor": cursor}).json()

    assert (page["results"], page["next"]) == ([], None)


@pytest.mark.parametrize("size", ["0", "-1", "x", "1000000"])
def test_a_senseless_size_of_page_is_bounded(api: APIClient, many: list[Record], size: str) -> None:
    assert len(api.get(RECORDS, {"page_size": size}).json()["results"]) in {24, 37}


def encoded(token: object) -> str:
    return urlsafe_b64encode(json.dumps(token).encode()).decode()


TIME = "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("order", "cursor"),
    [
        ("-created_at", "nonsense"),
        ("-created_at", "é"),
        ("-created_at", urlsafe_b64encode(b"\xff\xfe").decode()),
        ("-created_at", encoded([])),
        ("-created_at", encoded({})),
        ("-created_at", encoded(["name", "a", "0" * 32, 0])),
        ("-created_at", encoded(["-created_at", "2026-01-01T00:00:00", "0" * 32, 0])),
        ("-created_at", encoded(["-created_at", "0001-01-01T00:00:00+14:00", "0" * 32, 0])),
        ("-created_at", encoded(["-created_at", 7, "0" * 32, 0])),
        ("-created_at", encoded(["-created_at", TIME, "x", 0])),
        ("-created_at", encoded(["-created_at", TIME, None, 0])),
        ("name", encoded(["name", None, "0" * 32, 0])),
        ("name", encoded(["name", "a\0b", "0" * 32, 0])),
        ("name", encoded(["name", "\ud800", "0" * 32, 0])),
        ("probability", encoded(["probability", "much", "0" * 32, 0])),
        ("probability", encoded(["probability", None, "0" * 32, 0])),
    ],
)
def test_a_cursor_of_no_page_is_told(api: APIClient, order: str, cursor: str) -> None:
    response = api.get(f"{RECORDS}?ordering={order}&cursor={quote(cursor)}")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_folding_is_stable() -> None:
    assert searchable("ẞ", "ﬁ", "Σς") == "ss\nfi\nσσ"
    for text in ("ϓ", "ﷺ", "Ǆ", "ᾳ", "İ"):
        assert folded(folded(text)) == folded(text)
