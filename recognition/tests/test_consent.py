"""Agreeing to the notice, by version and date, and taking it back."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Consent, User
from conftest import client_of, post_pictures, stored_files

URL = "/api/v1/consent/"


@pytest.fixture
def newcomer(make_user) -> User:
    return make_user("new.comer", consents=False)


@pytest.fixture
def client(newcomer: User) -> APIClient:
    return client_of(newcomer)


def version_of(client: APIClient) -> str:
    return client.get(URL).json()["required_version"]


def upload_code(client: APIClient) -> str:
    """What an upload without a picture is told first."""
    return post_pictures(client, []).json()["code"]


def test_without_consent_no_picture_is_taken(client: APIClient, portrait: bytes) -> None:
    response = post_pictures(client, [("a.jpg", portrait)])

    assert (response.status_code, response.json()["code"]) == (403, "consent_missing")
    assert stored_files() == set()


def test_giving_and_withdrawing(client: APIClient, newcomer: User) -> None:
    before = client.get(URL).json()
    assert (before["given"], before["history"]) == (None, [])
    assert before["text_id"] == f"notice-{before['required_version']}"
    assert client.get("/api/v1/config/").json()["consent_version"] == before["required_version"]

    given = client.post(URL, {"version": before["required_version"]})

    assert given.status_code == 201
    assert given.json()["given"]["version"] == before["required_version"]
    assert given.json()["given"]["given_at"]
    assert upload_code(client) == "no_file"  # one step further than before
    again = client.post(URL, {"version": before["required_version"]})
    assert (again.status_code, again.json()["given"]) == (200, given.json()["given"])
    assert Consent.objects.filter(user=newcomer).count() == 1

    assert client.delete(URL).status_code == 204
    after = client.get(URL).json()
    assert after["given"] is None
    assert [bool(entry["withdrawn_at"]) for entry in after["history"]] == [True]
    assert upload_code(client) == "consent_missing"

    client.post(URL, {"version": before["required_version"]})
    assert upload_code(client) == "no_file"
    assert len(client.get(URL).json()["history"]) == 2  # what was, stays as it was


def test_a_new_notice_asks_anew(client: APIClient, settings) -> None:
    old = version_of(client)
    client.post(URL, {"version": old})
    settings.CONSENT_VERSION = "2031-01-01"

    assert client.get(URL).json()["given"] is None
    assert upload_code(client) == "consent_missing"
    outdated = client.post(URL, {"version": old})
    assert (outdated.status_code, outdated.json()["code"]) == (400, "consent_outdated")

    assert client.post(URL, {"version": "2031-01-01"}).status_code == 201
    assert upload_code(client) == "no_file"


def test_a_version_must_be_named(client: APIClient) -> None:
    assert client.post(URL, {}).json()["code"] == "required"
    assert not Consent.objects.exists()


def test_anothers_consent_counts_for_nobody_else(client: APIClient, user: User) -> None:
    assert upload_code(client_of(user)) == "no_file"
    assert upload_code(client) == "consent_missing"
    client_of(user).delete(URL)
    assert client.delete(URL).status_code == 204  # nothing to take back
    assert Consent.objects.filter(withdrawn_at=None).count() == 0
