"""Codes of an authenticator app, recovery codes, and passkeys."""

import base64
import hmac
import struct
import time
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.authenticator import Passkey
from accounts.tests.conftest import ALLAUTH, errors_of
from conftest import PASSWORD

TOTP = f"{ALLAUTH}/account/authenticators/totp"
CODES = f"{ALLAUTH}/account/authenticators/recovery-codes"
PASSKEYS = f"{ALLAUTH}/account/authenticators/webauthn"
LOGIN = f"{ALLAUTH}/auth/login"
SECOND = f"{ALLAUTH}/auth/2fa/authenticate"
ME = "/api/v1/me/"


def totp(secret: str, steps: int = 0) -> str:
    """RFC 6238's code of now, or of some 30 seconds away from it."""
    counter = int(time.time()) // 30 + steps
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", counter), "sha1")
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def activate(client: APIClient) -> str:
    """Switch codes on; returns the secret that the app shows as a QR code."""
    offered = client.get(TOTP)
    assert offered.status_code == 404  # there is none yet: here is what to make one of
    secret: str = offered.json()["meta"]["secret"]
    assert "issuer=Expression%20Lab" in offered.json()["meta"]["totp_url"]
    assert client.post(TOTP, {"code": totp(secret)}).status_code == 200
    return secret


