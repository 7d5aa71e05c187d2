"""Correcting what a face shows, beside the machine's answer."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from records.models import Face, Record
from records.tests.recognized import face_result, recognize


@pytest.fixture
def record(user: User, make_record) -> Record:
    return recognize(
        make_record(user),
        face_result("happy", 0.9, (0, 0, 100, 100)),
        face_result("sad", 0.6, (200, 0, 100, 100)),
    )


def correct(api: APIClient, face: Face, expression: object):
    return api.put(f"/api/v1/faces/{face.pk}/correction/", {"expression": expression})


def detail(api: APIClient, record: Record) -> dict:
    return api.get(f"/api/v1/records/{record.pk}/").json()


def test_the_machines_answer_stays_beside_it(api: APIClient, user: User, record: Record) -> None:
    strongest, other = record.faces.all()

    answer = correct(api, strongest, "surprise").json()

    assert (answer["expression"], answer["probability"]) == ("happy", 0.9)
    assert answer["correction"]["expression"] == "surprise"
    assert answer["correction"]["by"] == user.username
    assert answer["correction"]["at"]
    shown = detail(api, record)
    assert (shown["expression"], shown["corrected_expression"]) == ("happy", "surprise")
    assert shown["corrections"] == 1
    assert [face["correction"] for face in shown["faces"]] == [answer["correction"], None]
    correct(api, other, "neutral")
    shown = detail(api, record)
    assert (shown["corrected_expression"], shown["corrections"]) == ("surprise", 2)


def test_a_correction_of_another_face_is_not_the_records(api: APIClient, record: Record) -> None:
    correct(api, record.faces.get(index=1), "neutral")

    shown = detail(api, record)
    assert (shown["corrected_expression"], shown["corrections"]) == (None, 1)


def test_undo(api: APIClient, record: Record) -> None:
    face = record.faces.get(index=0)
    correct(api, face, "surprise")
    url = f"/api/v1/faces/{face.pk}/correction/"

    assert api.delete(url).status_code == 204

    shown = detail(api, record)
    assert (shown["corrected_expression"], shown["corrections"]) == (None, 0)
    assert shown["faces"][0]["correction"] is None
    face.refresh_from_db()
    assert (face.corrected_by, face.corrected_at) == (None, None)
    assert api.delete(url).status_code == 204  # twice is as good as once


def test_agreeing_with_the_machine_counts(api: APIClient, record: Record) -> None:
    correct(api, record.faces.get(index=0), "happy")

    assert detail(api, record)["corrected_expression"] == "happy"
    found = api.get("/api/v1/records/?corrected=true&corrected_expression=happy").json()
    assert len(found["results"]) == 1


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("proud", "unknown_expression"),
        ("HAPPY", "unknown_expression"),
        ("", "blank"),
        (None, "null"),
        (["happy"], "invalid"),
    ],
)
def test_an_expression_that_does_not_exist_is_told(
    api: APIClient, record: Record, expression: object, code: str
) -> None:
    response = correct(api, record.faces.get(index=0), expression)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Face.objects.exclude(corrected_expression="").exists()


def test_corrections_stay_with_faces_that_are_found_again(api: APIClient, record: Record) -> None:
    for face, expression in zip(record.faces.all(), ("surprise", "neutral"), strict=True):
        correct(api, face, expression)

    # The first moved a little (IoU 0.68), the second far (0.43): nobody can say it is the same.
    recognize(
        record,
        face_result("sad", 0.8, (200, 40, 100, 100)),
        face_result("angry", 0.7, (10, 10, 100, 100)),
        version="2",
    )

    shown = detail(api, record)
    assert [face["expression"] for face in shown["faces"]] == ["sad", "angry"]
    kept = [face["correction"] and face["correction"]["expression"] for face in shown["faces"]]
    assert kept == [None, "surprise"]
    assert (shown["corrections"], shown["corrected_expression"]) == (1, None)


def test_a_correction_goes_to_one_face_only(api: APIClient, record: Record) -> None:
    correct(api, record.faces.get(index=0), "surprise")

    recognize(
        record,
        face_result("sad", 0.8, (20, 0, 100, 100)),
        face_result("happy", 0.7, (5, 0, 100, 100)),
    )

    kept = record.faces.order_by("index").values_list("corrected_expression", flat=True)
    assert list(kept) == ["", "surprise"]


def test_a_face_that_was_replaced_meanwhile_is_told(api: APIClient, record: Record) -> None:
    face = record.faces.get(index=0)
    recognize(record, face_result("sad"))

    response = correct(api, face, "happy")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_whose_correction_it_was_may_be_forgotten(
    api: APIClient, record: Record, other_user: User
) -> None:
    correct(api, record.faces.get(index=0), "surprise")
    Face.objects.update(corrected_by=other_user)
    other_user.delete()

    assert detail(api, record)["faces"][0]["correction"]["by"] is None
