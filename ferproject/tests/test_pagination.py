"""Lists of times, cut into pages by what a client sends back."""

from base64 import b64encode
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry, User

LISTS = ("/api/v1/jobs/", "/api/v1/audit/", "/api/v1/data-exports/")


@pytest.mark.parametrize("url", LISTS)
@pytest.mark.parametrize(
    "position",
    ["abc", "", "5", "2026-11-20 18:30:00", "2026-13-20 18:30:00%2B00:00", "0001-01-01T00%2B23:59"],
)
def test_a_cursor_of_no_time_is_told(api: APIClient, url: str, position: str) -> None:
    cursor = b64encode(f"p={position}".encode()).decode()

    answer = api.get(url, {"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_pages_there_and_back(api: APIClient, user: User) -> None:
    for number in range(5):
        entry = AuditEntry.objects.create(owner=user, action=str(number))
        at = timezone.now() - timedelta(days=number // 2)  # some at nearly one time
        AuditEntry.objects.filter(pk=entry.pk).update(at=at)

    first = api.get("/api/v1/audit/", {"page_size": 2}).json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()

    pages = [[entry["action"] for entry in page["results"]] for page in (first, second, third)]
    assert pages == [["1", "0"], ["3", "2"], ["4"]]
    assert third["next"] is None
    assert api.get(second["previous"]).json()["results"] == first["results"]