def first_step(user: User) -> APIClient:
    client = APIClient()
    answer = client.post(LOGIN, {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 401
    flows = {flow["id"]: flow for flow in answer.json()["data"]["flows"]}
    assert flows["mfa_authenticate"]["is_pending"]
    assert client.get(ME).status_code == 401  # the password alone opens nothing
    return client


def test_signing_in_with_a_code(confirmed: APIClient, user: User) -> None:
    secret = activate(confirmed)
    client = first_step(user)

    assert errors_of(client.post(SECOND, {"code": "000000"})) == [("code", "incorrect_code")]
    assert client.get(ME).status_code == 401
    assert client.post(SECOND, {"code": totp(secret, 1)}).status_code == 200
    assert client.get(ME).json()["username"] == user.username


def test_a_code_works_once(confirmed: APIClient, user: User) -> None:
    code = totp(activate(confirmed), 1)
    assert first_step(user).post(SECOND, {"code": code}).status_code == 200

    assert errors_of(first_step(user).post(SECOND, {"code": code})) == [("code", "incorrect_code")]


def test_activation_needs_the_right_code_and_the_password(browser: APIClient, user: User) -> None:
    refused = browser.get(TOTP)
    assert refused.status_code == 401  # type the password again
    assert "secret" not in refused.content.decode()

    browser.post(f"{ALLAUTH}/auth/reauthenticate", {"password": PASSWORD})
    assert browser.get(TOTP).status_code == 404
    assert errors_of(browser.post(TOTP, {"code": "000000"})) == [("code", "incorrect_code")]
    assert not Authenticator.objects.exists()


def test_recovery_codes_stand_in_for_a_lost_phone(confirmed: APIClient, user: User) -> None:
    activate(confirmed)
    made = confirmed.post(CODES)
    assert made.status_code == 200
    codes = made.json()["data"]["unused_codes"]
    assert len(set(codes)) == 10

    assert first_step(user).post(SECOND, {"code": codes[3]}).status_code == 200
    again = first_step(user).post(SECOND, {"code": codes[3]})
    assert errors_of(again) == [("code", "incorrect_code")]
    assert confirmed.get(CODES).json()["data"]["unused_code_count"] == 9


def test_codes_can_be_switched_off(confirmed: APIClient, user: User) -> None:
    activate(confirmed)

    assert confirmed.delete(TOTP).status_code == 200
    credentials = {"username": user.username, "password": PASSWORD}
    assert APIClient().post(LOGIN, credentials).status_code == 200


def test_an_unverified_address_is_no_obstacle_and_changes_are_told(
    confirmed: APIClient, user: User, mails: Callable
) -> None:
    EmailAddress.objects.create(user=user, email="ada@example.org", primary=True)

    with mails() as sent:
        activate(confirmed)

    subjects = [message.subject for message in sent]
    assert "Expression Lab: Signing in now asks for a code" in subjects
    assert all(message.to == ["ada@example.org"] for message in sent)
    assert "127.0.0.1" in sent[0].body


def test_guessing_codes_is_throttled(confirmed: APIClient, user: User, settings) -> None:
    secret = activate(confirmed)
    client = first_step(user)
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "100/m/ip,3/m/key"}

    wrong = [client.post(SECOND, {"code": "000000"}) for _ in range(4)]

    assert errors_of(wrong[2]) == [("code", "incorrect_code")]
    assert errors_of(wrong[3]) == [("code", "too_many_login_attempts")]
    right = client.post(SECOND, {"code": totp(secret, 1)})
    assert errors_of(right) == [("code", "too_many_login_attempts")]


# Passkeys ---------------------------------------------------------------------------------------


def register(client: APIClient, passkey: Passkey) -> dict:
    asked = client.get(PASSKEYS, {"passwordless": ""})
    assert asked.status_code == 200, asked.json()
    options = asked.json()["data"]["creation_options"]
    assert options["publicKey"]["rp"] == {"id": "testserver", "name": "Expression Lab"}
    assert options["publicKey"]["user"]["name"] == "ada.lovelace"
    body = {"name": "Phone", "credential": passkey.create(options)}
    answer = client.post(PASSKEYS, body)
    assert answer.status_code == 200, answer.json()
    data: dict = answer.json()["data"]
    return data


@pytest.fixture
def passkey(confirmed: APIClient) -> Passkey:
    key = Passkey("https://testserver")
    made = register(confirmed, key)
    assert (made["name"], made["is_passwordless"]) == ("Phone", True)
    return key


def sign_in_by_passkey(passkey: Passkey, path: str = "auth/webauthn/login") -> tuple:
    client = APIClient()
    options = client.get(f"{ALLAUTH}/{path}").json()["data"]["request_options"]
    body = {"credential": passkey.get(options)}
    return client, client.post(f"{ALLAUTH}/{path}", body)


def test_a_passkey_alone_signs_in(passkey: Passkey, user: User) -> None:
    client, answer = sign_in_by_passkey(passkey)

    assert answer.status_code == 200, answer.json()
    assert client.get(ME).json()["username"] == user.username


def test_a_passkey_is_a_second_factor_too(passkey: Passkey, user: User) -> None:
    client = first_step(user)
    options = client.get(f"{ALLAUTH}/auth/webauthn/authenticate").json()["data"]["request_options"]

    body = {"credential": passkey.get(options)}
    assert client.post(f"{ALLAUTH}/auth/webauthn/authenticate", body).status_code == 200
    assert client.get(ME).status_code == 200


def test_another_sites_answer_is_refused(passkey: Passkey) -> None:
    passkey.origin = "https://testserver.evil.example"

    client, answer = sign_in_by_passkey(passkey)

    assert answer.status_code == 400
    assert client.get(ME).status_code == 401


def test_another_key_is_refused(passkey: Passkey) -> None:
    forged = Passkey("https://testserver")
    forged.id, forged.user_handle = passkey.id, passkey.user_handle

    client, answer = sign_in_by_passkey(forged)

    assert answer.status_code == 400
    assert client.get(ME).status_code == 401


def test_an_answer_works_once(passkey: Passkey) -> None:
    client = APIClient()
    path = f"{ALLAUTH}/auth/webauthn/login"
    body = {"credential": passkey.get(client.get(path).json()["data"]["request_options"])}
    assert client.post(path, body).status_code == 200
    client.delete(f"{ALLAUTH}/auth/session")

    assert client.post(path, body).status_code == 400


GARBAGE = {"clientDataJSON": "eA", "attestationObject": "eA", "authenticatorData": "eA"}
SHAPED = {"id": "eA", "rawId": "eA", "type": "public-key", "response": GARBAGE}


@pytest.mark.parametrize(
    "credential",
    [
        *(None, {}, [], "x", 5, [1], {"id": "x"}, {"id": 5}, {"response": {}}, {"response": "x"}),
        *(SHAPED, {**SHAPED, "id": "eQ"}, {**SHAPED, "response": {**GARBAGE, "userHandle": "eA"}}),
    ],
)
def test_nonsense_is_refused(confirmed: APIClient, credential: object) -> None:
    confirmed.get(PASSKEYS)
    client = APIClient()
    client.get(f"{ALLAUTH}/auth/webauthn/login")

    for answer in (
        confirmed.post(PASSKEYS, {"name": "x", "credential": credential}),
        client.post(f"{ALLAUTH}/auth/webauthn/login", {"credential": credential}),
    ):
        assert answer.status_code == 400
        assert answer.json()["errors"]
    assert not Authenticator.objects.exists()


def test_passkeys_are_listed_renamed_and_removed(passkey: Passkey, confirmed: APIClient) -> None:
    listed = confirmed.get(f"{ALLAUTH}/account/authenticators").json()["data"]
    key = next(row for row in listed if row["type"] == "webauthn")
    renamed = confirmed.put(PASSKEYS, {"id": key["id"], "name": "Laptop"})
    assert renamed.json()["data"]["name"] == "Laptop"

    assert confirmed.delete(PASSKEYS, {"authenticators": [key["id"]]}).status_code == 200
    assert sign_in_by_passkey(passkey)[1].status_code == 400
