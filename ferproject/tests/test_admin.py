"""The admin as a moderator uses it: every list, search, form and picture."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import ApiToken, AuditEntry, Consent, User
from accounts.services import token_create
from conftest import PASSWORD, client_of, stored_files
from recognition.models import Job
from records.models import Face, Media, Record

MODELS = [User, Media, Record, Face, Job, ApiToken, Consent, AuditEntry, Authenticator]


@pytest.fixture
def moderator(make_user) -> APIClient:
    return client_of(make_user("moderator", is_staff=True, is_superuser=True))


@pytest.fixture
def job(api: APIClient, upload, portrait: bytes) -> Job:
    return upload(api, portrait, name="Eileen Collins")


@pytest.fixture
def rows_about(user: User) -> None:
    """What else is kept about a person."""
    token_create(user=user, name="laptop")
    TOTP.activate(user, generate_totp_secret())
    Consent.objects.create(user=user, version="2026-11-20")
    AuditEntry.objects.create(
        actor_name="moderator", action="viewed", object_type="record", object_id="1", owner=user
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_forms_and_searches_open(
    moderator: APIClient, job: Job, rows_about: None, model
) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model.objects.first()
    rows = moderator.get(reverse(f"{name}_changelist"))
    assert rows.status_code == 200
    assert str(row.pk) in rows.content.decode()
    assert moderator.get(reverse(f"{name}_changelist"), {"q": "ada"}).status_code == 200
    assert moderator.get(reverse(f"{name}_changelist"), {"q": str(row.pk)}).status_code == 200
    assert moderator.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
    assert admin.site.get_model_admin(model).search_fields
    assert admin.site.get_model_admin(model).list_filter


@pytest.mark.parametrize("model", [Media, Record, Face])
def test_thumbnails_are_shown(moderator: APIClient, job: Job, model) -> None:
    name = f"admin:records_{model._meta.model_name}"
    url = reverse(f"{name}_picture", args=[model.objects.first().pk])

    assert url in moderator.get(reverse(f"{name}_changelist")).content.decode()
    response = moderator.get(url)
    assert response["Content-Type"].startswith("image/")
    assert b"".join(response.streaming_content)


def test_deleting_records_takes_their_files(
    moderator: APIClient, job: Job, django_capture_on_commit_callbacks
) -> None:
    action = {"action": "delete_selected", "_selected_action": str(job.record_id), "post": "yes"}
    with django_capture_on_commit_callbacks(execute=True):
        moderator.post(reverse("admin:records_record_changelist"), action, format="multipart")

    assert not Record.objects.exists()
    assert stored_files() == set()


def test_deleting_a_person_takes_what_is_theirs(
    moderator: APIClient, job: Job, user: User, django_capture_on_commit_callbacks
) -> None:
    url = reverse("admin:accounts_user_delete", args=[user.pk])
    assert "ada.lovelace, with everything" in moderator.get(url).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        moderator.post(url, {"post": "yes"}, format="multipart")

    assert not any(model.objects.exists() for model in (Media, Record, Face, Job))
    assert not User.objects.filter(pk=user.pk).exists()
    assert stored_files() == set()


def test_failed_jobs_can_be_tried_again(moderator: APIClient, job: Job) -> None:
    Job.objects.update(state=Job.State.FAILED)
    action = {"action": "retry", "_selected_action": str(job.pk)}

    moderator.post(reverse("admin:recognition_job_changelist"), action, format="multipart")

    assert Job.objects.get().state == "queued"


def test_nobody_writes_results_by_hand(moderator: APIClient, job: Job) -> None:
    for name in ("records_record_add", "records_face_add", "recognition_job_add"):
        assert moderator.get(reverse(f"admin:{name}")).status_code == 403


def test_the_page_carries_the_policy(moderator: APIClient) -> None:
    policy = moderator.get("/admin/")["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def test_a_person_is_no_moderator(user: User) -> None:
    client = APIClient()
    client.login(username=user.username, password=PASSWORD)

    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("model", [Consent, AuditEntry])
def test_nobody_rewrites_what_proves_something(
    moderator: APIClient, rows_about: None, model
) -> None:
    name = f"admin:accounts_{model._meta.model_name}"
    row = model.objects.first()
    before = list(model.objects.values())

    assert moderator.get(reverse(f"{name}_add")).status_code == 403
    assert moderator.post(reverse(f"{name}_change", args=[row.pk]), {}).status_code == 403
    deletion = reverse(f"{name}_delete", args=[row.pk])
    assert moderator.post(deletion, {"post": "yes"}, format="multipart").status_code == 403
    action = {"action": "delete_selected", "_selected_action": str(row.pk), "post": "yes"}
    moderator.post(reverse(f"{name}_changelist"), action, format="multipart")
    assert list(model.objects.values()) == before


def test_secrets_are_shown_to_nobody(moderator: APIClient, rows_about: None) -> None:
    secret = Authenticator.objects.get().data["secret"]
    digest = ApiToken.objects.get().digest
    pages = [
        reverse("admin:accounts_apitoken_changelist"),
        reverse("admin:accounts_apitoken_change", args=[ApiToken.objects.get().pk]),
        reverse("admin:mfa_authenticator_change", args=[Authenticator.objects.get().pk]),
    ]

    for page in pages:
        answer = moderator.get(page)
        assert answer.status_code == 200
        assert secret not in answer.content.decode()
        assert digest not in answer.content.decode()
    assert moderator.get("/admin/socialaccount/socialapp/").status_code == 404


def test_a_moderator_takes_a_token_and_a_lost_phone_away(
    moderator: APIClient, rows_about: None
) -> None:
    for name, row in (
        ("accounts_apitoken", ApiToken.objects.get()),
        ("mfa_authenticator", Authenticator.objects.get()),
    ):
        assert moderator.get(reverse(f"admin:{name}_add")).status_code == 403
        url = reverse(f"admin:{name}_delete", args=[row.pk])
        assert moderator.post(url, {"post": "yes"}, format="multipart").status_code == 302
    assert not ApiToken.objects.exists()
    assert not Authenticator.objects.exists()


LOGIN = "/admin/login/?next=/admin/"


def enter(client: APIClient, password: str):
    return client.post(LOGIN, {"username": "moderator", "password": password}, format="multipart")


def test_moderators_sign_in_to_the_admin(moderator: APIClient) -> None:
    client = APIClient()

    assert b"correct username and password" in enter(client, "wrong wrong").content
    assert enter(client, PASSWORD).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_the_admins_door_is_throttled_too(moderator: APIClient, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "100/m/ip,3/m/key"}
    client = APIClient()
    for _ in range(3):
        enter(client, "wrong wrong")

    refused = enter(client, PASSWORD)

    assert refused.status_code == 200
    assert b"Too many failed tries" in refused.content
    assert client.get("/admin/").status_code == 302


def test_the_admins_door_does_not_lead_past_the_second_step(moderator: APIClient) -> None:
    TOTP.activate(User.objects.get(username="moderator"), generate_totp_secret())
    client = APIClient()

    assert b"Sign in to the app first" in enter(client, PASSWORD).content
    assert client.get("/admin/").status_code == 302
