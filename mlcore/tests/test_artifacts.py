import errno
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mlcore import artifacts
from mlcore.artifacts import (
    CARD,
    EXPORTED,
    KEPT,
    METADATA,
    PACKAGED_MODELS,
    Metadata,
    find_artifact,
    kept_folder,
    list_artifacts,
    list_kept_artifacts,
    load_metadata,
    read_verified,
    save_artifact,
)
from mlcore.calibration import Calibration
from mlcore.errors import ArtifactError
from mlcore.preprocessing import Preprocessing
from mlcore.recognizer import Recognizer, get_detector


@pytest.fixture
def metadata() -> Metadata:
    return Metadata(
        name="toy",
        created_at="2026-11-20T12:00:00+00:00",
        architecture="compact_vgg",
        options={"filters": [4, 8]},
        preprocessing=Preprocessing(size=16),
        heads={"fer2013": 7, "ferplus": 8},
        calibration=Calibration(
            {"fer2013": 1.5, "ferplus": 0.9}, {"fer2013": 0.5, "ferplus": 0.5}, "PublicTest"
        ),
        flip=True,
        parameters=1234,
        multiply_adds=56789,
        recipe={"name": "toy", "epochs": 2},
        data=(artifacts.DataSource("FER2013", "Training", "research", "https://example.org"),),
        licence="MIT",
        scores={},
        hardware="a laptop",
    )


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    source = tmp_path / "source.tflite"
    source.write_bytes(b"a network")
    return {EXPORTED: source}


@pytest.fixture
def saved(metadata: Metadata, files: dict[str, Path], tmp_path: Path) -> Path:
    save_artifact(tmp_path / "models" / "toy", metadata, files)
    return tmp_path / "models" / "toy"


def edit(folder: Path, **changes: object) -> None:
    values = json.loads((folder / METADATA).read_text())
    (folder / METADATA).write_text(json.dumps(values | changes))


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


def test_what_is_saved_is_loaded(saved: Path, metadata: Metadata) -> None:
    loaded = load_metadata(saved)
    assert re.fullmatch(r"2026\.11\.20-[0-9a-f]{8}", loaded.version)
    assert loaded.preprocessing == metadata.preprocessing
    assert loaded.calibration == metadata.calibration
    assert loaded.data == metadata.data
    assert list(loaded.heads.items()) == [("fer2013", 7), ("ferplus", 8)]
    assert read_verified(saved, loaded) == b"a network"
    card = (saved / CARD).read_text()
    assert loaded.version in card
    assert "1,234" in card
    assert leftovers(saved) == ["toy"]


ABSTENTION = {
    "threshold": 0.5,
    "coverage": 0.92,
    "accuracy": 0.9,
    "accuracy_without": 0.87,
    "fitted_on": "PublicTest",
}


