"""Signing up, in and out through allauth's headless endpoints, as the app does it."""

import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient

from accounts.adapters import AccountAdapter
from accounts.models import User
from conftest import PASSWORD

ALLAUTH = "/_allauth/browser/v1/auth/"


@pytest.fixture
def client(db: None) -> APIClient:
    return APIClient()


def sign_up(client: APIClient, username: str, password: str = PASSWORD):
    return client.post(f"{ALLAUTH}signup", {"username": username, "password": password})


def test_signing_up_signs_in(client: APIClient) -> None:
    response = sign_up(client, "ada.lovelace")

    assert response.status_code == 200
    assert client.get(f"{ALLAUTH}session").json()["data"]["user"]["username"] == "ada.lovelace"
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("username", "password", "field", "words"),
    [
        ("grace.hopper", PASSWORD, "username", "already"),
        ("GRACE.Hopper", PASSWORD, "username", "already"),
        ("short", PASSWORD, "username", "at least 6 characters"),
        ("ada.lovelace", "s3cret.", "password", "at least 8"),
        ("ada.lovelace", "password1", "password", "too common"),
        ("", PASSWORD, "username", "required"),
    ],
)
def test_each_fault_has_its_own_message(
    client: APIClient, other_user: User, username: str, password: str, field: str, words: str
) -> None:
    response = sign_up(client, username, password)

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["param"] == field
    assert words in error["message"]
    assert User.objects.count() == 1


def test_sign_in_and_out(client: APIClient, user: User) -> None:
    login = client.post(f"{ALLAUTH}login", {"username": user.username, "password": PASSWORD})
    assert login.status_code == 200
    assert client.get("/api/v1/records/").status_code == 200

    assert client.delete(f"{ALLAUTH}session").status_code == 401  # allauth's word for "signed out"
    assert client.get("/api/v1/records/").status_code == 401


@pytest.mark.parametrize("username", ["ada.lovelace", "nobody.at.all"])
def test_a_wrong_password_and_an_unknown_name_read_the_same(
    client: APIClient, user: User, username: str
) -> None:
    response = client.post(f"{ALLAUTH}login", {"username": username, "password": "wrong wrong"})

    assert response.status_code == 400
    assert [error["code"] for error in response.json()["errors"]] == ["username_password_mismatch"]


def test_failed_sign_ins_are_throttled(client: APIClient, user: User, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/m/ip,3/m/key"}
    wrong = {"username": user.username, "password": "wrong wrong"}

    answers = [client.post(f"{ALLAUTH}login", wrong) for _ in range(5)]

    assert [answer.status_code for answer in answers[:3]] == [400] * 3
    assert answers[-1].status_code in {400, 429}
    right = client.post(f"{ALLAUTH}login", {**wrong, "password": PASSWORD})
    assert right.status_code != 200


def test_programs_sign_in_with_a_session_token(client: APIClient, user: User) -> None:
    credentials = {"username": user.username, "password": PASSWORD}
    login = client.post("/_allauth/app/v1/auth/login", credentials)
    token = login.json()["meta"]["session_token"]

    answer = APIClient().get("/api/v1/records/", headers={"X-Session-Token": token})

    assert answer.status_code == 200


def test_unsafe_requests_of_a_browser_need_the_csrf_token(user: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    response = client.post("/api/v1/recognitions/", {}, format="multipart")

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"


def test_limits_are_settings(client: APIClient) -> None:
    limits = client.get("/api/v1/config/").json()["limits"]

    assert (limits["username_min_length"], limits["password_min_length"]) == (6, 8)


@pytest.mark.parametrize("rival", ["ada.lovelace", "Ada.Lovelace"])
def test_a_name_that_is_taken_in_the_same_instant_is_a_taken_name(
    client: APIClient, make_user, monkeypatch: pytest.MonkeyPatch, rival: str
) -> None:
    """After it was found free and before it is written; the real race is in tests/."""
    make_user("grace.hopper")
    taken = sign_up(client, "grace.hopper")
    save = AccountAdapter.save_user

    def take_it_first(self, *args, **kwargs) -> User:
        make_user(rival)
        return save(self, *args, **kwargs)

    monkeypatch.setattr(AccountAdapter, "save_user", take_it_first)
    raced = sign_up(client, "ada.lovelace")

    assert (raced.status_code, raced.json()) == (taken.status_code, taken.json())
    assert User.objects.filter(username__iexact="ada.lovelace").count() == 1
    assert client.get("/api/v1/me/").status_code == 401


def test_the_database_holds_one_name_in_any_case(make_user) -> None:
    make_user("Ada.Lovelace")

    with pytest.raises(IntegrityError):
        make_user("ada.lovelace")
