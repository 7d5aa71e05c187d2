"""Mail addresses: added, verified, made primary, removed; never a condition for signing in."""

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from django.utils import translation
from rest_framework.test import APIClient

from accounts.adapters import AccountAdapter
from accounts.models import User
from accounts.tests.conftest import ALLAUTH, errors_of, signed_in
from conftest import PASSWORD

EMAIL = f"{ALLAUTH}/account/email"
VERIFY = f"{ALLAUTH}/auth/email/verify"
ADA = "ada@example.org"


def listed(client: APIClient) -> list[tuple[str, bool, bool]]:
    data = client.get(EMAIL).json()["data"]
    return [(row["email"], row["verified"], row["primary"]) for row in data]


def verify_key(messages: list) -> str:
    found = re.search(r"http://testserver/verify-email/(\S+)", messages[0].body)
    assert found, messages[0].body
    return unquote(found.group(1))


def test_an_address_is_added_and_verified(confirmed: APIClient, mails: Callable) -> None:
    with mails() as sent:
        assert confirmed.post(EMAIL, {"email": ADA}).status_code == 200
    assert listed(confirmed) == [(ADA, False, False)]
    assert [message.to for message in sent] == [[ADA]]
    assert sent[0].subject == "Expression Lab: Verify your e-mail address"

    key = verify_key(sent)
    opened = APIClient().get(VERIFY, headers={"X-Email-Verification-Key": key})
    assert opened.json()["data"]["email"] == ADA
    done = APIClient().post(VERIFY, {"key": key})  # on another device
    assert done.status_code == 401  # verified, and nobody is signed in by that

    assert listed(confirmed) == [(ADA, True, True)]
    me = confirmed.get("/api/v1/me/").json()
    assert (me["email"], me["email_verified"]) == (ADA, True)


@pytest.mark.parametrize("key", ["", "nonsense", "MQ:1:abc"])
def test_a_made_up_key_verifies_nothing(user: User, key: str) -> None:
    EmailAddress.objects.create(user=user, email=ADA)

    assert APIClient().post(VERIFY, {"key": key}).status_code == 400
    assert not EmailAddress.objects.get().verified


def test_addresses_are_changed_and_removed(
    confirmed: APIClient, user: User, mails: Callable
) -> None:
    EmailAddress.objects.create(user=user, email="old@example.org", verified=True, primary=True)
    EmailAddress.objects.create(user=user, email=ADA, verified=True)

    with mails() as sent:
        assert confirmed.patch(EMAIL, {"email": ADA, "primary": True}).status_code == 200
    assert [message.to for message in sent] == [["old@example.org"]]
    primary = confirmed.delete(EMAIL, {"email": ADA})
    assert errors_of(primary) == [("email", "cannot_remove_primary_email")]
    assert confirmed.delete(EMAIL, {"email": "old@example.org"}).status_code == 200
    assert listed(confirmed) == [(ADA, True, True)]
    assert confirmed.delete(EMAIL, {"email": ADA}).status_code == 200  # the last one
    assert listed(confirmed) == []


def test_an_unverified_address_does_not_replace_a_verified_one(
    confirmed: APIClient, user: User
) -> None:
    EmailAddress.objects.create(user=user, email="old@example.org", verified=True, primary=True)
    EmailAddress.objects.create(user=user, email=ADA)

    answer = confirmed.patch(EMAIL, {"email": ADA, "primary": True})

    assert errors_of(answer) == [("email", "unverified_primary_email")]


def test_changing_addresses_asks_for_the_password_again(browser: APIClient, user: User) -> None:
    """Whoever can change the address can set a new password by mail."""
    EmailAddress.objects.create(user=user, email=ADA)

    for answer in (
        browser.post(EMAIL, {"email": "thief@example.org"}),
        browser.delete(EMAIL, {"email": ADA}),
        browser.patch(EMAIL, {"email": ADA, "primary": True}),
    ):
        assert answer.status_code == 401
        assert {"id": "reauthenticate"} in answer.json()["data"]["flows"]
    assert [address.email for address in EmailAddress.objects.all()] == [ADA]

    reauthenticate = f"{ALLAUTH}/auth/reauthenticate"
    wrong = browser.post(reauthenticate, {"password": "wrong wrong"})
    assert errors_of(wrong) == [("password", "incorrect_password")]
    assert browser.post(reauthenticate, {"password": PASSWORD}).status_code == 200
    assert browser.post(EMAIL, {"email": "new@example.org"}).status_code == 200


