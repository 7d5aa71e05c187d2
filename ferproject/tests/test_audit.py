"""Moderators leave a trace where they look at or change what is not theirs."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Consent, DataExport, User
from conftest import client_of
from recognition.models import Job


@pytest.fixture
def moderator(make_user) -> User:
    return make_user("moderator", is_staff=True, is_superuser=True)


@pytest.fixture
def admin(moderator: User) -> APIClient:
    return client_of(moderator)


@pytest.fixture
def job(api: APIClient, upload, portrait: bytes) -> Job:
    return upload(api, portrait, name="Eileen Collins")


def actions() -> list[tuple[str, str, str]]:
    entries = AuditEntry.objects.order_by("pk")
    return list(entries.values_list("actor_name", "action", "object_type"))


def rows(job: Job) -> dict[str, object]:
    record = job.record
    return {
        "records_record": record,
        "records_media": record.media,
        "records_face": record.faces.get(),
        "recognition_job": job,
        "accounts_user": job.owner,
        "accounts_consent": Consent.objects.get(user=job.owner),
        "accounts_dataexport": DataExport.objects.create(user=job.owner),
    }


def test_opening_a_page_is_noted_and_shown_to_the_owner(
    admin: APIClient, api: APIClient, job: Job, moderator: User
) -> None:
    for name, row in rows(job).items():
        AuditEntry.objects.all().delete()
        url = reverse(f"admin:{name}_change", args=[row.pk])
        assert admin.get(url).status_code == 200

        (entry,) = api.get("/api/v1/audit/").json()["results"]
        assert (entry["actor"], entry["action"]) == ("moderator", "viewed")
        assert (entry["object_type"], entry["object_id"]) == (name.split("_")[1], str(row.pk))
    assert admin.get("/api/v1/audit/").json()["results"] == []  # nobody looked at the moderator's


def test_a_picture_is_noted_once_an_hour(admin: APIClient, job: Job) -> None:
    for name, row in list(rows(job).items())[:3]:
        AuditEntry.objects.all().delete()
        url = reverse(f"admin:{name}_picture", args=[row.pk])
        for _ in range(3):
            assert admin.get(url).status_code == 200
        assert actions() == [("moderator", "downloaded", name.split("_")[1])]

    AuditEntry.objects.update(at=timezone.now() - timedelta(minutes=61))
    admin.get(url)
    assert len(actions()) == 2


def test_changes_and_deletions_are_noted(admin: APIClient, job: Job, user: User) -> None:
    record = reverse("admin:records_record_change", args=[job.record_id])
    form = {"name": "Somebody else", "faces-TOTAL_FORMS": "0", "faces-INITIAL_FORMS": "0"}
    assert admin.post(record, form, format="multipart").status_code == 302
    Job.objects.update(state=Job.State.FAILED)
    retry = {"action": "retry", "_selected_action": str(job.pk)}
    admin.post(reverse("admin:recognition_job_changelist"), retry, format="multipart")
    delete = {"action": "delete_selected", "_selected_action": str(job.record_id), "post": "yes"}
    admin.post(reverse("admin:records_record_changelist"), delete, format="multipart")

    assert actions() == [
        ("moderator", "changed", "record"),
        ("moderator", "retried", "job"),
        ("moderator", "deleted", "record"),
    ]
    assert AuditEntry.objects.filter(owner=user).count() == 3
    assert "Name" in AuditEntry.objects.get(action="changed").detail
    # The admin's own log does not keep what the person called it.
    assert not LogEntry.objects.filter(object_repr__contains="Eileen").exists()
    assert not LogEntry.objects.filter(object_repr__contains="Somebody").exists()


def test_what_is_ones_own_is_not_noted(moderator: User, admin: APIClient) -> None:
    admin.get(reverse("admin:accounts_user_change", args=[moderator.pk]))

    assert actions() == []


def test_entries_outlive_the_account_without_its_name(
    admin: APIClient, job: Job, user: User
) -> None:
    url = reverse("admin:accounts_user_delete", args=[user.pk])
    admin.get(url)
    admin.post(url, {"post": "yes"}, format="multipart")

    assert not User.objects.filter(pk=user.pk).exists()
    assert actions() == [("moderator", "viewed", "user"), ("moderator", "deleted", "user")]
    for entry in AuditEntry.objects.all():
        assert entry.owner is None
        assert "ada" not in f"{entry.detail}{entry.object_id}"
    assert not LogEntry.objects.filter(object_repr__contains="ada").exists()


def test_nobody_writes_entries_by_hand(admin: APIClient, job: Job) -> None:
    admin.get(reverse("admin:accounts_user_change", args=[job.owner_id]))
    entry = AuditEntry.objects.get()
    name = "admin:accounts_auditentry"

    assert admin.get(reverse(f"{name}_changelist"), {"q": "ada"}).status_code == 200
    change = reverse(f"{name}_change", args=[entry.pk])
    assert admin.get(change).status_code == 200
    assert admin.post(change, {"action": "nothing"}, format="multipart").status_code == 403
    assert admin.get(reverse(f"{name}_add")).status_code == 403
    assert admin.post(reverse(f"{name}_delete", args=[entry.pk])).status_code == 403
    delete = {"action": "delete_selected", "_selected_action": str(entry.pk), "post": "yes"}
    admin.post(reverse(f"{name}_changelist"), delete, format="multipart")
    assert AuditEntry.objects.filter(pk=entry.pk, action="viewed").exists()
