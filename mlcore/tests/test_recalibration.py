"""`calibrate_model` and `model_card` on the packaged network and a few toy faces."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from mlcore.artifacts import (
    EXPORTED,
    METADATA,
    PACKAGED_MODELS,
    WEIGHTS,
    kept_folder,
    list_artifacts,
    load_metadata,
    read_verified,
)
from mlcore.calibration import jensen_shannon, kullback_leibler
from mlcore.datasets.faces import FaceDataset
from mlcore.evaluation import agreed_expression, judge, seven_votes


@pytest.fixture
def data(write_noise: Callable[..., Path]) -> Path:
    """A folder with 60 faces of noise and their votes."""
    splits = ["Training"] * 16 + ["PublicTest"] * 22 + ["PrivateTest"] * 22
    return write_noise(np.random.default_rng(0).integers(0, 7, 60), splits, sure=8)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of models with one as an earlier program wrote it."""
    folder = tmp_path / "models" / "compact_vgg"
    shutil.copytree(PACKAGED_MODELS / "compact_vgg", folder)
    values = json.loads((folder / METADATA).read_text())
    for field in ("abstention", "export_loss", "trained_at"):
        values.pop(field, None)
    values["calibration"] = {
        "temperatures": {"fer2013": 0.7, "ferplus": 0.8},
        "mixture": {"fer2013": 0.5, "ferplus": 0.5},
        "fitted_on": "nothing",
    }
    for report in values["scores"].values():
        for part in ("risk_coverage", "reliability", "confusion_served"):
            report.pop(part, None)
        for measures in (report["all"], report["without_copies"]):
            for measure in ("kl_votes", "answered", "sure_ferplus"):
                measures.pop(measure, None)
    values["version"] = "2026.01.01-aaaaaaaa"
    values["created_at"] = "2026-01-01T00:00:00+00:00"
    (folder / METADATA).write_text(json.dumps(values))
    return folder.parent


def run(*arguments: object) -> str:
    output = io.StringIO()
    call_command(*map(str, arguments), stdout=output)
    return output.getvalue()


def test_a_model_is_calibrated_anew_and_its_network_stays(data: Path, models: Path) -> None:
    folder = models / "compact_vgg"
    before = load_metadata(folder)

    text = run("calibrate_model", "compact_vgg", "--data", data, "--models", models)

    after = load_metadata(folder)
    assert after.version != before.version
    assert after.files[EXPORTED] == before.files[EXPORTED]
    assert after.calibration != before.calibration
    assert after.calibration.fitted_on == "PublicTest: labels and FER+ votes"
    assert after.trained_at == before.created_at < after.created_at
    assert set(after.abstention or {}) == {
        *("threshold", "coverage", "accuracy", "accuracy_without", "fitted_on")
    }
    for name in after.files:
        read_verified(folder, after, name)
    assert json.loads((folder / "report.json").read_text()) == after.scores
    # What was there before is kept, and can be made active again.
    assert load_metadata(kept_folder(folder, before.version)) == before
    assert list_artifacts([models]) == [folder]
    assert f"compact_vgg is {after.version}" in text
    assert f"Uncertain below {(after.abstention or {})['threshold']:.2f}" in text
    assert before.version in text  # side by side


def test_a_model_gets_other_looks(data: Path, models: Path) -> None:
    folder = models / "compact_vgg"
    before = load_metadata(folder)
    calibrate = ["calibrate_model", "compact_vgg", "--data", data, "--models", models]
    with pytest.raises(CommandError, match="--zooms: zooms are 1 or more"):
        run(*calibrate, "--zooms", 1.2)
    assert load_metadata(folder) == before

    run(*calibrate, "--zooms", 1, 1.2, "--no-flip")

    after = load_metadata(folder)
    assert (after.flip, after.zooms) == (False, (1.0, 1.2))
    assert after.files[EXPORTED] == before.files[EXPORTED]
    run(*calibrate)
    assert load_metadata(folder).views == after.views


@pytest.mark.training
def test_a_model_is_exported_anew(data: Path, models: Path) -> None:
    pytest.importorskip("keras")
    folder = models / "compact_vgg"
    before = load_metadata(folder)

    calibrate = ["calibrate_model", "compact_vgg", "--data", data, "--models", models]
    text = run(*calibrate, "--precision", "float32")

    after = load_metadata(folder)
    assert (before.precision, after.precision) == ("float16", "float32")
    assert after.export_loss == {"fer2013": 0, "ferplus": 0}
    assert "float32 weights, which on PublicTest lose fer2013 +0.00 points" in text
    old = read_verified(kept_folder(folder, before.version), before)
    new = read_verified(folder, after)
    assert len(new) == pytest.approx(2 * len(old), rel=0.02)
    assert after.files[WEIGHTS] == before.files[WEIGHTS]
    assert "| exported weights | float32 |" in (folder / "README.md").read_text()
    values = json.loads((folder / METADATA).read_text())
    del values["files"][WEIGHTS]
    (folder / METADATA).write_text(json.dumps(values))
    with pytest.raises(CommandError, match=r"no model\.keras to export"):
        run(*calibrate, "--precision", "int8")


