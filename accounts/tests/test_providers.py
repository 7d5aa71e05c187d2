"""Signing in through Google and GitHub; the providers are played at the level of HTTP."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from requests.adapters import BaseAdapter
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import ALLAUTH, errors_of
from conftest import client_of

ME = "/api/v1/me/"
REDIRECT = f"{ALLAUTH}/auth/provider/redirect"
APPS = {"client_id": "our-id", "secret": "our-secret"}


def jwt(claims: dict[str, Any]) -> str:
    parts = [{"alg": "RS256", "kid": "1"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([*(part.rstrip("=") for part in encoded), "c2ln"])


class Provider(BaseAdapter):
    """Answers what Google and GitHub answer, and keeps what they were asked."""

    def __init__(self) -> None:
        super().__init__()
        self.email = "ada@example.org"
        self.verified = True
        self.name = "Ada Lovelace"
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        self.asked.append(request)
        url = str(request.url).partition("?")[0]
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "application/json"
        response.request, response.url = request, url
        response._content = json.dumps(self.answers()[url]).encode()
        return response

    def close(self) -> None:
        pass

    def answers(self) -> dict[str, Any]:
        claims = {
            "iss": "https://accounts.google.com",
            "aud": "our-id",
            "exp": time.time() + 60,
            "sub": "108",
            "email": self.email,
            "email_verified": self.verified,
            "name": self.name,
            "given_name": self.name.partition(" ")[0],
            "family_name": self.name.partition(" ")[2],
        }
        person = {"id": 42, "login": "ada", "name": self.name, "email": None}
        emails = [{"email": self.email, "primary": True, "verified": self.verified}]
        return {
            "https://github.com/login/oauth/access_token": {"access_token": "t"},
            "https://api.github.com/user": person,
            "https://api.github.com/user/emails": emails,
            "https://oauth2.googleapis.com/token": {"access_token": "t", "id_token": jwt(claims)},
        }


@pytest.fixture
def provider(settings, db: None, monkeypatch: pytest.MonkeyPatch) -> Provider:
    settings.SOCIALACCOUNT_PROVIDERS = {
        name: {**values, "APPS": [APPS]}
        for name, values in django_settings.SOCIALACCOUNT_PROVIDERS.items()
    }
    played = Provider()

    def session(_self: object) -> requests.Session:
        made = requests.Session()
        made.mount("https://", played)
        return made

    monkeypatch.setattr(DefaultSocialAccountAdapter, "get_requests_session", session)
    return played


def leave(client: APIClient, name: str, process: str = "login") -> dict[str, list[str]]:
    """Go to the provider; returns what the address there asks for."""
    form = {"provider": name, "callback_url": "/records", "process": process}
    answer = client.post(REDIRECT, form, format="multipart")
    assert answer.status_code == 302, answer.content
    address = urlsplit(answer["Location"])
    assert address.hostname in {"accounts.google.com", "github.com"}
    return parse_qs(address.query)


def come_back(client: APIClient, name: str, **query: str):
    return client.get(f"/_allauth/{name}/login/callback/", query)


def go_through(client: APIClient, name: str, process: str = "login"):
    asked = leave(client, name, process)
    return come_back(client, name, code="a-code", state=asked["state"][0])


@pytest.mark.parametrize("name", ["google", "github"])
def test_a_stranger_gets_an_account_without_a_password(provider: Provider, name: str) -> None:
    client = APIClient()

    back = go_through(client, name)

    assert (back.status_code, back["Location"]) == (302, "/records")
    me = client.get(ME).json()
    assert me["display_name"] == "Ada Lovelace"
    assert (me["email"], me["email_verified"]) == ("ada@example.org", True)
    assert me["has_password"] is False
    assert len(me["username"]) >= 6
    assert me["username"] == me["username"].lower()

    again = APIClient()
    go_through(again, name)
    assert again.get(ME).json()["id"] == me["id"]
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_the_secret_goes_to_the_provider_alone(provider: Provider) -> None:
    client = APIClient()
    asked = leave(client, "github")

    assert asked["client_id"] == ["our-id"]
    assert asked["redirect_uri"] == ["http://testserver/_allauth/github/login/callback/"]
    assert asked["code_challenge_method"] == ["S256"]  # RFC 7636: a stolen code is no use
    assert "our-secret" not in json.dumps(asked)
    come_back(client, "github", code="a-code", state=asked["state"][0])
    token_request = provider.asked[0].body
    assert "our-secret" in str(token_request)
    assert "code_verifier" in str(token_request)


def test_an_account_is_connected_and_disconnected(
    provider: Provider, confirmed: APIClient, user: User
) -> None:
    go_through(confirmed, "github", "connect")
    assert SocialAccount.objects.get().user == user

    client = APIClient()
    go_through(client, "github")
    assert client.get(ME).json()["username"] == user.username

    account = {"provider": "github", "account": "42"}
    assert confirmed.delete(f"{ALLAUTH}/account/providers", account).status_code == 200
    assert not SocialAccount.objects.exists()


def test_the_only_way_in_is_not_given_away(provider: Provider) -> None:
    client = APIClient()
    go_through(client, "github")

    answer = client.delete(f"{ALLAUTH}/account/providers", {"provider": "github", "account": "42"})

    assert answer.status_code == 400
    assert [code for _, code in errors_of(answer)] == ["no_password"]
    assert SocialAccount.objects.exists()


def test_an_address_does_not_open_somebodys_account(provider: Provider, user: User) -> None:
    EmailAddress.objects.create(user=user, email=provider.email, verified=True, primary=True)
    client = APIClient()

    back = go_through(client, "google")

    assert back["Location"] == "/records?error=email_taken&error_process=login"
    assert client.get(ME).status_code == 401
    assert User.objects.count() == 1


@pytest.mark.parametrize("verified", [True, False])
def test_a_claimed_address_is_no_obstacle(provider: Provider, user: User, verified: bool) -> None:
    """Somebody wrote this address into their own account without being able to read its mail."""
    EmailAddress.objects.create(user=user, email=provider.email, primary=True)
    provider.verified = verified
    client = APIClient()

    go_through(client, "github")

    assert client.get(ME).json()["id"] != user.pk
    assert client.get(ME).json()["email_verified"] is verified


def test_a_name_that_is_taken_meanwhile_is_chosen_anew(
    provider: Provider, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts.adapters import AccountAdapter

    names = iter(["ada.lovelace", "ada.lovelace2"])
    monkeypatch.setattr(AccountAdapter, "generate_unique_username", lambda *_: next(names))
    make_user("Ada.Lovelace")
    client = APIClient()

    assert go_through(client, "google")["Location"] == "/records"
    assert client.get(ME).json()["username"] == "ada.lovelace2"


@pytest.mark.parametrize("query", [{"error": "access_denied"}, {"code": "x"}, {}])
def test_a_failure_leads_back_to_the_app(provider: Provider, query: dict[str, str]) -> None:
    client = APIClient()
    state = leave(client, "google")["state"][0]

    back = (
        come_back(client, "google", state=state, **query)
        if query.get("error")
        else (come_back(client, "google", state="forged", **query))
    )

    assert back.status_code == 302
    assert "error=" in back["Location"]
    assert urlsplit(back["Location"]).path in {"/records", "/sign-in"}
    assert client.get(ME).status_code == 401


def test_somebody_elses_return_signs_nobody_in(provider: Provider) -> None:
    """The state is bound to the browser that left: no sign-in can be planted on a victim."""
    state = leave(APIClient(), "github")["state"][0]
    victim = APIClient()

    come_back(victim, "github", code="a-code", state=state)

    assert victim.get(ME).status_code == 401


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_the_way_back_is_ours(provider: Provider, where: str) -> None:
    form = {"provider": "github", "callback_url": where, "process": "login"}

    answer = APIClient().post(REDIRECT, form, format="multipart")

    assert urlsplit(answer["Location"]).hostname in {None, "testserver"}
    assert "evil" not in answer["Location"]


def test_leaving_needs_the_csrf_token(provider: Provider) -> None:
    form = {"provider": "github", "callback_url": "/", "process": "login"}
    client = APIClient(enforce_csrf_checks=True)

    assert client.post(REDIRECT, form, format="multipart").status_code == 403


def test_only_what_is_configured_is_offered(provider: Provider, settings, user: User) -> None:
    def offered() -> list[dict[str, str]]:
        listed: list[dict[str, str]] = APIClient().get("/api/v1/config/").json()["providers"]
        return listed

    assert offered() == [{"id": "github", "name": "GitHub"}, {"id": "google", "name": "Google"}]

    values = settings.SOCIALACCOUNT_PROVIDERS
    settings.SOCIALACCOUNT_PROVIDERS = {**values, "google": {**values["google"], "APPS": []}}
    assert offered() == [{"id": "github", "name": "GitHub"}]
    form = {"provider": "google", "callback_url": "/", "process": "login"}
    for client in (APIClient(), client_of(user)):
        answer = client.post(REDIRECT, form, format="multipart")
        assert answer["Location"].startswith("http://testserver/sign-in?error=")
        assert come_back(client, "google", code="x", state="y").status_code == 404


SHOW = """
import json
from django.conf import settings
print(json.dumps({
    "form-action": settings.CONTENT_SECURITY_POLICY["form-action"],
    "apps": {k: v["APPS"] for k, v in settings.SOCIALACCOUNT_PROVIDERS.items()},
    "mail": settings.MAIL_REACHES_PEOPLE,
    "host": settings.EMAIL_HOST,
}))
"""


def shown(**variables: str) -> dict[str, Any]:
    """The settings of a fresh process with these variables; {} if it refuses to start."""
    names = ("CLIENT_ID", "CLIENT_SECRET", "EMAIL_URL")
    kept = {k: v for k, v in os.environ.items() if not k.endswith(names)}
    result = subprocess.run(
        [sys.executable, "-c", SHOW],
        env={**kept, "DJANGO_SETTINGS_MODULE": "ferproject.settings", **variables},
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return json.loads(result.stdout) if result.returncode == 0 else {}


def test_the_environment_decides() -> None:
    assert shown() == {
        "form-action": "'self'",
        "apps": {"google": [], "github": []},
        "mail": False,
        "host": None,
    }
    with_github = shown(
        GITHUB_CLIENT_ID="i", GITHUB_CLIENT_SECRET="s", EMAIL_URL="submission://u:p@mail.test"
    )
    assert with_github == {
        "form-action": "'self' https://github.com",
        "apps": {"google": [], "github": [{"client_id": "i", "secret": "s"}]},
        "mail": True,
        "host": "mail.test",
    }
    assert shown(GOOGLE_CLIENT_ID="i") == {}
    assert shown(EMAIL_URL="pigeon://post") == {}