@pytest.mark.parametrize(
    ("email", "code"),
    [("nonsense", "invalid"), ("", "required"), (ADA, "duplicate_email"), ("a@b\n.org", "invalid")],
)
def test_each_fault_has_its_own_code(
    confirmed: APIClient, user: User, email: str, code: str
) -> None:
    EmailAddress.objects.create(user=user, email=ADA)

    assert errors_of(confirmed.post(EMAIL, {"email": email})) == [("email", code)]


def test_nothing_tells_that_somebody_else_has_an_address(
    confirmed: APIClient, other_user: User, mails: Callable
) -> None:
    EmailAddress.objects.create(user=other_user, email=ADA, verified=True, primary=True)

    with mails() as sent:
        taken = confirmed.post(EMAIL, {"email": ADA})
    with mails():
        free = confirmed.post(EMAIL, {"email": "free@example.org"})

    assert taken.status_code == free.status_code == 200
    # Only who reads the mail is told, and nobody takes the address over.
    assert errors_of(APIClient().post(VERIFY, {"key": verify_key(sent)})) == [
        ("key", "email_taken")
    ]
    assert EmailAddress.objects.get(email=ADA, verified=True).user == other_user


def test_signing_up_with_an_address_that_is_taken_reads_the_same(
    other_user: User, mails: Callable
) -> None:
    EmailAddress.objects.create(user=other_user, email=ADA, verified=True, primary=True)

    def sign_up(username: str, email: str):
        body = {"username": username, "password": PASSWORD, "email": email}
        with mails():
            return APIClient().post(f"{ALLAUTH}/auth/signup", body)

    taken, free = sign_up("first.person", ADA), sign_up("second.person", "free@example.org")

    assert taken.status_code == free.status_code == 200
    user = dict(taken.json()["data"]["user"], id=0, username="", display="", email="")
    assert user == dict(free.json()["data"]["user"], id=0, username="", display="", email="")
    with mails() as sent:
        APIClient().post(f"{ALLAUTH}/auth/password/request", {"email": ADA})
    assert len(sent) == 1
    assert "grace.hopper" in sent[0].body  # the one who verified it, not who claims it


def test_an_address_is_no_condition_for_signing_in(mails: Callable) -> None:
    body = {"username": "ada.lovelace", "password": PASSWORD, "email": ADA}
    with mails() as sent:
        answer = APIClient().post(f"{ALLAUTH}/auth/signup", body)
    assert answer.status_code == 200
    assert [message.to for message in sent] == [[ADA]]

    with mails() as sent:
        client = signed_in(User.objects.get())
    assert client.get("/api/v1/me/").json()["email_verified"] is False


def test_a_mail_is_in_the_readers_language(
    user: User, mails: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in that of the browser that caused it."""
    languages = []
    render = AccountAdapter.render_mail

    def noting(self, *args, **kwargs):
        languages.append(translation.get_language())
        return render(self, *args, **kwargs)

    monkeypatch.setattr(AccountAdapter, "render_mail", noting)
    User.objects.update(language="zh-hans")
    EmailAddress.objects.create(user=user, email=ADA, verified=True, primary=True)
    browser = APIClient(headers={"Accept-Language": "en"})
    for email in (ADA, "nobody@example.org"):
        browser.post(f"{ALLAUTH}/auth/password/request", {"email": email})

    assert languages == ["zh-hans", "en"]


def test_the_number_of_addresses_is_limited(confirmed: APIClient, user: User) -> None:
    for number in range(5):
        EmailAddress.objects.create(user=user, email=f"ada{number}@example.org")

    assert errors_of(confirmed.post(EMAIL, {"email": ADA})) == [("email", "max_email_addresses")]