def test_the_threshold_is_kept(metadata: Metadata, files: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "toy"
    save_artifact(folder, replace(metadata, abstention=ABSTENTION), files)
    assert load_metadata(folder).abstention == ABSTENTION
    assert (
        "below 0.50; on PublicTest, 92.0% of the faces are answered" in (folder / CARD).read_text()
    )
    edit(folder, abstention={**ABSTENTION, "threshold": 1.5})
    with pytest.raises(ArtifactError, match=r"1\.5 is no threshold"):
        load_metadata(folder)
    edit(folder, abstention={"coverage": 1})
    with pytest.raises(ArtifactError, match="lacks or misnames"):
        load_metadata(folder)


def test_metadata_from_before_there_was_a_threshold_is_read(saved: Path) -> None:
    values = json.loads((saved / METADATA).read_text())
    for field in ("abstention", "export_loss", "trained_at", "precision"):
        values.pop(field)
    (saved / METADATA).write_text(json.dumps(values))
    assert load_metadata(saved).abstention is None


@pytest.mark.parametrize(
    "change",
    [
        {"calibration": Calibration({"ferplus": 0.9}, {"ferplus": 1.0}, "PublicTest")},
        {"abstention": ABSTENTION},
        {"preprocessing": Preprocessing(size=16, equalize="global")},
        {"flip": False},
        {"zooms": (1.0, 1.1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_an_answer_changes_the_version(
    saved: Path, metadata: Metadata, files: dict[str, Path], change: dict[str, object]
) -> None:
    before = load_metadata(saved)
    again = save_artifact(saved, replace(metadata, hardware="another laptop"), files)
    assert again.version == before.version

    changed = save_artifact(saved, replace(metadata, **change), files)

    assert changed.files == before.files
    assert changed.version != before.version
    assert load_metadata(kept_folder(saved, before.version)).version == before.version


def test_a_new_model_replaces_the_old(
    saved: Path, metadata: Metadata, files: dict[str, Path]
) -> None:
    files[EXPORTED].write_bytes(b"a better network")
    save_artifact(saved, metadata, files)
    assert read_verified(saved, load_metadata(saved)) == b"a better network"
    assert leftovers(saved) == [KEPT, "toy"]


def test_the_replaced_model_is_kept_and_whole(
    saved: Path, metadata: Metadata, files: dict[str, Path]
) -> None:
    before = load_metadata(saved)
    files[EXPORTED].write_bytes(b"a better network")
    save_artifact(saved, metadata, files)
    save_artifact(saved, metadata, files)  # the same again: nothing new to keep twice

    kept = kept_folder(saved, before.version)
    assert load_metadata(kept) == before
    assert kept in list_kept_artifacts([saved.parent])
    assert list_artifacts([saved.parent]) == [saved]


@pytest.mark.parametrize("step", ["_flush", "_replace_folder", "model_card"])
def test_the_old_model_stays_whole_when_saving_fails(
    saved: Path,
    metadata: Metadata,
    files: dict[str, Path],
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def disk_full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    before = load_metadata(saved)
    files[EXPORTED].write_bytes(b"a better network")
    monkeypatch.setattr(artifacts, step, disk_full)
    with pytest.raises(ArtifactError, match="No space left"):
        save_artifact(saved, metadata, files)
    assert load_metadata(saved) == before
    assert read_verified(saved, before) == b"a network"
    assert leftovers(saved) == ["toy"]


def test_a_disk_that_fills_up_while_copying_leaves_the_old_model_whole(
    saved: Path, metadata: Metadata, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fills_up(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:4])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    before = load_metadata(saved)
    files[EXPORTED].write_bytes(b"a better network")
    monkeypatch.setattr(shutil, "copyfile", fills_up)
    with pytest.raises(ArtifactError, match=r"The model .*toy cannot be written: .*No space left"):
        save_artifact(saved, metadata, files)
    assert load_metadata(saved) == before
    assert read_verified(saved, before) == b"a network"
    assert leftovers(saved) == ["toy"]


def test_the_old_model_comes_back_when_the_last_rename_fails(
    saved: Path, metadata: Metadata, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fail_once(self: Path, target: Path) -> Path:
        if self.name.startswith(".toy.") and not self.name.endswith(".old"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    before = load_metadata(saved)
    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(ArtifactError, match="Input/output error"):
        save_artifact(saved, metadata, files)
    assert load_metadata(saved) == before
    assert leftovers(saved) == ["toy"]


def test_a_missing_file_or_a_wrong_name_is_not_saved(
    metadata: Metadata, files: dict[str, Path], tmp_path: Path
) -> None:
    for folder, chosen in (
        (tmp_path / "toy", {}),
        (tmp_path / "other", files),
        (tmp_path / "toy", {EXPORTED: tmp_path / "nowhere"}),
    ):
        with pytest.raises(ArtifactError, match="cannot be written"):
            save_artifact(folder, metadata, chosen)
        assert not folder.exists()


def test_changed_bytes_are_noticed(saved: Path) -> None:
    (saved / EXPORTED).write_bytes(b"a netwOrk")
    with pytest.raises(ArtifactError, match="SHA-256"):
        read_verified(saved, load_metadata(saved))
    (saved / EXPORTED).unlink()
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_verified(saved, load_metadata(saved))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 2}, "schema version 2; this program reads 1"),
        ({"labels": {"fer2013": ["happy"], "ferplus": []}}, "labels"),
        ({"heads": {"fer2013": 6, "ferplus": 8}}, "labels"),
        ({"heads": {"emotions": 7}}, "emotions"),
        ({"preprocessing": {"size": 48, "standardize": "global"}}, "standardisation"),
        ({"calibration": {"temperatures": {}}}, "lacks or misnames"),
        (
            {"calibration": {"temperatures": {"a": 1}, "mixture": {"a": 1}, "fitted_on": ""}},
            "mixture",
        ),
        ({"surprise": 1}, "lacks or misnames"),
        ({"name": "other"}, "rename the folder"),
    ],
)
def test_metadata_that_cannot_be_served_is_refused(
    saved: Path, changes: dict[str, object], message: str
) -> None:
    edit(saved, **changes)
    with pytest.raises(ArtifactError, match=message):
        load_metadata(saved)


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", "null"])
def test_metadata_that_is_none_is_refused(saved: Path, text: str) -> None:
    (saved / METADATA).write_text(text)
    with pytest.raises(ArtifactError):
        load_metadata(saved)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_truncated_metadata_is_refused(saved: Path, kept: float) -> None:
    text = (saved / METADATA).read_text()
    (saved / METADATA).write_text(text[: int(len(text) * kept)])
    with pytest.raises(ArtifactError, match=r"/toy is not a trained model: .*line \d+ column"):
        load_metadata(saved)


@pytest.mark.parametrize("head", ["fer2013", "ferplus"])
def test_labels_in_another_order_are_refused(saved: Path, head: str) -> None:
    labels = json.loads((saved / METADATA).read_text())["labels"]
    labels[head] = [labels[head][1], labels[head][0], *labels[head][2:]]
    edit(saved, labels=labels)
    with pytest.raises(
        ArtifactError, match=rf"/toy/metadata\.json .* the head {head} has the labels \('disgust',"
    ):
        load_metadata(saved)


def test_models_are_found_in_the_first_folder_that_has_them(saved: Path, tmp_path: Path) -> None:
    models = saved.parent
    other = tmp_path / "other"
    shutil.copytree(saved, other / "toy")
    shutil.copytree(saved, other / ".toy.unfinished")
    shutil.copytree(saved, other / "alpha")
    (other / "empty").mkdir()
    assert find_artifact("toy", [tmp_path / "nowhere", models, other]) == saved
    assert list_artifacts([tmp_path / "nowhere", models, other]) == [other / "alpha", saved]
    with pytest.raises(ArtifactError, match="no trained model 'empty'"):
        find_artifact("empty", [models, other])


def test_bytes_that_are_no_network_are_refused(saved: Path) -> None:
    with pytest.raises(ArtifactError, match="LiteRT cannot read"):
        Recognizer(saved, get_detector())


def test_a_network_must_fit_its_metadata(metadata: Metadata, tmp_path: Path) -> None:
    packaged = PACKAGED_MODELS / "compact_vgg" / EXPORTED
    folder = tmp_path / "toy"
    save_artifact(folder, metadata, {EXPORTED: packaged})
    with pytest.raises(ArtifactError, match="takes faces of 48 pixels"):
        Recognizer(folder, get_detector())


def test_a_network_must_have_its_metadatas_channels(metadata: Metadata, tmp_path: Path) -> None:
    packaged = PACKAGED_MODELS / "compact_vgg" / EXPORTED
    folder = tmp_path / "toy"
    colours = replace(metadata, preprocessing=Preprocessing(size=48, channels=3))
    save_artifact(folder, colours, {EXPORTED: packaged})
    with pytest.raises(ArtifactError, match="takes faces of 1 channels and the metadata says 3"):
        Recognizer(folder, get_detector())


def test_metadata_from_before_there_were_channels_means_grey(saved: Path) -> None:
    edit(saved, preprocessing={"size": 16, "standardize": "per_image"})
    assert load_metadata(saved).preprocessing == Preprocessing(size=16, channels=1)
    edit(saved, preprocessing={"size": 16, "standardize": "per_image", "channels": 3})
    assert load_metadata(saved).preprocessing.channels == 3


def test_the_packaged_model_is_whole() -> None:
    for folder in list_artifacts([PACKAGED_MODELS]):
        packaged = load_metadata(folder)
        for name in packaged.files:
            read_verified(folder, packaged, name)
        assert packaged.parameters > 1_000_000
        assert packaged.multiply_adds > 100_000_000
