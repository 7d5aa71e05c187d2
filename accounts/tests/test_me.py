"""Who one is, and one's settings."""

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Consent, User
from conftest import client_of

ME = "/api/v1/me/"


def test_a_new_person(make_user) -> None:
    user = make_user("new.comer", consents=False)

    assert client_of(user).get(ME).json() == {
        "id": user.pk,
        "username": "new.comer",
        "display_name": "",
        "email": "",
        "email_verified": False,
        "language": "",
        "theme": "system",
        "detector": "",
        "keep": "all",
        "keep_days": None,
        "has_password": True,
        "is_staff": False,
        "consent": {
            "required_version": django_settings.CONSENT_VERSION,
            "given_version": None,
            "given_at": None,
        },
    }


def test_address_password_and_consent_are_told(api: APIClient, user: User, make_user) -> None:
    EmailAddress.objects.create(user=user, email="old@example.org", verified=True)
    EmailAddress.objects.create(user=user, email="ada@example.org", verified=True, primary=True)
    User.objects.filter(pk=user.pk).update(password="!")
    Consent.objects.create(user=user, version="2020-01-01")
    Consent.objects.create(user=user, version="2021-01-01", withdrawn_at=timezone.now())
    Consent.objects.create(user=make_user("grace.hopper"), version="2022-01-01")
    user.refresh_from_db()

    me = client_of(user).get(ME).json()

    assert (me["email"], me["email_verified"]) == ("ada@example.org", True)
    assert me["has_password"] is False
    assert me["consent"]["given_version"] == "2020-01-01"
    assert me["consent"]["given_at"]


def test_settings_can_be_changed_one_by_one(api: APIClient, user: User) -> None:
    everything = {
        "display_name": "Ada, Countess of Lovelace 🎩",
        "language": "zh-hans",
        "theme": "dark",
        "detector": "opencv_haar",
        "keep": "results",
        "keep_days": 30,
    }
    for field, value in everything.items():
        answer = api.patch(ME, {field: value})
        assert answer.status_code == 200, answer.json()
        assert answer.json()[field] == value

    assert everything.items() <= api.get(ME).json().items()
    assert (
        api.patch(ME, {"keep_days": None, "detector": "", "display_name": ""}).json()["keep_days"]
        is None
    )
    assert api.get(ME).json()["theme"] == "dark"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("display_name", "a" * 121, "max_length"),
        ("display_name", "Ada\u202egnp", "name_has_control_characters"),
        ("display_name", "Ada\x07", "name_has_control_characters"),
        ("language", "de", "invalid_choice"),
        ("theme", "pink", "invalid_choice"),
        ("detector", "crystal_ball", "unknown_detector"),
        ("keep", "everything", "invalid_choice"),
        ("keep_days", 0, "min_value"),
        ("keep_days", 36_501, "max_value"),
        ("keep_days", "soon", "invalid"),
    ],
)
def test_what_is_not_right_changes_nothing(
    api: APIClient, user: User, field: str, value: object, code: str
) -> None:
    before = api.get(ME).json()

    answer = api.patch(ME, {"theme": "light", field: value})

    assert answer.status_code == 400
    assert code in {error["code"] for error in answer.json()["errors"]}
    assert {error["field"] for error in answer.json()["errors"]} == {field}
    assert api.get(ME).json() == before


def test_what_one_is_cannot_be_changed(api: APIClient, user: User) -> None:
    before = api.get(ME).json()
    wishes = {
        "id": 1,
        "username": "root",
        "is_staff": True,
        "is_superuser": True,
        "email": "a@b.org",
        "email_verified": True,
        "has_password": False,
        "consent": {"given_version": "x"},
    }

    assert api.patch(ME, wishes).status_code == 200
    assert api.get(ME).json() == before
    user.refresh_from_db()
    assert not user.is_superuser