def test_what_is_fitted_is_what_is_measured(data: Path, models: Path, settings: object) -> None:
    settings.MODEL_DIRS = [models]
    run("calibrate_model", "compact_vgg", "--data", data, "--models", models)
    metadata = load_metadata(models / "compact_vgg")

    measured = json.loads(
        run("evaluate_model", "compact_vgg", "--data", data, "--split", "PublicTest", "--json")
    )

    assert measured == metadata.scores["PublicTest"]
    abstention, whole = metadata.abstention or {}, measured["all"]
    assert whole["answered"] == {"faces": 22, "value": abstention["coverage"]}
    assert whole["sure_ferplus"]["value"] == abstention["accuracy"]
    assert whole["served_ferplus"]["value"] == abstention["accuracy_without"]
    assert whole["kl_votes"]["faces"] == 22
    assert np.sum(measured["confusion_served"]) == whole["served_ferplus"]["faces"]
    trace = np.trace(measured["confusion_served"]) / np.sum(measured["confusion_served"])
    assert trace == pytest.approx(whole["served_ferplus"]["value"], abs=1e-4)
    assert measured["risk_coverage"]["points"][-1]["risk"] == pytest.approx(1 - trace, abs=1e-4)
    assert measured["reliability"]["error"] == whole["ece_votes"]["value"]
    assert sum(row["faces"] for row in measured["reliability"]["bins"]) == 22


def test_a_model_of_the_package_is_written_where_models_are(
    data: Path, settings: object, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.MODEL_DIRS = [tmp_path / "data" / "models", PACKAGED_MODELS]
    before = (PACKAGED_MODELS / "compact_vgg" / METADATA).read_bytes()

    run("calibrate_model", "compact_vgg", "--data", data)

    assert (PACKAGED_MODELS / "compact_vgg" / METADATA).read_bytes() == before
    assert load_metadata(tmp_path / "data" / "models" / "compact_vgg").abstention is not None


def test_calibrating_says_what_is_wrong(data: Path, models: Path) -> None:
    folder = models / "compact_vgg"
    before = (folder / METADATA).read_bytes()
    calibrate = ["calibrate_model", "compact_vgg", "--data", data, "--models", models]
    with pytest.raises(CommandError, match="no trained model 'none'"):
        run("calibrate_model", "none", "--data", data, "--models", models)
    (data / "fer2013new.csv").rename(data / "votes.csv")
    with pytest.raises(CommandError, match=r"without FER\+ votes"):
        run(*calibrate)
    (data / "votes.csv").rename(data / "fer2013new.csv")
    (folder / "history.csv").write_text("changed")
    with pytest.raises(CommandError, match=r"history\.csv is not the file"):
        run(*calibrate)  # a damaged file gets no fresh hash
    assert (folder / METADATA).read_bytes() == before


def test_a_card_is_written_from_what_was_measured(data: Path, models: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    wild = tmp_path / "wild"
    wild.mkdir()
    shutil.copy(Path(__file__).parent / "data" / "astronaut.jpg", wild / "a.jpg")
    (wild / "labels.csv").write_text("file,expression\na.jpg,happy\n")
    page = tmp_path / "docs" / "card.md"
    command = ["model_card", "compact_vgg", "--data", data, "--models", models, "--output", page]
    command += ["--faces", 4]
    with pytest.raises(CommandError, match="run calibrate_model first"):
        run(*command)
    run("calibrate_model", "compact_vgg", "--data", data, "--models", models)
    metadata = load_metadata(models / "compact_vgg")
    values = metadata.to_dict() | {"export_loss": {"fer2013": 0.0, "ferplus": -0.0012}}
    (models / "compact_vgg" / METADATA).write_text(json.dumps(values))

    run(*command, "--wild", wild)

    text = page.read_text()
    assert f"every record keeps it as `compact_vgg {metadata.version}`" in text
    assert "ferplus -0.12 points" in text
    assert "4 faces of PrivateTest" in text
    votes = next(line for line in text.splitlines() if "*The votes*" in line)
    assert "for the calibration error of the answer and its diagram, with contempt" in votes
    assert votes in (Path(__file__).parents[2] / "docs" / "model-card.md").read_text().splitlines()
    assert "A face is found in 1 of 1 pictures" in text
    assert "| happy | 1 \\* | 100.0% |" in text
    divergence = metadata.scores["PrivateTest"]["all"]["js_votes"]["value"]
    assert f"{divergence:.3f} (Jensen-Shannon" in text
    for name in ("confusion", "reliability", "risk-coverage"):
        assert f"](images/model-card-{name}.png)" in text
        assert (page.parent / "images" / f"model-card-{name}.png").stat().st_size > 5000
    run(*command)
    assert "Not measured for this version." in page.read_text()


def test_the_votes_of_a_face() -> None:
    votes = np.zeros((4, 10), np.int64)
    votes[0, [3, 6, 0]] = 6, 3, 1  # the single vote is dropped
    votes[1, [0, 7]] = 4, 6  # contempt is left out, and takes the majority
    votes[2, 9] = 10  # not a face
    votes[3, [1, 2]] = 5, 5
    faces = FaceDataset(
        np.zeros((4, 8, 8), np.uint8), np.arange(4), np.array(["PublicTest"] * 4), votes
    )
    shares = seven_votes(faces)
    assert shares[0] == pytest.approx([0, 0, 0, 2 / 3, 0, 0, 1 / 3])
    assert shares[1] == pytest.approx([1, 0, 0, 0, 0, 0, 0])
    assert shares[2] == pytest.approx([0] * 7)
    assert list(agreed_expression(faces)) == [3, -1, -1, -1]
    assert kullback_leibler(shares[:1], np.full((1, 7), 1 / 7)) == pytest.approx(
        np.log(7) + 2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3), abs=1e-6
    )
    assert jensen_shannon(shares[:2], shares[:2]) == pytest.approx([0, 0], abs=1e-6)
    # Of `MEASURES`, only the answer's calibration error counts contempt: 6 votes of 10 here.
    face = faces.take(np.array([1]))
    answers = {f"fer2013{looks}": face.labels for looks in ("", "_flip", "_views")}
    measured = judge(answers, shares[1:2], face, faces.take(np.array([2])))["all"]
    assert measured["ece_votes"]["value"] == pytest.approx(0.6)
    assert measured["ece_classes"]["value"] == measured["kl_votes"]["value"] == 0
