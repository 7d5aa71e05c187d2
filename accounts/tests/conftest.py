"""Clients as the app and programs are, and the mails that they cause."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from rest_framework.test import APIClient

from accounts.models import User
from conftest import PASSWORD

ALLAUTH = "/_allauth/browser/v1"


@pytest.fixture
def browser(user: User) -> APIClient:
    """Signed in as `user` by password, as the app does it."""
    return signed_in(user)


def signed_in(user: User, password: str = PASSWORD, **headers: str) -> APIClient:
    client = APIClient(**headers)
    credentials = {"username": user.username, "password": password}
    assert client.post(f"{ALLAUTH}/auth/login", credentials).status_code == 200
    return client


@pytest.fixture
def confirmed(browser: APIClient) -> APIClient:
    """The same, who just typed the password again, as changes of the way in ask for."""
    answer = browser.post(f"{ALLAUTH}/auth/reauthenticate", {"password": PASSWORD})
    assert answer.status_code == 200
    return browser


@pytest.fixture
def mails(db: None, run_jobs: Callable) -> Callable:
    """A context that gives the mails that were sent in it, once it is over."""

    @contextmanager
    def collect() -> Iterator[list[EmailMessage]]:
        mail.outbox.clear()
        sent: list[EmailMessage] = []
        with run_jobs():
            yield sent
        sent += mail.outbox

    return collect


def errors_of(answer) -> list[tuple[str | None, str]]:
    """allauth's errors, as (field, code)."""
    return [(error.get("param"), error["code"]) for error in answer.json()["errors"]]
