"""The admin as a moderator uses it: every list, search, form and picture."""

import pytest
from django.contrib import admin
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from conftest import PASSWORD, client_of, stored_files
from recognition.models import Job
from records.models import Face, Media, Record

MODELS = [User, Media, Record, Face, Job]


@pytest.fixture
def moderator(make_user) -> APIClient:
    return client_of(make_user("moderator", is_staff=True, is_superuser=True))


@pytest.fixture
def job(api: APIClient, upload, portrait: bytes) -> Job:
    return upload(api, portrait, name="Eileen Collins")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_forms_and_searches_open(moderator: APIClient, job: Job, model) -> None:
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
    with django_capture_on_commit_callbacks(execute=True):
        moderator.post(
            reverse("admin:accounts_user_delete", args=[user.pk]),
            {"post": "yes"},
            format="multipart",
        )

    assert not any(model.objects.exists() for model in (Media, Record, Face, Job))
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
