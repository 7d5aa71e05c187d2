"""Several models that answer as one."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcore.artifacts import PACKAGED_MODELS, load_metadata
from mlcore.calibration import expected_calibration_error, softmax
from mlcore.datasets import FaceDataset
from mlcore.ensembles import ask_together, evaluate_ensemble
from mlcore.errors import ArtifactError
from mlcore.evaluation import evaluate_artifact
from mlcore.reports import report_text

MODEL = PACKAGED_MODELS / "compact_vgg"


@pytest.fixture
def faces() -> FaceDataset:
    random = np.random.default_rng(0)
    labels = random.integers(0, 7, 84)
    votes = np.pad(np.eye(7, dtype=np.int64)[labels] * 7, ((0, 0), (0, 3)))
    votes[:, 6] += 3
    images = random.integers(0, 256, (84, 48, 48), dtype=np.uint8)
    images = np.where(np.arange(48) < 24, images // 2, images).astype(np.uint8)
    splits = np.repeat(["Training", "PublicTest", "PrivateTest"], 28)
    images[28:30] = images[:2]  # copies of Training in PublicTest, which must not matter
    images[60] = images[3]
    return FaceDataset(images, labels, splits, votes)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The same network, read in another way: no mirror image, no zooms, one head, colder."""
    folder = tmp_path / "other"
    shutil.copytree(MODEL, folder)
    metadata = json.loads((folder / "metadata.json").read_text())
    metadata |= {"name": "other", "flip": False, "zooms": [1.0]}
    metadata["calibration"] |= {"temperatures": {"fer2013": 0.3}, "mixture": {"fer2013": 1.0}}
    (folder / "metadata.json").write_text(json.dumps(metadata))
    return folder


def test_models_answer_by_the_mean_of_what_each_says(faces: FaceDataset, other: Path) -> None:
    images = faces.images[:10]
    one, two, both = (ask_together(names, images) for names in ([MODEL], [other], [MODEL, other]))
    for name in ("fer2013", "fer2013_flip", "fer2013_views", "ferplus", "ferplus_views"):
        mean = (one.by_look[name] + two.by_look[name]) / 2
        assert both.by_look[name] == pytest.approx(mean)
        assert both.by_look[name].sum(axis=1) == pytest.approx(np.ones(10))
    assert both.served == pytest.approx((one.served + two.served) / 2)
    # All that it is served with is one look, at its own temperature, of its own head.
    assert two.by_look["fer2013_views"] == pytest.approx(two.by_look["fer2013"])
    assert two.served == pytest.approx(two.by_look["fer2013"], abs=1e-6)
    assert not np.allclose(one.by_look["fer2013_views"], one.by_look["fer2013"], atol=1e-3)


def test_a_model_together_with_itself_is_as_right_as_alone(faces: FaceDataset) -> None:
    alone = evaluate_artifact(MODEL, load_metadata(MODEL), faces, "PrivateTest")
    twice = evaluate_ensemble([MODEL, MODEL], faces, "PrivateTest")

    for key in ("all", "without_copies"):
        for measure in ("fer2013", "ferplus", "served_fer2013", "served_ferplus"):
            assert twice[key][measure] == alone[key][measure]
        assert twice[key]["fer2013"]["faces"] == 28 - (key == "without_copies")
    assert {"ece_votes", "ece_fer2013", "ferplus_views"} <= set(twice["all"])
    assert twice["confusion_served"] == alone["confusion_served"]
    version = load_metadata(MODEL).version
    assert twice["models"] == [{"name": "compact_vgg", "version": version}] * 2
    assert report_text(twice).startswith("compact_vgg, compact_vgg together, at the temperature")


def test_one_temperature_is_fitted_on_public_test(faces: FaceDataset, other: Path) -> None:
    """The data is noise, so whoever is sure of it must be made unsure."""
    report = evaluate_ensemble([MODEL, other], faces, "PublicTest")
    validation = faces.split("PublicTest")
    served = ask_together([MODEL, other], validation.images).served
    distribution, _ = validation.vote_distribution()
    before = expected_calibration_error(served.astype(np.float32), distribution)
    assert report["temperature"] > 1
    assert report["all"]["ece_votes"]["value"] < before
    sharpened = softmax(np.log(served).astype(np.float32), report["temperature"])
    assert (sharpened.argmax(axis=1) == served.argmax(axis=1)).all()
    # PrivateTest is judged by the temperature of PublicTest.
    again = evaluate_ensemble([MODEL, other], faces, "PrivateTest")
    assert again["temperature"] == report["temperature"]


def test_without_votes_the_labels_are_what_counts(faces: FaceDataset) -> None:
    report = evaluate_ensemble([MODEL, MODEL], replace(faces, votes=None), "PrivateTest")
    assert "ferplus" not in report["all"]
    assert report["all"]["ece_fer2013"]["faces"] == 28


def test_faces_of_another_size_are_refused(faces: FaceDataset) -> None:
    small = replace(faces, images=faces.images[:, ::2, ::2])
    with pytest.raises(ArtifactError, match="takes faces of 48 pixels"):
        evaluate_ensemble([MODEL, MODEL], small, "PrivateTest")
