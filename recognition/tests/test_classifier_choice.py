"""What runs the network, as the operator sets it."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from conftest import post_pictures
from ferproject.checks import check_classifier
from mlcore import classifiers, recognizer
from mlcore.classifiers import CLASSIFIERS
from recognition.models import Job
from recognition.pipeline import current_recognizer
from tests.stack import ROOT


def start_with(classifier: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from ferproject import settings; print(settings.CLASSIFIER)"],
        env={**os.environ, "CLASSIFIER": classifier},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_setting_takes_the_classifiers_and_nothing_else() -> None:
    for name in CLASSIFIERS:
        assert start_with(name).stdout.strip() == name

    refused = start_with("onnx")
    assert refused.returncode != 0
    assert '"CLASSIFIER" invalid' in refused.stderr


@pytest.mark.django_db
@pytest.mark.training
def test_the_worker_serves_with_what_is_set(
    api: APIClient, portrait: bytes, upload: Callable[..., Job], settings
) -> None:
    assert type(current_recognizer().network).__name__ == "Network"

    settings.CLASSIFIER = "tensorflow"
    assert type(current_recognizer().network).__name__ == "TensorFlowNetwork"
    (face,) = upload(api, portrait).record.faces.all()
    assert face.expression == "happy"


def test_without_tensorflow_the_start_and_the_job_say_so(
    api: APIClient,
    portrait: bytes,
    run_jobs: Callable,
    settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(classifiers, "tensorflow_installed", lambda: False)
    monkeypatch.setattr(recognizer, "_recognizers", {})
    monkeypatch.setitem(sys.modules, "keras", None)  # an import of it fails
    for name in ("mlcore.backend", "mlcore.tensorflow_network"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert check_classifier() == []
    settings.CLASSIFIER = "tensorflow"
    assert [error.id for error in check_classifier()] == ["fer.E004"]
    with run_jobs():
        (job,) = post_pictures(api, [("a.jpg", portrait)]).json()["jobs"]

    failed = api.get(f"/api/v1/jobs/{job['id']}/").json()
    assert (failed["state"], failed["error"]["code"]) == ("failed", "classifier_unavailable")
