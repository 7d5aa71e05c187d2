"""Guessing: passwords are throttled, and nothing tells whether a name or an address exists."""

from collections import Counter
from collections.abc import Callable
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import ALLAUTH, errors_of
from accounts.tests.test_passwords import key_in
from conftest import PASSWORD

LOGIN = f"{ALLAUTH}/auth/login"


def sign_in(username: str, password: str, address: str = "192.0.2.1"):
    client = APIClient(REMOTE_ADDR=address)
    return client.post(LOGIN, {"username": username, "password": password})


@pytest.fixture
def limits(settings) -> None:
    """The product's own, which the suite switches off elsewhere."""
    settings.ACCOUNT_RATE_LIMITS = settings.RATE_LIMITS_OF_THE_PRODUCT


def test_an_account_is_throttled_wherever_the_tries_come_from(
    user: User, other_user: User, limits: None
) -> None:
    tries = [sign_in(user.username, "wrong wrong", f"192.0.2.{n}") for n in range(6)]

    codes = [errors_of(answer)[0][1] for answer in tries]
    assert codes == ["username_password_mismatch"] * 5 + ["too_many_login_attempts"]
    assert sign_in(user.username.upper(), PASSWORD, "192.0.2.77").status_code == 400
    assert sign_in(other_user.username, PASSWORD, "192.0.2.77").status_code == 200


def test_another_host_or_port_is_no_new_count(user: User, limits: None, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    wrong = {"username": user.username, "password": "wrong wrong"}

    answers = [
        APIClient(REMOTE_ADDR=f"192.0.2.{n}", HTTP_HOST=host).post(LOGIN, wrong)
        for n, host in enumerate(["testserver", "testserver:1", "testserver:2", "a", "b", "c:3"])
    ]

    assert errors_of(answers[-1])[0][1] == "too_many_login_attempts"


def test_a_new_password_by_mail_ends_the_waiting(user: User, limits: None, mails: Callable) -> None:
    EmailAddress.objects.create(user=user, email="ada@example.org", verified=True, primary=True)
    for n in range(6):
        sign_in(user.username, "wrong wrong", f"192.0.2.{n}")
    assert sign_in(user.username, PASSWORD, "192.0.2.9").status_code == 400
    with mails() as sent:
        APIClient().post(f"{ALLAUTH}/auth/password/request", {"email": "ada@example.org"})
    body = {"key": key_in(sent[0].body), "password": "another horse battery"}

    APIClient().post(f"{ALLAUTH}/auth/password/reset", body)

    assert sign_in(user.username, body["password"], "192.0.2.9").status_code == 200


def test_an_address_is_throttled_whatever_account_it_tries(user: User, limits: None) -> None:
    tries = [sign_in(f"somebody{n}", "wrong wrong") for n in range(11)]

    codes = Counter(errors_of(answer)[0][1] for answer in tries)
    assert codes == {"username_password_mismatch": 10, "too_many_login_attempts": 1}
    assert sign_in(user.username, PASSWORD).status_code == 400
    assert sign_in(user.username, PASSWORD, "192.0.2.2").status_code == 200


def test_an_unknown_account_is_throttled_like_a_known_one(user: User, limits: None) -> None:
    def codes(username: str) -> list[str]:
        answers = [sign_in(username, "wrong wrong", f"192.0.2.{n}") for n in range(7)]
        return [errors_of(answer)[0][1] for answer in answers]

    assert codes("nobody.at.all") == codes(user.username)


def test_signing_in_rightly_is_not_counted(user: User, limits: None) -> None:
    assert [sign_in(user.username, PASSWORD).status_code for _ in range(8)] == [200] * 8


def test_passwords_of_the_signed_in_are_throttled_too(
    browser: APIClient, user: User, limits: None
) -> None:
    path = f"{ALLAUTH}/account/password/change"
    body = {"current_password": "wrong wrong", "new_password": "another horse battery"}
    answers = [browser.post(path, body).status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]

    path = f"{ALLAUTH}/auth/reauthenticate"
    answers = [browser.post(path, {"password": "wrong wrong"}) for _ in range(6)]
    assert errors_of(answers[-1])[0][1] == "too_many_login_attempts"


def test_asking_for_new_passwords_is_throttled(user: User, limits: None) -> None:
    path = f"{ALLAUTH}/auth/password/request"

    def ask(email: str, address: str) -> int:
        return APIClient(REMOTE_ADDR=address).post(path, {"email": email}).status_code

    for email in ("ada@example.org", "nobody@example.org"):
        answers = [ask(email, f"192.0.2.{n}") for n in range(6)]
        assert answers == [200] * 5 + [429]
    assert [ask(f"{n}@example.org", "192.0.2.9") for n in range(21)][-1] == 429


def test_signing_up_is_throttled(db: None, limits: None) -> None:
    path = f"{ALLAUTH}/auth/signup"
    answers = [
        APIClient().post(path, {"username": "short", "password": PASSWORD}).status_code
        for _ in range(21)
    ]

    assert answers == [400] * 20 + [429]


@pytest.mark.parametrize("state", ["known", "unknown", "inactive", "without a password"])
def test_a_failed_sign_in_reads_and_costs_the_same(user: User, state: str) -> None:
    """The hash is what takes the time: as many for a name that nobody has."""
    if state == "inactive":
        User.objects.update(is_active=False)
    elif state == "without a password":
        user.set_unusable_password()
        user.save()
    username = "nobody.at.all" if state == "unknown" else user.username

    with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=encode) as hashed:
        answer = sign_in(username, "wrong wrong")

    assert (answer.status_code, errors_of(answer)) == (
        400,
        [("password", "username_password_mismatch")],
    )
    assert hashed.call_count == 2  # one for each backend


encode = MD5PasswordHasher.encode


def test_asking_for_a_password_asks_no_more_of_the_database_for_strangers(
    user: User, mails: Callable, django_assert_max_num_queries
) -> None:
    EmailAddress.objects.create(user=user, email="ada@example.org", verified=True, primary=True)
    path = f"{ALLAUTH}/auth/password/request"
    for email in ("ada@example.org", "nobody@example.org"):
        with django_assert_max_num_queries(4), mails():
            APIClient().post(path, {"email": email})
