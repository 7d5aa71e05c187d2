"""Models in folders: listed, made active without a restart, and gone back from."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from conftest import client_of
from mlcore.artifacts import (
    METADATA,
    PACKAGED_MODELS,
    find_artifact,
    kept_folder,
    load_metadata,
    save_artifact,
)
from mlcore.errors import ArtifactError
from mlcore.recognizer import DEFAULT_MODEL
from recognition.models import TrainedModel
from recognition.pipeline import current_recognizer
from recognition.selectors import active_model, active_model_folder
from recognition.services import model_activate, model_go_back, models_discover
from records.models import Record

PACKAGED = PACKAGED_MODELS / DEFAULT_MODEL
PACKAGED_COUNT = len(list(PACKAGED_MODELS.iterdir()))


@pytest.fixture
def model_dir(settings, tmp_path: Path, db: None) -> Path:
    settings.MODEL_DIRS = [tmp_path / "models", PACKAGED_MODELS]
    return tmp_path / "models"


@pytest.fixture
def make_model(model_dir: Path) -> Callable[[str], Path]:
    """Save a copy of the packaged model under another name."""

    def make(name: str, created_at: str = "2026-01-01T00:00:00+00:00") -> Path:
        metadata = load_metadata(PACKAGED)
        files = {file: PACKAGED / file for file in metadata.files}
        renamed = replace(metadata, name=name, created_at=created_at)
        save_artifact(model_dir / name, renamed, files)
        return model_dir / name

    return make


def find(name: str) -> TrainedModel:
    return TrainedModel.objects.filter(name=name).order_by("-metadata__created_at")[0]


def test_the_settings_choose_until_a_model_is_activated(make_model) -> None:
    make_model("mine")
    assert active_model_folder() == PACKAGED
    models_discover()

    model_activate(model=find("mine"), by=None)

    assert active_model() == find("mine")
    assert current_recognizer().model_name == "mine"


def test_new_jobs_take_the_active_model_without_a_restart(
    make_model, api: APIClient, portrait: bytes, upload
) -> None:
    make_model("mine")
    models_discover()
    before = upload(api, portrait)
    model_activate(model=find("mine"), by=None)
    after = upload(api, portrait)

    names = [Record.objects.get(pk=job.record_id).model_name for job in (before, after)]

    assert names == [DEFAULT_MODEL, "mine"]


def test_going_back_and_forth(make_model) -> None:
    make_model("first")
    make_model("second")
    models_discover()
    assert model_go_back(by=None) is None
    model_activate(model=find("first"), by=None)
    model_activate(model=find("second"), by=None)

    assert model_go_back(by=None) == find("first")
    assert active_model() == find("first")
    assert model_go_back(by=None) == find("second")


def test_going_back_from_the_only_activation_ends_at_the_settings(make_model) -> None:
    make_model("mine")
    models_discover()
    model_activate(model=find("mine"), by=None)

    assert model_go_back(by=None) == find(DEFAULT_MODEL)
    assert active_model_folder() == PACKAGED
    assert model_go_back(by=None) == find("mine")


def test_there_is_no_way_back_from_the_settings_or_to_what_they_lack(make_model, settings) -> None:
    make_model("mine")
    models_discover()
    model_activate(model=find(DEFAULT_MODEL), by=None)
    assert model_go_back(by=None) is None
    settings.MODEL = "none"
    assert model_go_back(by=None) is None
    assert active_model() == find(DEFAULT_MODEL)
    settings.MODEL = "mine"
    assert model_go_back(by=None) == find("mine")


def test_a_replaced_model_stays_until_the_new_one_is_activated(make_model) -> None:
    old = load_metadata(make_model("mine"))
    models_discover()
    model_activate(model=find("mine"), by=None)

    new = load_metadata(make_model("mine", "2026-02-02T00:00:00+00:00"))

    assert new.version != old.version
    assert current_recognizer().model_version == old.version
    models_discover()
    assert TrainedModel.objects.filter(name="mine", is_present=True).count() == 2
    model_activate(model=find("mine"), by=None)
    assert current_recognizer().model_version == new.version
    model_go_back(by=None)
    assert current_recognizer().model_version == old.version


def test_a_model_that_is_gone_gives_way_to_the_settings(make_model, caplog) -> None:
    folder = make_model("mine")
    models_discover()
    model_activate(model=find("mine"), by=None)
    shutil.rmtree(folder)

    assert active_model_folder() == find_artifact(DEFAULT_MODEL, [PACKAGED_MODELS])
    assert "is gone" in caplog.text
    models_discover()
    assert active_model() is None


def damage(folder: Path) -> None:
    with open(folder / "model.tflite", "ab") as target:
        target.write(b"x")


def test_a_damaged_model_is_not_activated(make_model) -> None:
    folder = make_model("mine")
    models_discover()
    damage(folder)

    with pytest.raises(ArtifactError, match="SHA-256 differs"):
        model_activate(model=find("mine"), by=None)

    assert active_model() is None


def test_what_is_no_model_is_left_out(make_model, model_dir: Path, caplog) -> None:
    folder = make_model("mine")
    values = json.loads((folder / METADATA).read_text())
    (folder / METADATA).write_text(json.dumps({**values, "schema_version": 99}))

    models_discover()

    assert not TrainedModel.objects.filter(name="mine").exists()
    assert "is left out" in caplog.text


def test_kept_versions_lie_beside_the_models(make_model) -> None:
    folder = make_model("mine")
    version = load_metadata(folder).version
    make_model("mine", "2026-02-02T00:00:00+00:00")

    assert load_metadata(kept_folder(folder, version)).version == version


def test_the_command(make_model, capsys: pytest.CaptureFixture[str]) -> None:
    make_model("mine")
    version = load_metadata(PACKAGED).version
    call_command("activate_model", f"{DEFAULT_MODEL}@{version}")
    call_command("activate_model", "mine")
    assert active_model() == find("mine")
    call_command("activate_model", "--back")
    assert active_model() == find(DEFAULT_MODEL)
    assert f"{DEFAULT_MODEL} {version} is active." in capsys.readouterr().out
    for arguments in ([], ["mine", "--back"], ["none"], ["mine@1999.01.01-0"]):
        with pytest.raises(CommandError):
            call_command("activate_model", *arguments)


def test_the_command_goes_back_to_the_model_of_the_settings(make_model) -> None:
    make_model("mine")
    call_command("activate_model", "mine")
    call_command("activate_model", "--back")
    assert active_model() == find(DEFAULT_MODEL)


@pytest.mark.parametrize("activated_before", [True, False])
def test_the_command_does_not_go_back_to_a_damaged_model(
    make_model, settings, activated_before: bool
) -> None:
    folder = make_model("mine")
    settings.MODEL = "mine"
    if activated_before:
        call_command("activate_model", "mine")
    call_command("activate_model", DEFAULT_MODEL)
    damage(folder)

    with pytest.raises(CommandError, match=r"mine/model\.tflite is not the file that .* SHA-256"):
        call_command("activate_model", "--back")

    assert active_model() == find(DEFAULT_MODEL)


@pytest.fixture
def moderator(make_user) -> APIClient:
    return client_of(make_user("moderator", is_staff=True, is_superuser=True))


def test_the_admin_lists_activates_and_goes_back(make_model, moderator: APIClient) -> None:
    make_model("mine")
    url = reverse("admin:recognition_trainedmodel_changelist")
    page = moderator.get(url).content.decode()
    assert "mine" in page
    assert DEFAULT_MODEL in page
    assert "Go back to" not in page
    assert page.count('alt="True"') == PACKAGED_COUNT + 1 + 1  # present, and the active one

    for name in (DEFAULT_MODEL, "mine"):
        action = {"action": "activate", "_selected_action": str(find(name).pk)}
        moderator.post(url, action, format="multipart")
        assert active_model() == find(name)
    assert f"Go back to {DEFAULT_MODEL}" in moderator.get(url).content.decode()
    moderator.post(reverse("admin:recognition_trainedmodel_go_back"))
    assert active_model() == find(DEFAULT_MODEL)
    assert active_model().activated_by.username == "moderator"

    report = moderator.get(
        reverse("admin:recognition_trainedmodel_change", args=[find("mine").pk])
    ).content.decode()
    assert "FER2013 label, FER2013 head, one crop" in report


GO_BACK = "admin:recognition_trainedmodel_go_back"
CHANGELIST = "admin:recognition_trainedmodel_changelist"


def test_the_admin_goes_back_to_the_model_of_the_settings(make_model, moderator: APIClient) -> None:
    make_model("mine")
    models_discover()
    model_activate(model=find("mine"), by=None)
    assert f"Go back to {DEFAULT_MODEL}" in moderator.get(reverse(CHANGELIST)).content.decode()

    page = moderator.post(reverse(GO_BACK), follow=True).content.decode()

    assert f"{load_metadata(PACKAGED).version} is active again." in page
    assert active_model() == find(DEFAULT_MODEL)
    assert "Go back to mine" in page


def test_the_admin_says_why_it_cannot_go_back(make_model, moderator: APIClient) -> None:
    folder = make_model("mine")
    models_discover()
    for name in ("mine", DEFAULT_MODEL):
        model_activate(model=find(name), by=None)
    damage(folder)

    response = moderator.post(reverse(GO_BACK), follow=True)

    assert response.status_code == 200
    assert "mine/model.tflite is not the file that metadata.json" in response.content.decode()
    assert active_model() == find(DEFAULT_MODEL)


def test_the_admin_asks_once_a_page_which_model_is_active(
    make_model, moderator: APIClient, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        make_model(name)
    models_discover()
    model_activate(model=find("two"), by=None)
    asked = []

    def counted() -> Path:
        asked.append(True)
        return active_model_folder()

    monkeypatch.setattr("recognition.admin.active_model_folder", counted)
    page = moderator.get(reverse(CHANGELIST))
    assert len(asked) == 1
    rows = page.context["cl"].result_list
    assert [row.name for row in rows if row.recognises] == ["two"]
    assert page.content.decode().count('alt="True"') == PACKAGED_COUNT + 3 + 1  # as above

    change = reverse("admin:recognition_trainedmodel_change", args=[find("two").pk])
    assert 'alt="True"' in moderator.get(change).content.decode()

    TrainedModel.objects.update(activated_at=None)
    settings.MODEL = "none"
    page = moderator.get(reverse(CHANGELIST))
    assert not any(row.recognises for row in page.context["cl"].result_list)


def test_only_who_may_change_models_goes_back(make_model, make_user) -> None:
    helper = client_of(make_user("helper", is_staff=True))

    assert helper.post(reverse(GO_BACK)).status_code == 403
