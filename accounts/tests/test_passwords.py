"""Changing a password, and setting a forgotten one anew."""

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import ALLAUTH, errors_of, signed_in
from conftest import PASSWORD

CHANGE = f"{ALLAUTH}/account/password/change"
REQUEST = f"{ALLAUTH}/auth/password/request"
RESET = f"{ALLAUTH}/auth/password/reset"
NEW = "another horse battery"


def change(client: APIClient, old: str, new: str = NEW):
    return client.post(CHANGE, {"current_password": old, "new_password": new})


def test_a_password_is_changed(browser: APIClient, user: User) -> None:
    elsewhere = signed_in(user)

    assert change(browser, PASSWORD).status_code == 200

    assert browser.get("/api/v1/me/").status_code == 200  # still signed in here
    assert elsewhere.get("/api/v1/me/").status_code == 401  # and nowhere else
    old = {"username": user.username, "password": PASSWORD}
    assert APIClient().post(f"{ALLAUTH}/auth/login", old).status_code == 400
    signed_in(user, NEW)


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        ("wrong wrong", NEW, ("current_password", "enter_current_password"), "not your current"),
        ("", NEW, ("current_password", "required"), "required"),
        (PASSWORD, "s3cret.", ("new_password", "password_too_short"), "at least 8"),
        (PASSWORD, "password1", ("new_password", "password_too_common"), "too common"),
        (PASSWORD, "ada.lovelace", ("new_password", "password_too_similar"), "too similar"),
        (PASSWORD, "", ("new_password", "required"), "required"),
    ],
)
def test_each_fault_has_its_own_message(
    browser: APIClient, user: User, old: str, new: str, error: tuple[str, str], words: str
) -> None:
    answer = change(browser, old, new)

    assert answer.status_code == 400
    assert errors_of(answer) == [error]
    assert words in answer.json()["errors"][0]["message"]
    signed_in(user)


def test_nobody_changes_a_password_without_signing_in(user: User) -> None:
    assert change(APIClient(), PASSWORD).status_code == 401


@pytest.fixture
def reachable(user: User) -> User:
    EmailAddress.objects.create(user=user, email="ada@example.org", verified=True, primary=True)
    return user


def key_in(body: str) -> str:
    found = re.search(r"http://testserver/reset-password/(\S+)", body)
    assert found, body
    return found.group(1)


def test_a_forgotten_password_is_set_anew(reachable: User, mails: Callable) -> None:
    elsewhere = signed_in(reachable)
    client = APIClient()
    with mails() as sent:
        asked = client.post(REQUEST, {"email": "Ada@example.org"})
    assert asked.status_code == 200
    (message,) = sent
    assert message.to == ["ada@example.org"]
    assert message.subject == "Expression Lab: Set a new password"
    assert "ada.lovelace" in message.body
    assert "Expression Lab" in message.body
    assert "&" not in message.body  # it is text, not HTML
    key = key_in(message.body)

    short = client.post(RESET, {"key": key, "password": "s3cret."})
    assert errors_of(short) == [("password", "password_too_short")]
    with mails() as notices:
        done = client.post(RESET, {"key": key, "password": NEW})

    assert done.status_code == 401  # allauth's word for: now sign in
    assert elsewhere.get("/api/v1/me/").status_code == 401
    assert [notice.subject for notice in notices] == ["Expression Lab: Your password was set anew"]
    signed_in(reachable, NEW)
    again = client.post(RESET, {"key": key, "password": PASSWORD})
    assert errors_of(again) == [("key", "invalid_password_reset")]
    signed_in(reachable, NEW)


@pytest.mark.parametrize("key", ["", "nonsense", "1-nonsense", "zzzzzzzzzz-abc-def", "1-\x00"])
def test_a_made_up_key_sets_nothing(reachable: User, key: str) -> None:
    answer = APIClient().post(RESET, {"key": key, "password": NEW})

    assert answer.status_code == 400
    assert {field for field, _ in errors_of(answer)} == {"key"}
    signed_in(reachable)


def test_a_request_for_an_unknown_address_reads_the_same(reachable: User, mails: Callable) -> None:
    answers, receivers = [], []
    for email in ("ada@example.org", "nobody@example.org"):
        with mails() as sent:
            answers.append(APIClient().post(REQUEST, {"email": email}))
        receivers.append([message.to for message in sent])

    known, unknown = answers
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert known.headers.keys() == unknown.headers.keys()
    # Each is told the truth where only the owner of the address reads it.
    assert receivers == [[["ada@example.org"]], [["nobody@example.org"]]]


def test_an_answer_does_not_wait_for_the_mail(
    reachable: User, monkeypatch: pytest.MonkeyPatch, mails: Callable
) -> None:
    """Nor does it tell by a mail server's failure that there was somebody to write to."""
    sent = []
    monkeypatch.setattr("accounts.tasks.send_mail.delay", lambda **fields: sent.append(fields))
    for email in ("ada@example.org", "nobody@example.org"):
        with mails():
            assert APIClient().post(REQUEST, {"email": email}).status_code == 200

    assert [fields["to"] for fields in sent] == [["ada@example.org"], ["nobody@example.org"]]
    assert mail.outbox == []


@pytest.mark.parametrize("failure", [OSError("the broker is away")])
def test_without_a_broker_the_mail_is_sent_at_once(
    reachable: User, monkeypatch: pytest.MonkeyPatch, mails: Callable, failure: Exception
) -> None:
    def fail(**_: object) -> None:
        raise failure

    monkeypatch.setattr("accounts.tasks.send_mail.delay", fail)
    with mails() as sent:
        assert APIClient().post(REQUEST, {"email": "ada@example.org"}).status_code == 200
    assert len(sent) == 1

    monkeypatch.setattr("accounts.tasks.send_mail.run", fail)
    with mails() as sent:
        assert APIClient().post(REQUEST, {"email": "ada@example.org"}).status_code == 200
    assert sent == []


def test_inactive_people_get_no_key(reachable: User, mails: Callable) -> None:
    User.objects.update(is_active=False)

    with mails() as sent:
        APIClient().post(REQUEST, {"email": "ada@example.org"})

    assert not any("reset-password/" in message.body for message in sent)


def test_whoever_has_no_password_sets_one_without_an_old_one(user: User) -> None:
    from conftest import client_of

    user.set_unusable_password()
    user.save()
    client = client_of(user)

    assert client.post(CHANGE, {"new_password": NEW}).status_code == 200
    signed_in(user, NEW)
