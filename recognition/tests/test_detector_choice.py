"""The face detector that an upload may ask for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of, post_pictures
from mlcore.detectors import available_detectors, detector_names
from recognition.detectors import detector_choices
from recognition.models import Job
from recognition.services import job_retry
from records.models import Record


def test_the_choices_are_those_that_can_run_here(tmp_path: Path, settings) -> None:
    assert detector_choices() == available_detectors(settings.DETECTOR_WEIGHTS)
    file = tmp_path / "weights"
    file.write_bytes(b"weights")
    for weights in (
        dict.fromkeys(settings.DETECTOR_WEIGHTS, file),
        dict.fromkeys(settings.DETECTOR_WEIGHTS, tmp_path / "gone"),
    ):
        settings.DETECTOR_WEIGHTS = weights
        assert detector_choices() == available_detectors(weights)
    assert set(detector_choices()) <= set(detector_names())


def test_clients_are_told_the_choices(api: APIClient, settings) -> None:
    config = api.get("/api/v1/config/").json()

    assert config["detectors"] == detector_choices()
    assert config["detector"] == settings.DETECTOR == "dlib_and_yunet"


@pytest.mark.parametrize(
    ("fields", "asked", "used"),
    [
        ({}, None, "dlib_and_yunet"),
        ({"detector": ""}, None, "dlib_and_yunet"),
        ({"detector": "opencv_haar"}, "opencv_haar", "opencv_haar"),
        ({"detector": "yunet"}, "yunet", "yunet"),
    ],
)
def test_the_detector_that_was_asked_for_finds_the_faces(
    api: APIClient, portrait: bytes, run_jobs: Callable, fields: dict, asked: str, used: str
) -> None:
    with run_jobs():
        (job,) = post_pictures(api, [("a.jpg", portrait)], **fields).json()["jobs"]

    assert api.get(f"/api/v1/jobs/{job['id']}/").json()["detector"] == job["detector"] == asked
    assert api.get(f"/api/v1/records/{job['record']}/").json()["detector"] == used


def test_the_sites_own_is_the_settings(
    api: APIClient, portrait: bytes, upload: Callable[..., Job], settings
) -> None:
    settings.DETECTOR = "opencv_haar"

    assert upload(api, portrait).record.detector == "opencv_haar"


def test_a_persons_own_choice_goes_before_the_sites(
    api: APIClient, user: User, portrait: bytes, upload: Callable[..., Job]
) -> None:
    api.patch("/api/v1/me/", {"detector": "opencv_haar"})
    job = upload(api, portrait)
    assert (job.detector, job.record.detector) == ("opencv_haar", "opencv_haar")

    User.objects.filter(pk=user.pk).update(detector="gone_since")
    assert upload(client_of(User.objects.get()), portrait).detector == ""


@pytest.mark.parametrize(
    "detector", ["none", "dlib_cnn", "dlib_hog ; rm", "../dlib_hog", "é" * 300]
)
def test_another_detector_is_refused(api: APIClient, portrait: bytes, detector: str) -> None:
    """One whose weights the operator has not given is none of the choices."""
    response = post_pictures(api, [("a.jpg", portrait)], detector=detector)

    assert (response.status_code, response.json()["code"]) == (400, "unknown_detector")
    assert "dlib_hog" in response.json()["detail"]
    assert not Record.objects.exists()


def test_a_detector_that_can_no_longer_run_fails_the_job_until_it_can(
    api: APIClient,
    portrait: bytes,
    run_jobs: Callable,
    settings,
    tmp_path: Path,
) -> None:
    file = tmp_path / "yunet.onnx"
    file.write_bytes(b"not a network")
    settings.DETECTOR_WEIGHTS = {"yunet": file}
    with run_jobs():
        (answer,) = post_pictures(api, [("a.jpg", portrait)], detector="yunet").json()["jobs"]

    failed = api.get(f"/api/v1/jobs/{answer['id']}/").json()
    assert (failed["state"], failed["error"]["code"]) == ("failed", "detector_unavailable")
    job = Job.objects.get(pk=answer["id"])
    assert job.record.error_code == "detector_unavailable"

    with run_jobs():
        job_retry(job=job)
    job.refresh_from_db()
    assert (job.detector, job.error_code) == ("yunet", "detector_unavailable")
