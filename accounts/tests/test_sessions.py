"""Where one is signed in, and signing out there."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import ALLAUTH, signed_in
from conftest import client_of

SESSIONS = f"{ALLAUTH}/auth/sessions"
ME = "/api/v1/me/"


def listed(client: APIClient) -> list[dict]:
    data: list[dict] = client.get(SESSIONS).json()["data"]
    return data


def test_sessions_are_listed_with_the_current_one_marked(user: User, other_user: User) -> None:
    phone = signed_in(user, HTTP_USER_AGENT="Phone")
    laptop = signed_in(user, HTTP_USER_AGENT="Laptop", REMOTE_ADDR="192.0.2.7")
    signed_in(other_user)

    of_phone = {row["user_agent"]: row["is_current"] for row in listed(phone)}
    of_laptop = {row["user_agent"]: row["is_current"] for row in listed(laptop)}

    assert of_phone == {"Phone": True, "Laptop": False}
    assert of_laptop == {"Phone": False, "Laptop": True}
    row = next(row for row in listed(phone) if row["user_agent"] == "Laptop")
    assert row["ip"] == "192.0.2.7"
    assert row["last_seen_at"] >= row["created_at"]


def test_another_session_is_signed_out(user: User) -> None:
    phone, laptop = signed_in(user), signed_in(user)
    other = next(row["id"] for row in listed(phone) if not row["is_current"])

    assert phone.delete(SESSIONS, {"sessions": [other]}).status_code == 200

    assert laptop.get(ME).status_code == 401
    assert phone.get(ME).status_code == 200
    assert len(listed(phone)) == 1


def test_ones_own_session_is_signed_out(user: User) -> None:
    phone = signed_in(user)

    assert phone.delete(SESSIONS, {"sessions": [listed(phone)[0]["id"]]}).status_code == 401
    assert phone.get(ME).status_code == 401


def test_others_sessions_are_out_of_reach(user: User, other_user: User) -> None:
    mine, theirs = signed_in(user), signed_in(other_user)
    session = UserSession.objects.get(user=other_user)

    assert mine.delete(SESSIONS, {"sessions": [session.pk]}).status_code == 400
    assert theirs.get(ME).status_code == 200


def test_nobody_sees_sessions_without_signing_in(user: User) -> None:
    assert APIClient().get(SESSIONS).status_code == 401


def test_programs_are_listed_too(user: User, browser: APIClient) -> None:
    from conftest import PASSWORD

    login = {"username": user.username, "password": PASSWORD}
    answer = APIClient(HTTP_USER_AGENT="curl").post("/_allauth/app/v1/auth/login", login).json()
    program = APIClient(headers={"X-Session-Token": answer["meta"]["session_token"]})
    assert program.get(ME).status_code == 200
    row = next(row for row in listed(browser) if row["user_agent"] == "curl")

    browser.delete(SESSIONS, {"sessions": [row["id"]]})

    assert program.get(ME).status_code == 401


def test_a_session_from_before_the_list_joins_it(user: User) -> None:
    client = client_of(user)  # signed in without allauth
    assert not UserSession.objects.exists()

    client.get(ME)

    assert [row["is_current"] for row in listed(client)] == [True]


def test_last_seen_is_not_written_at_every_request(
    browser: APIClient, django_assert_num_queries
) -> None:
    browser.get(ME)
    earlier = timezone.now() - timedelta(hours=1)
    UserSession.objects.update(last_seen_at=earlier)

    browser.get(ME)
    assert UserSession.objects.get().last_seen_at == earlier

    cache.clear()  # five minutes later
    browser.get(ME)
    assert UserSession.objects.get().last_seen_at > earlier
