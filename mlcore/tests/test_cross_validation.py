"""Folds by person, the runs over them, and what is written down."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mlcore import cross_validation
from mlcore.artifacts import PACKAGED_MODELS
from mlcore.augmentation import Augmentation
from mlcore.cross_validation import Fold, cross_validate, load_people
from mlcore.cross_validation_report import (
    cross_validation_page,
    cross_validation_report,
    seed_report,
)
from mlcore.datasets import FaceDataset
from mlcore.datasets.protocols import load_protocol
from mlcore.datasets.splits import folds_apart
from mlcore.errors import DatasetError, RecipeError
from mlcore.labels import EXPRESSIONS
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe, get_recipe
from mlcore.recipes.base import LABELS_ONLY

UNCHANGED = Augmentation(
    flip=0, rotation=0, scale=0, shift=0, shear=0, contrast=0, brightness=0, erase=0
)


def people_of(count: int, frames: int = 3) -> FaceDataset:
    """Each person shows two of the six expressions of CK+48, in three frames each."""
    random = np.random.default_rng(0)
    labels = np.repeat([[person % 6, (person + 1) % 6] for person in range(count)], frames)
    subjects = np.repeat([f"S{person:03}" for person in range(count)], 2 * frames)
    ramps = np.linspace(-1, 1, 16)[None, None, :] * (labels[:, None, None] - 3) * 30
    noise = random.normal(0, 5, (len(labels), 16, 16))
    images = np.clip(128 + ramps + noise, 0, 255).astype(np.uint8)
    return FaceDataset(
        images, labels.astype(np.int64), np.full(len(labels), "Training"), subjects=subjects
    )


@pytest.fixture
def ckplus48(write_ckplus48: Callable[[int], Path]) -> Path:
    """The folder of a small CK+48: 18 people, of whom some show contempt."""
    return write_ckplus48(18)


def test_nobody_is_in_two_folds_and_classes_are_shared_out() -> None:
    dataset = people_of(60)
    numbers = folds_apart(dataset, 10, seed=1)

    assert sorted(set(numbers)) == list(range(10))
    for subject in np.unique(dataset.subjects):
        assert len(set(numbers[dataset.subjects == subject])) == 1
    for number in range(10):
        counts = np.bincount(dataset.labels[numbers == number], minlength=6)
        assert counts.min() >= 3
        assert counts.max() <= 9


def test_a_copy_of_a_face_binds_two_people_into_one_fold() -> None:
    dataset = people_of(20)
    dataset.images[60] = dataset.images[0]
    numbers = folds_apart(dataset, 5, seed=3)
    assert len(set(numbers[np.isin(dataset.subjects, ["S000", "S010"])])) == 1


def test_folds_are_the_seeds() -> None:
    dataset = people_of(30)
    first, again, other = (folds_apart(dataset, 5, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_folds_that_cannot_be_are_refused() -> None:
    dataset = people_of(6)
    for folds in (1, 7):
        with pytest.raises(DatasetError, match=f"2 to 6 folds, not {folds}"):
            folds_apart(dataset, folds, seed=1)
    for subjects in (None, np.where(dataset.subjects == "S001", "", dataset.subjects)):
        with pytest.raises(DatasetError, match="whose faces they are"):
            folds_apart(replace(dataset, subjects=subjects), 3, seed=1)


def test_people_are_loaded_from_the_export_without_contempt(ckplus48: Path) -> None:
    for place in (ckplus48, ckplus48 / "CK+48"):
        dataset = load_people(place, Preprocessing())
        assert len(dataset) == 3 * (18 - 3)
        assert dataset.subjects is not None
        assert "S001" not in dataset.subjects


def test_a_report_counts_what_the_folds_answered() -> None:
    dataset = people_of(6)  # labels 000111 111222 222333 333444 444555 555000
    right = dataset.labels.tolist()
    folds = [
        Fold(1, list(range(12)), 24, [6, *right[1:12]], right[:12], 1.0, "a machine"),
        Fold(2, list(range(12, 36)), 12, [0, 0, *right[14:]], right[12:], 0.5, "a machine"),
    ]
    seed = seed_report(4, dataset, folds)

    one = seed["one_crop"]
    assert [row["one_crop"] for row in seed["folds"]] == [0.9167, 0.9167]
    assert [row["people"] for row in seed["folds"]] == [2, 4]
    assert (one["mean"], one["deviation"], one["pooled"]) == (0.9167, 0.0, 0.9167)
    assert seed["views"]["pooled"] == 1
    assert one["recall"] == {
        **dict.fromkeys(EXPRESSIONS[:6], 1.0),
        "angry": 0.8333,
        "fear": 0.6667,
    }
    assert one["confusion"][0] == [5, 0, 0, 0, 0, 0, 1]
    assert one["confusion"][2] == [2, 0, 4, 0, 0, 0, 0]
    assert np.sum(one["confusion"]) == 36
    assert (seed["minutes"], seed["hardware"]) == (1.5, "a machine")

    recipe = get_recipe("compact_vgg_ckplus")
    report = cross_validation_report(recipe, dataset, [seed, {**seed, "seed": 5}], "the command")
    page = cross_validation_page(report)
    assert "the command" in page
    assert "36 faces of 6 people" in page
    assert "no face of: neutral." in page
    assert "| angry | 6 |" in page
    assert "| 4 | one crop | 91.67 % | 0.00 points | 91.67 % |" in page
    assert "| mean of 2 | mean over views | **100.00 %** | from 100.00 % to 100.00 % | |" in page
    assert "| fear | 66.67 % | 66.67 % |" in page
    assert "| fear | 4 | 0 | 8 | 0 | 0 | 0 | 0 |" in page


@pytest.mark.training
def test_every_fold_is_tested_by_a_network_that_never_saw_its_people(
    toy_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("keras")
    from mlcore import training

    dataset = people_of(28)
    # The toy network learns from scratch, so it must see a face of each expression.
    dataset.labels[::12] = 6
    recipe = replace(
        toy_recipe,
        heads=LABELS_ONLY,
        augmentation=UNCHANGED,  # in a mirror a ramp is another label's
        epochs=20,
        batch_size=8,
        learning_rate=0.1,
        ema=0.9,
    )
    seen: list[set[str]] = []
    train_to_end = training.train_to_end

    def watched(recipe: Recipe, faces: FaceDataset, **options: object) -> object:
        assert faces.subjects is not None
        seen.append(set(faces.subjects))
        return train_to_end(recipe, faces, **options)

    monkeypatch.setattr(training, "train_to_end", watched)
    told: list[tuple[int, float]] = []
    folds = cross_validate(
        recipe,
        dataset,
        2,
        tmp_path / "folds",
        on_fold=lambda fold, accuracy: told.append((fold.number, accuracy)),
    )

    assert sorted(folds[0].rows + folds[1].rows) == list(range(len(dataset)))
    assert dataset.subjects is not None
    for fold, known in zip(folds, seen, strict=True):
        assert not known & set(dataset.subjects[fold.rows])
        assert fold.training_faces == len(dataset) - len(fold.rows)
    assert told[0][1] > 0.4  # chance is 1 in 7

    # What is tested already is left; another recipe must not be mixed with it.
    (tmp_path / "folds" / "fold_2.json").unlink()
    again = cross_validate(recipe, dataset, 2, tmp_path / "folds")
    assert len(seen) == 3
    assert again[0] == folds[0]
    # The same seed gives the same network.
    assert again[1].one_crop == folds[1].one_crop
    with pytest.raises(RecipeError, match="with another recipe"):
        cross_validate(replace(recipe, epochs=2), dataset, 2, tmp_path / "folds")
    (tmp_path / "folds" / "fold_1.json").write_text("{}")
    with pytest.raises(RecipeError, match="not a tested fold"):
        cross_validate(recipe, dataset, 2, tmp_path / "folds")


@pytest.mark.training
def test_nothing_may_be_selected_by(toy_recipe: Recipe, toy_faces: FaceDataset) -> None:
    pytest.importorskip("keras")
    from mlcore.training import train_to_end

    for field in ({"schedule": "plateau"}, {"early_stopping": 3}):
        with pytest.raises(RecipeError, match="follows the selection score"):
            train_to_end(replace(toy_recipe, **field), toy_faces.split("Training"))


def test_a_model_that_may_know_the_people_is_no_start(toy_recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "acquainted"
    folder.mkdir()
    metadata = json.loads((PACKAGED_MODELS / "compact_vgg" / "metadata.json").read_text())
    metadata["name"] = "acquainted"
    metadata["data"].append({**metadata["data"][0], "name": "CK+"})
    (folder / "metadata.json").write_text(json.dumps(metadata))
    recipe = replace(toy_recipe, start_from="acquainted")

    with pytest.raises(RecipeError, match=r"learned from CK\+, where the people"):
        cross_validate(recipe, people_of(14), 2, tmp_path / "out", model_dirs=[tmp_path])
    assert not (tmp_path / "out").exists()
    cross_validation.refuse_acquainted(PACKAGED_MODELS / "compact_vgg")


@pytest.mark.training
def test_the_command_writes_result_and_page(ckplus48: Path, settings: object) -> None:
    pytest.importorskip("keras")
    settings.MODEL_DIRS = [PACKAGED_MODELS]
    out = io.StringIO()
    options = {"data": ckplus48, "folds": 2, "seeds": [1, 2], "out": ckplus48 / "out"}
    options["set"] = ["epochs=1", "batch_size=8", "precision=float32"]
    call_command("cross_validate", "compact_vgg_ckplus", **options, stdout=out)

    report = json.loads((ckplus48 / "out" / "result.json").read_text())
    assert [seed["seed"] for seed in report["seeds"]] == [1, 2]
    assert report["faces"] == sum(row["faces"] for row in report["seeds"][0]["folds"]) == 45
    assert report["recipe"]["epochs"] == 1
    page = (ckplus48 / "out" / "result.md").read_text()
    assert "--folds 2 --seeds 1 2 --set epochs=1" in page
    assert page in out.getvalue()
    assert out.getvalue().count("fold 2: ") == 2

    options["set"] = ["epochs=2"]
    with pytest.raises(CommandError, match="begin anew with --restart"):
        call_command("cross_validate", "compact_vgg_ckplus", **options)
    with pytest.raises(CommandError, match="of no known kind"):
        call_command("cross_validate", "compact_vgg_ckplus", data=ckplus48 / "out")


def test_ckplus_alone_is_a_protocol_of_its_own(ckplus48: Path) -> None:
    dataset = load_protocol("ckplus_apart", ckplus48, 1, Preprocessing())
    assert dataset.subjects is not None
    for name in np.unique(dataset.splits):
        known = set(dataset.subjects[dataset.splits != name])
        assert not known & set(dataset.subjects[dataset.splits == name])
    assert len(dataset) == 45
