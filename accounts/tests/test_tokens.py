"""API tokens: made by people, used by programs."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from accounts.services import key_digest, token_create
from conftest import PASSWORD, client_of, post_pictures

TOKENS = "/api/v1/tokens/"


def program(key: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def key(user: User) -> str:
    return token_create(user=user, name="laptop")[1]


def test_the_key_is_shown_once_and_not_kept(api: APIClient, user: User) -> None:
    made = api.post(TOKENS, {"name": "  laptop  "})

    assert made.status_code == 201
    token = made.json()
    assert set(token) == {"id", "name", "hint", "created_at", "last_used_at", "key"}
    assert (token["name"], token["last_used_at"]) == ("laptop", None)
    assert token["key"].startswith(token["hint"])
    assert len(token["key"]) > 43  # 256 bits in base64, and the prefix
    listed = api.get(TOKENS).json()
    assert listed == [{field: token[field] for field in token if field != "key"}]
    row = ApiToken.objects.values().get()
    assert token["key"] not in json.dumps(row, default=str)
    assert row["digest"] == key_digest(token["key"])


def test_a_program_uses_it(key: str, user: User, portrait: bytes, run_jobs) -> None:
    client = program(key)

    assert client.get("/api/v1/me/").json()["username"] == user.username
    with run_jobs():
        sent = post_pictures(client, [("a.jpg", portrait)])  # without a CSRF token
    assert sent.status_code == 202
    record = client.get("/api/v1/records/").json()["results"][0]
    assert client.get(f"/api/v1/records/{record['id']}/original/").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer xlab_nobody-has-this",
        "Bearer {key}x",
        "Bearer {key} {key}",
        "Bearer {digest}",
        "Bearer ' OR 1=1 --",
        "bearer \u00e9\u00e9",
    ],
)
def test_other_keys_are_refused(key: str, api: APIClient, header: str) -> None:
    header = header.format(key=key, digest=key_digest(key))
    # The cookie of a session is no way around a key that was meant.
    for client in (APIClient(), api):
        answer = client.get("/api/v1/me/", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.json()["code"] == "authentication_failed"
        assert answer["WWW-Authenticate"] == "Bearer"


def test_other_schemes_are_not_ours(key: str, api: APIClient) -> None:
    basic = {"Authorization": f"Basic {key}"}

    assert APIClient(headers=basic).get("/api/v1/me/").status_code == 401
    assert api.get("/api/v1/me/", headers=basic).status_code == 200


def test_a_deleted_token_opens_nothing(key: str, api: APIClient) -> None:
    token = ApiToken.objects.get()

    assert api.delete(f"{TOKENS}{token.pk}/").status_code == 204
    assert program(key).get("/api/v1/me/").status_code == 401
    assert api.delete(f"{TOKENS}{token.pk}/").status_code == 404


def test_an_inactive_persons_token_opens_nothing(key: str, user: User) -> None:
    assert program(key).get("/api/v1/me/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert program(key).get("/api/v1/me/").status_code == 401


def test_a_token_neither_makes_nor_lists_nor_deletes_tokens(key: str) -> None:
    token = ApiToken.objects.get()
    client = program(key)

    for answer in (
        client.get(TOKENS),
        client.post(TOKENS, {"name": "child"}),
        client.delete(f"{TOKENS}{token.pk}/"),
    ):
        assert answer.status_code == 403
        assert answer.json()["code"] == "session_required"
    assert ApiToken.objects.get() == token


def test_a_token_changes_nothing_about_signing_in(key: str, user: User) -> None:
    client = program(key)
    allauth = "/_allauth/browser/v1"

    for path in ("account/email", "account/authenticators", "auth/sessions"):
        assert client.get(f"{allauth}/{path}").status_code == 401, path
    new = {"current_password": "x", "new_password": "correct horse battery 2"}
    assert client.post(f"{allauth}/account/password/change", new).status_code == 401


def test_a_session_token_of_a_program_may_make_tokens(user: User) -> None:
    from conftest import PASSWORD

    login = {"username": user.username, "password": PASSWORD}
    answer = APIClient().post("/_allauth/app/v1/auth/login", login).json()
    client = APIClient(headers={"X-Session-Token": answer["meta"]["session_token"]})

    assert client.post(TOKENS, {"name": "script"}).status_code == 201


def test_use_is_noted_once_a_minute(key: str, django_assert_num_queries) -> None:
    client = program(key)
    client.get("/api/v1/me/")
    first = ApiToken.objects.get().last_used_at
    assert timezone.now() - first < timedelta(seconds=10)

    client.get("/api/v1/me/")
    assert ApiToken.objects.get().last_used_at == first

    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    client.get("/api/v1/me/")
    assert ApiToken.objects.get().last_used_at > first


def test_there_is_a_limit_for_each_person(api: APIClient, other_user: User, settings) -> None:
    for number in range(20):
        assert api.post(TOKENS, {"name": f"token {number}"}).status_code == 201

    refused = api.post(TOKENS, {"name": "one more"})

    assert refused.status_code == 409
    assert refused.json()["code"] == "too_many_tokens"
    assert len(api.get(TOKENS).json()) == 20
    assert client_of(other_user).post(TOKENS, {"name": "first"}).status_code == 201


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (None, "required"),
        ("", "blank"),
        ("   ", "blank"),
        ("a" * 61, "max_length"),
        ("bell\x07", "name_has_control_characters"),
        (["a"], "invalid"),
    ],
)
def test_a_token_has_a_name(api: APIClient, name: object, code: str) -> None:
    answer = api.post(TOKENS, {} if name is None else {"name": name})

    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert not ApiToken.objects.exists()


def test_others_tokens_do_not_exist(key: str, other_user: User) -> None:
    stranger = client_of(other_user)

    assert stranger.get(TOKENS).json() == []
    assert stranger.delete(f"{TOKENS}{ApiToken.objects.get().pk}/").status_code == 404
    assert ApiToken.objects.exists()


def test_a_token_does_not_delete_the_account(user: User, key: str) -> None:
    answer = program(key).post("/api/v1/me/delete/", {"password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (403, "session_required")
    assert User.objects.filter(pk=user.pk).exists()
