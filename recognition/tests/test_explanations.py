"""What an answer rests on, asked for over the API."""

from collections.abc import Callable

import numpy as np
import pytest
from django.core.files.storage import default_storage
from kombu.exceptions import OperationalError
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of
from mlcore.labels import EXPRESSIONS
from recognition import pipeline, tasks
from records.models import Face
from records.services import face_store_explanation


@pytest.fixture
def face(api: APIClient, portrait: bytes, upload: Callable) -> Face:
    return upload(api, portrait).record.faces.get()


@pytest.fixture
def address(face: Face) -> str:
    return f"/api/v1/faces/{face.pk}/explanation/"


@pytest.fixture
def explained(api: APIClient, address: str, run_jobs: Callable) -> str:
    """The address of an explanation that is worked out."""
    with run_jobs():
        response = api.post(address)
    assert (response.status_code, response.json()) == (202, {"state": "queued"})
    return address


def test_the_smile_rests_on_the_mouth(api: APIClient, explained: str, face: Face) -> None:
    answer = api.get(explained).json()

    assert answer["expression"] == face.expression == "happy"
    assert answer["method"] == "occlusion"
    assert f"{answer['model_name']} {answer['model_version']}" == str(
        f"{face.record.model_name} {face.record.model_version}"
    )
    assert answer["probability"] == pytest.approx(face.probability, abs=0.1)
    values = answer["values"]
    assert [len(row) for row in values] == [answer["columns"]] * answer["rows"]
    largest = max(max(row) for row in values)
    (place,) = [number for number, row in enumerate(values) if largest in row]
    assert largest > 0.1
    assert 0.5 <= place / answer["rows"] < 0.85


def test_one_run_serves_all_expressions(api: APIClient, explained: str) -> None:
    answers = [api.get(explained, {"expression": name}).json() for name in EXPRESSIONS]

    assert [answer["expression"] for answer in answers] == list(EXPRESSIONS)
    assert sum(answer["probability"] for answer in answers) == pytest.approx(1, abs=1e-3)
    sums = np.sum([answer["values"] for answer in answers], axis=0)
    assert np.abs(sums).max() < 2e-3  # what one loses the others win


def test_asking_again_answers_at_once(
    api: APIClient, explained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.explain_face, "delay", None)

    response = api.post(explained, query_params={"expression": "sad"})

    assert response.status_code == 200
    assert response.json() == api.get(explained, {"expression": "sad"}).json()


def test_without_being_asked_for_it_is_missing(api: APIClient, address: str) -> None:
    response = api.get(address)

    assert (response.status_code, response.json()["code"]) == (404, "explanation_missing")
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_expression_is_told(api: APIClient, address: str, method: str) -> None:
    response = getattr(api, method)(address, query_params={"expression": "proud"})

    assert (response.status_code, response.json()["code"]) == (400, "unknown_expression")


@pytest.mark.parametrize("method", ["get", "post"])
def test_others_faces_do_not_exist(explained: str, other_user: User, method: str) -> None:
    response = getattr(client_of(other_user), method)(explained)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_an_older_models_is_shown_and_made_anew_on_demand(
    api: APIClient, explained: str, face: Face, run_jobs: Callable
) -> None:
    face.refresh_from_db()
    current = face.explanation
    face_store_explanation(face=face, explanation={**current, "model_version": "2020.01.01-0"})
    assert api.get(explained).json()["model_version"] == "2020.01.01-0"

    with run_jobs():
        assert api.post(explained).status_code == 202
        waiting = api.get(explained)
    assert (waiting.status_code, waiting.json()) == (202, {"state": "queued"})
    assert api.get(explained).json()["model_version"] == current["model_version"]


def test_a_lost_bell_is_rung_by_asking_again(
    api: APIClient, address: str, run_jobs: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(face_id: str) -> None:
        raise OperationalError("no broker")

    with monkeypatch.context() as patch, run_jobs():
        patch.setattr(tasks.explain_face, "delay", broken)
        assert api.post(address).status_code == 202
    assert api.get(address).status_code == 202

    with run_jobs():
        assert api.post(address).status_code == 202
    assert api.get(address).status_code == 200


def test_a_failure_is_told_and_may_be_tried_again(
    api: APIClient,
    address: str,
    face: Face,
    run_jobs: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*, face: Face) -> dict:
        raise RuntimeError("a secret of the server's")

    with monkeypatch.context() as patch, run_jobs():
        patch.setattr(pipeline, "explain", fail)
        api.post(address)
    response = api.get(address)
    assert (response.status_code, response.json()["code"]) == (409, "explanation_failed")
    assert "secret" not in response.json()["detail"]

    with run_jobs():
        assert api.post(address).status_code == 202
    assert api.get(address).status_code == 200


def test_a_crop_that_is_gone_is_told(
    api: APIClient, address: str, face: Face, run_jobs: Callable
) -> None:
    default_storage.delete(face.crop.name)

    with run_jobs():
        api.post(address)

    response = api.get(address).json()
    assert response["code"] == "explanation_failed"
    assert response["detail"] == "The face's crop is no longer there."


def test_a_face_that_was_deleted_meanwhile(api: APIClient, address: str, face: Face) -> None:
    face.record.delete()

    tasks.explain_face(str(face.pk))

    assert not Face.objects.exists()
    assert api.get(address).json()["code"] == "not_found"


def test_a_record_does_not_carry_its_explanations(
    api: APIClient, explained: str, face: Face, django_assert_max_num_queries: Callable
) -> None:
    with django_assert_max_num_queries(5):
        record = api.get(f"/api/v1/records/{face.record_id}/").json()

    assert "explanation" not in record["faces"][0]
