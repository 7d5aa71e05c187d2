"""What records show in sum."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from records.models import Face
from records.tests.factories import NOON, make_record

URL = "/api/v1/records/statistics/"


def test_shares_count_a_corrected_face_as_what_the_person_said(api: APIClient, user: User) -> None:
    make_record(user, [("happy", 0.9), ("happy", 0.7), ("sad", 0.6)])
    face = Face.objects.get(expression="sad")
    face.corrected_expression = "angry"
    face.save()

    answer = api.get(URL).json()

    assert (answer["records"], answer["faces"]) == (1, 3)
    shares = {row["expression"]: row for row in answer["expressions"]}
    assert shares["happy"]["share"] == pytest.approx(2 / 3)
    assert shares["happy"]["mean_probability"] == pytest.approx(0.8)
    assert (shares["sad"]["faces"], shares["angry"]["faces"]) == (0, 1)
    assert answer["mean_probability"] == pytest.approx((0.9 + 0.7 + 0.6) / 3)
    assert sum(row["share"] for row in answer["expressions"]) == pytest.approx(1)


def test_corrections_against_answers(api: APIClient, user: User) -> None:
    make_record(user, [("happy", 0.9), ("happy", 0.8), ("sad", 0.6)])
    Face.objects.filter(expression="happy").update(corrected_expression="happy")
    Face.objects.filter(expression="sad").update(corrected_expression="fear")

    corrections = api.get(URL).json()["corrections"]

    assert (corrections["corrected"], corrections["agreeing"]) == (3, 2)
    assert corrections["matrix"]["sad"]["fear"] == 1
    assert corrections["matrix"]["happy"]["happy"] == 2


def test_days_hours_and_weekdays_are_those_of_the_zone(api: APIClient, user: User) -> None:
    make_record(user, [("happy", 0.9)], at=NOON.replace(hour=23, minute=30))
    make_record(user, [("sad", 0.9)], at=NOON - timedelta(days=7))

    utc = api.get(URL).json()
    berlin = api.get(URL, {"tz": "Europe/Berlin"}).json()

    assert [day["date"] for day in utc["days"]] == ["2026-02-23", "2026-03-02"]
    assert [day["date"] for day in berlin["days"]] == ["2026-02-23", "2026-03-03"]
    assert utc["hours"][23]["counts"]["happy"] == 1
    assert berlin["hours"][0]["counts"]["happy"] == 1
    assert (len(utc["hours"]), len(utc["weekdays"])) == (24, 7)
    assert utc["weekdays"][0] == {
        "weekday": 1,
        "faces": 2,
        "counts": utc["weekdays"][0]["counts"],
    }
    assert berlin["weekdays"][1]["counts"]["happy"] == 1


def test_the_lists_filters_apply(api: APIClient, user: User) -> None:
    make_record(user, [("happy", 0.9)])
    make_record(user, [("sad", 0.6)])

    answer = api.get(URL, {"expression": "sad"}).json()

    assert (answer["records"], answer["faces"]) == (1, 1)


def test_nothing_to_count(api: APIClient, other_user: User) -> None:
    make_record(other_user, [("happy", 0.9)])

    answer = api.get(URL).json()

    assert (answer["records"], answer["faces"], answer["mean_probability"]) == (0, 0, None)
    assert {row["share"] for row in answer["expressions"]} == {0.0}


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "a" * 500])
def test_an_unknown_time_zone(api: APIClient, zone: str) -> None:
    answer = api.get(URL, {"tz": zone})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_time_zone")


def test_a_tag_of_nobody_leaves_nothing_to_count(api: APIClient, user: User) -> None:
    make_record(user, [("happy", 0.9)])

    answer = api.get(URL, {"tag": "nosuch"})

    assert answer.status_code == 200
    assert (answer.json()["records"], answer.json()["faces"], answer.json()["days"]) == (0, 0, [])
    assert {row["share"] for row in answer.json()["expressions"]} == {0.0}
