"""What an upload is for, what stays of it, and for how long."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from conftest import post_pictures, stored_files
from recognition import tasks
from recognition.models import Job
from records.keeping import media_delete_due, media_forget_due
from records.models import Face, Media, Record
from records.tasks import delete_due_media


def kinds_stored() -> set[str]:
    """original, thumbnail, annotated, face"""
    return {path.rsplit("/", 1)[1].split(".")[0].split("-")[0] for path in stored_files()}


def record_of(api: APIClient, job: Job) -> dict:
    return api.get(f"/api/v1/records/{job.record_id}/").json()


# --- Purposes ----------------------------------------------------------------------------------


@pytest.fixture
def purposes(settings) -> None:
    settings.PURPOSES = {"study": "A study of actors"}
    settings.PURPOSE_REQUIRED = True


@pytest.mark.parametrize(
    ("purpose", "code"),
    [
        ("", "purpose_missing"),
        ("work", "purpose_banned"),
        ("education", "purpose_banned"),
        ("espionage", "unknown_purpose"),
    ],
)
def test_a_purpose_that_is_missing_banned_or_unknown(
    api: APIClient, portrait: bytes, purposes, purpose: str, code: str
) -> None:
    response = post_pictures(api, [("a.jpg", portrait)], purpose=purpose)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Media.objects.exists()
    if code == "purpose_banned":
        assert "Article 5(1)(f)" in response.json()["detail"]


@pytest.mark.parametrize("purpose", ["study", "medical_safety"])
def test_a_purpose_is_kept_with_the_picture(
    api: APIClient, portrait: bytes, purposes, purpose: str
) -> None:
    assert post_pictures(api, [("a.jpg", portrait)], purpose=purpose).status_code == 202

    assert Media.objects.get().purpose == purpose


def test_the_choice_of_purposes(api: APIClient, purposes) -> None:
    config = api.get("/api/v1/config/").json()

    assert config["purpose_required"] is True
    by_id = {purpose["id"]: purpose for purpose in config["purposes"]}
    assert by_id["study"] == {
        "id": "study",
        "label": "A study of actors",
        "banned": False,
        "why": "",
    }
    assert [key for key, purpose in by_id.items() if purpose["banned"]] == ["work", "education"]
    assert "medical_safety" in by_id


def test_without_purposes_none_is_asked_for_and_the_banned_stay_banned(
    api: APIClient, portrait: bytes
) -> None:
    assert api.get("/api/v1/config/").json()["purposes"] == []
    assert post_pictures(api, [("a.jpg", portrait)], purpose="work").status_code == 400
    assert post_pictures(api, [("a.jpg", portrait)]).status_code == 202


# --- What stays --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keep", "stored"),
    [
        ("all", {"original", "thumbnail", "annotated", "face"}),
        ("thumbnails", {"thumbnail"}),
        ("results", set()),
    ],
)
def test_what_stays_once_it_is_recognised(
    api: APIClient, portrait: bytes, upload, keep: str, stored: set[str]
) -> None:
    job = upload(api, portrait, keep=keep)

    assert kinds_stored() == stored
    assert Job.objects.get().state == "done"
    record = record_of(api, job)
    (face,) = record["faces"]
    assert (record["expression"], face["expression"]) == ("happy", "happy")
    shown = {
        "original": record["original"],
        "annotated": record["annotated"],
        "thumbnail": record["thumbnail"],
        "face": face["crop"],
    }
    assert {name for name, url in shown.items() if url} == stored
    (row,) = api.get("/api/v1/records/").json()["results"]
    assert bool(row["thumbnail"]) == ("thumbnail" in stored)
    addresses = {
        **{name: f"/api/v1/records/{job.record_id}/{name}/" for name in shown if name != "face"},
        "face": f"/api/v1/faces/{face['id']}/crop/",
    }
    for name, url in addresses.items():
        assert api.get(url).status_code == (200 if name in stored else 404), name


def test_the_persons_setting_is_the_default_and_holds_for_new_uploads_only(
    api: APIClient, user: User, portrait: bytes, upload
) -> None:
    first = upload(api, portrait)
    user.keep, user.keep_days, user.detector = "thumbnails", 30, "opencv_haar"
    user.save()

    second = upload(api, portrait)
    third = upload(api, portrait, keep="all", detector="dlib_hog", kind="photo")

    media = {job: Media.objects.get(records__jobs=job) for job in (first, second, third)}
    assert [row.keep for row in media.values()] == ["all", "thumbnails", "all"]
    assert media[first].delete_at is None
    assert media[first].original
    due = media[second].created_at + timedelta(days=30)
    assert abs(media[second].delete_at - due) < timedelta(minutes=1)
    assert [job.detector for job in media] == ["", "opencv_haar", "dlib_hog"]
    assert [row.kind for row in media.values()] == ["picture", "picture", "photo"]


@pytest.mark.parametrize("field", ["keep", "kind"])
def test_a_choice_that_is_none(api: APIClient, portrait: bytes, field: str) -> None:
    response = post_pictures(api, [("a.jpg", portrait)], **{field: "everything"})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_choice")
    assert not Media.objects.exists()


def test_without_its_picture_nothing_is_explained(api: APIClient, portrait: bytes, upload) -> None:
    job = upload(api, portrait, keep="results")

    response = api.post(f"/api/v1/faces/{job.record.faces.get().pk}/explanation/")

    assert (response.status_code, response.json()["code"]) == (409, "picture_not_kept")


# --- Failed jobs -------------------------------------------------------------------------------


@pytest.fixture
def failed(api: APIClient, portrait: bytes, upload, monkeypatch: pytest.MonkeyPatch) -> Job:
    def explode(**_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("recognition.pipeline.recognize_record", explode)
        return upload(api, portrait, keep="results")


def test_a_failed_job_keeps_its_picture_until_it_is_tried_again(
    api: APIClient, failed: Job, run_jobs
) -> None:
    tasks.forget_pictures_of_failed_jobs()
    delete_due_media()
    assert kinds_stored() == {"original", "thumbnail"}

    with run_jobs():
        assert api.post(f"/api/v1/jobs/{failed.pk}/retry/").status_code == 202

    assert record_of(api, failed)["state"] == "done"
    assert stored_files() == set()


def test_a_failed_job_keeps_its_picture_for_a_day_at_most(api: APIClient, failed: Job) -> None:
    Job.objects.update(finished_at=timezone.now() - timedelta(hours=25))

    tasks.forget_pictures_of_failed_jobs()

    assert stored_files() == set()
    response = api.post(f"/api/v1/jobs/{failed.pk}/retry/")
    assert (response.status_code, response.json()["code"]) == (409, "picture_not_kept")
    assert Job.objects.get().state == "failed"
    assert record_of(api, failed)["original"] is None


def test_trying_again_needs_the_consent_too(api: APIClient, failed: Job) -> None:
    api.delete("/api/v1/consent/")

    response = api.post(f"/api/v1/jobs/{failed.pk}/retry/")

    assert (response.status_code, response.json()["code"]) == (403, "consent_missing")
    assert Job.objects.get().state == "failed"


def test_what_waits_is_not_recognised_once_the_consent_is_withdrawn(
    api: APIClient, portrait: bytes
) -> None:
    post_pictures(api, [("a.jpg", portrait)])
    api.delete("/api/v1/consent/")

    tasks.recognize_picture(str(Job.objects.get().pk))

    assert Job.objects.get().error_code == "consent_withdrawn"
    assert not Face.objects.exists()


def test_a_worker_lost_after_storing_leaves_a_job_that_is_done(
    api: APIClient, portrait: bytes, upload
) -> None:
    """The picture is gone by then, so it cannot be done twice, and need not."""
    job = upload(api, portrait, keep="results")
    Job.objects.update(
        state=Job.State.RUNNING, lease_until=timezone.now() - timedelta(seconds=1), finished_at=None
    )

    tasks.recognize_picture(str(job.pk))

    assert (Job.objects.get().state, Record.objects.get().state) == ("done", "done")
    assert Face.objects.count() == 1


# --- What is due -------------------------------------------------------------------------------


def test_what_is_due_goes_with_all_files_and_nothing_else(
    api: APIClient, portrait: bytes, upload
) -> None:
    due, later, ever = (upload(api, portrait) for _ in range(3))
    now = timezone.now()
    Media.objects.filter(records__jobs=due).update(delete_at=now - timedelta(seconds=1))
    Media.objects.filter(records__jobs=later).update(delete_at=now + timedelta(hours=1))

    delete_due_media()

    assert set(Record.objects.values_list("pk", flat=True)) == {later.record_id, ever.record_id}
    assert Face.objects.count() == 2
    assert len(stored_files()) == 8
    assert media_delete_due() == 0  # safe to run twice


def test_deleting_what_is_due_goes_in_batches(
    api: APIClient, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.keeping.BATCH", 2)
    post_pictures(api, [(f"{number}.jpg", portrait) for number in range(5)])
    Media.objects.update(delete_at=timezone.now())

    assert media_delete_due() == 5
    assert stored_files() == set()


def test_a_file_that_cannot_be_deleted_keeps_its_row(
    api: APIClient, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files first: what is in the database can be found again."""
    post_pictures(api, [("a.jpg", portrait)])
    Media.objects.update(delete_at=timezone.now())
    with monkeypatch.context() as patch:

        def refuse(name: str) -> None:
            raise PermissionError(name)

        patch.setattr("records.keeping.default_storage.delete", refuse)
        with pytest.raises(PermissionError):
            media_delete_due()
    assert Media.objects.count() == 1

    assert media_delete_due() == 1
    assert stored_files() == set()


def test_pictures_that_a_crash_left_are_forgotten(api: APIClient, portrait: bytes, upload) -> None:
    upload(api, portrait)
    waiting = post_pictures(api, [("b.jpg", portrait)], keep="thumbnails")
    assert waiting.status_code == 202
    Media.objects.filter(keep="all").update(keep="thumbnails")

    assert media_forget_due() == 1

    assert sorted(bool(media.original) for media in Media.objects.all()) == [False, True]
    assert all(media.thumbnail for media in Media.objects.all())
