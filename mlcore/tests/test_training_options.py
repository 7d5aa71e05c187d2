"""Networks of one head or three channels, and the options of published training runs."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlcore.artifacts import load_metadata
from mlcore.calibration import softmax
from mlcore.datasets import FaceDataset
from mlcore.errors import ArtifactError, DatasetError, RecipeError
from mlcore.evaluation import evaluate
from mlcore.labels import EXPRESSIONS
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe
from mlcore.recipes.base import HEADS, LABELS_ONLY
from mlcore.recognizer import Recognizer, get_detector
from mlcore.reports import MEASURES, report_text
from mlcore.run_folder import read_history

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")

from mlcore import finishing, training  # noqa: E402
from mlcore.batches import TrainingBatches, inverse_frequency  # noqa: E402

OF_LABELS = {
    *("fer2013", "fer2013_flip", "fer2013_views", "served_fer2013", "ece_fer2013"),
    *("answered", "sure_fer2013"),
}
OF_VOTES = {
    *("served_ferplus", "sure_ferplus", "aurc_majority"),
    *("kl_votes", "js_votes", "nll_votes", "brier_votes"),
    *("ece_votes", "ece_classes", "ece_majority"),
}


@pytest.fixture
def labels_only(toy_recipe: Recipe) -> Recipe:
    """A run as the published networks had it: one head, no average, no decay, no smoothing."""
    return replace(
        toy_recipe,
        heads=LABELS_ONLY,
        optimizer="adam",
        schedule="constant",
        learning_rate=1e-3,
        weight_decay=0.0,
        clip_norm=0.0,
        label_smoothing=0.0,
        ema=0.0,
    )


@pytest.fixture
def without_votes(toy_faces: FaceDataset) -> FaceDataset:
    return replace(toy_faces, votes=None)


def finished(recipe: Recipe, dataset: FaceDataset, folder: Path) -> Path:
    model = training.train(recipe, dataset, folder / "run")
    return finishing.finish_run(
        recipe,
        model,
        dataset,
        folder / "run",
        folder / "models",
    )


def scripted_scores(monkeypatch: pytest.MonkeyPatch, scores: list[float]) -> None:
    """Let the epochs of the runs that follow score so on PublicTest."""
    following = iter(scores)
    monkeypatch.setattr(training, "head_accuracies", lambda *_: {"fer2013": next(following)})


@pytest.mark.parametrize("channels", [1, 3])
def test_labels_alone_make_a_model(
    labels_only: Recipe, toy_faces: FaceDataset, tmp_path: Path, channels: int
) -> None:
    recipe = replace(labels_only, preprocessing=Preprocessing(size=16, channels=channels))
    dataset = replace(toy_faces, votes=None)
    folder = finished(recipe, dataset, tmp_path)

    metadata = load_metadata(folder)
    assert metadata.heads == LABELS_ONLY
    assert set(metadata.labels) == {"fer2013"}
    assert metadata.calibration.mixture == {"fer2013": 1.0}
    assert metadata.calibration.fitted_on == "PublicTest: labels"
    assert [source.name for source in metadata.data] == ["FER2013"]
    assert f"| input | 16x16x{channels} |" in (folder / "README.md").read_text()
    history = read_history(tmp_path / "run")
    assert "public_ferplus" not in history[0]
    assert history[0]["selection"] == pytest.approx(history[0]["public_fer2013"], abs=1e-4)

    report = metadata.scores["PrivateTest"]
    assert set(report["all"]) == set(report["without_copies"]) == OF_LABELS
    text = report_text(report)
    assert MEASURES["fer2013"] in text
    assert MEASURES["ferplus"] not in text
    assert text.count("-\n") == 7  # no recall against FER+

    recognizer = Recognizer(folder, get_detector())
    test = toy_faces.split("PrivateTest")
    answers = recognizer.classify(list(test.images))
    assert answers.sum(axis=1) == pytest.approx(np.ones(40), abs=1e-5)
    right = float((answers.argmax(axis=1) == test.labels).mean())
    assert report["all"]["served_fer2013"]["value"] == pytest.approx(right, abs=1e-4)

    # Where there are votes, the answer of a network that knows none is measured against them too.
    again = evaluate(
        recognizer.network,
        metadata.preprocessing,
        metadata.calibration,
        views=metadata.views,
        dataset=test,
        training=toy_faces.split("Training"),
        threshold=(metadata.abstention or {})["threshold"],
    )
    assert set(again["all"]) == OF_LABELS | OF_VOTES
    assert (
        again["recall"]["served"]["angry"]["faces"] == report["recall"]["fer2013"]["angry"]["faces"]
    )


def test_an_expression_without_faces_stops_a_run(
    labels_only: Recipe, without_votes: FaceDataset, tmp_path: Path
) -> None:
    no_fear = without_votes.take(
        (without_votes.labels != EXPRESSIONS.index("fear")) | (without_votes.splits != "Training")
    )
    with pytest.raises(DatasetError, match=r"no face of: fear\."):
        training.train(labels_only, no_fear, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("option", ["mixup", "whitening", "dataset", "unit", "clahe"])
def test_a_model_with_that_option_is_served_as_it_was_trained(
    labels_only: Recipe, without_votes: FaceDataset, tmp_path: Path, option: str
) -> None:
    labels_only = replace(labels_only, export="float16")  # int8 rounds a toy network much
    size = labels_only.preprocessing.size
    recipe = {
        "mixup": replace(labels_only, mixup=0.4),
        "whitening": replace(labels_only, whitening=True),
        "dataset": replace(
            labels_only, preprocessing=Preprocessing(size=size, standardize="dataset")
        ),
        "unit": replace(labels_only, preprocessing=Preprocessing(size=size, standardize="unit")),
        "clahe": replace(labels_only, preprocessing=Preprocessing(size=size, equalize="clahe")),
    }[option]
    model = training.train(recipe, without_votes, tmp_path / "run")
    folder = finishing.finish_run(
        recipe, model, without_votes, tmp_path / "run", tmp_path / "models"
    )

    served = load_metadata(folder).preprocessing
    assert served == training.fitted(recipe, without_votes).preprocessing
    if option == "dataset":
        grey = without_votes.split("Training").images
        assert served.mean == pytest.approx(grey.mean(), abs=0.01)
        assert served.deviation == pytest.approx(grey.std(), abs=0.01)
    faces = without_votes.split("PrivateTest").images
    kept = keras.models.load_model(folder / "model.keras")
    expected = softmax(np.asarray(kept.predict(served.to_input(faces), verbose=0)["fer2013"]))
    recognizer = Recognizer(folder, get_detector())
    exported = softmax(recognizer.network.logits(served.to_input(faces))["fer2013"])
    assert exported == pytest.approx(expected, abs=1e-2)
    best = training.best_network(recipe, without_votes, tmp_path / "run")
    for one, other in zip(best.get_weights(), kept.get_weights(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("balance", "counts"),
    [
        ("none", [30, 20, 15, 10, 10, 5, 4]),
        ("oversample", [30] * 7),
        ("replicate", [30, 20, 30, 30, 30, 30, 28]),
        ("downsample", [10, 10, 10, 10, 10, 5, 4]),
    ],
)
def test_training_alone_is_balanced(
    labels_only: Recipe,
    without_votes: FaceDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    balance: str,
    counts: list[int],
) -> None:
    labels = np.repeat(np.arange(7), [30, 20, 15, 10, 10, 5, 4])
    rows = np.concatenate(
        [np.arange(len(labels)), np.flatnonzero(without_votes.splits != "Training")]
    )
    dataset = without_votes.take(rows)
    dataset.labels[: len(labels)] = labels
    seen: list[FaceDataset] = []

    class Seen(TrainingBatches):
        def __init__(self, recipe: Recipe, training: FaceDataset, *rest: Any) -> None:
            seen.append(training)
            super().__init__(recipe, training, *rest)

    monkeypatch.setattr(training, "TrainingBatches", Seen)
    training.train(replace(labels_only, epochs=1, balance=balance), dataset, tmp_path / "run")
    assert np.bincount(seen[0].labels).tolist() == counts
    assert set(seen[0].splits) == {"Training"}
    with pytest.raises(RecipeError, match="has the balance 'evenly'"):
        replace(labels_only, balance="evenly")


def test_mixed_faces_reach_the_network(labels_only: Recipe, without_votes: FaceDataset) -> None:
    alone = TrainingBatches(labels_only, without_votes)[0]
    mixed = TrainingBatches(replace(labels_only, mixup=1.0), without_votes)[0]
    assert not np.array_equal(alone[0], mixed[0])
    assert set(np.unique(alone[1]["fer2013"])) == {0.0, 1.0}
    assert ((mixed[1]["fer2013"] > 0.01) & (mixed[1]["fer2013"] < 0.99)).any()


def test_a_full_disk_keeps_the_checkpoint_before_it(
    labels_only: Recipe,
    without_votes: FaceDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def disk_full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    def fill_the_disk(row: dict[str, float]) -> None:
        monkeypatch.setattr(np, "savez", disk_full)

    run = tmp_path / "run"
    with pytest.raises(ArtifactError, match=r"run cannot be written: .*No space left"):
        training.train(labels_only, without_votes, run, on_epoch=fill_the_disk)
    monkeypatch.undo()
    rows: list[dict[str, float]] = []
    training.train(labels_only, without_votes, run, resume=True, on_epoch=rows.append)
    assert [row["epoch"] for row in rows] == [2]


def test_a_bar_tells_loss_accuracy_faces_a_second_and_time_left(
    labels_only: Recipe,
    without_votes: FaceDataset,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    training.train(labels_only, without_votes, tmp_path / "run", bar=True)
    shown = capsys.readouterr().err
    assert "epoch 1 of 2" in shown
    assert re.search(r"faces/s, loss \d\.\d{3}, accuracy [01]\.\d{3}, run \d\d:\d\d left", shown)


def test_a_head_for_votes_needs_votes(
    toy_recipe: Recipe, without_votes: FaceDataset, tmp_path: Path
) -> None:
    assert toy_recipe.heads == HEADS
    with pytest.raises(DatasetError, match="without FER\\+ votes"):
        training.train(toy_recipe, without_votes, tmp_path / "run")


def test_a_network_learns_from_colours(
    labels_only: Recipe, without_votes: FaceDataset, tmp_path: Path
) -> None:
    coloured = replace(without_votes, images=np.stack([without_votes.images] * 3, axis=-1))
    recipe = replace(labels_only, epochs=1, preprocessing=Preprocessing(size=16, channels=3))
    of_colours, of_grey = (
        TrainingBatches(recipe, dataset)[0][0] for dataset in (coloured, without_votes)
    )
    assert of_colours.shape == of_grey.shape == (32, 16, 16, 3)
    model = training.train(recipe, coloured, tmp_path / "run")
    assert model.input_shape == (None, 16, 16, 3)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam"])
@pytest.mark.parametrize("schedule", ["cosine", "constant", "plateau"])
def test_every_optimizer_learns_under_every_schedule(
    labels_only: Recipe, without_votes: FaceDataset, tmp_path: Path, optimizer: str, schedule: str
) -> None:
    recipe = replace(
        labels_only, optimizer=optimizer, schedule=schedule, learning_rate=5e-3, epochs=3
    )
    training.train(recipe, without_votes, tmp_path / "run")
    history = read_history(tmp_path / "run")
    assert history[-1]["loss"] < history[0]["loss"]
    rates = [row["learning_rate"] for row in history]
    if schedule == "cosine":
        assert rates[0] > rates[1] > rates[2] == pytest.approx(0, abs=1e-6)
    else:
        assert rates == pytest.approx([5e-3] * 3)


def test_a_plateau_halves_the_rate_and_a_resumed_run_keeps_it(
    labels_only: Recipe,
    without_votes: FaceDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "PLATEAU", 2)
    recipe = replace(labels_only, schedule="plateau", epochs=8)
    scripted_scores(monkeypatch, [0.5, 0.4, 0.5, 0.3, 0.6, 0.1, 0.1, 0.1])

    def stop(row: dict[str, float]) -> None:
        if row["epoch"] == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(recipe, without_votes, tmp_path / "run", on_epoch=stop)
    training.train(recipe, without_votes, tmp_path / "run", resume=True)
    rates = [row["learning_rate"] for row in read_history(tmp_path / "run")]
    assert rates == pytest.approx([1e-3] * 3 + [5e-4] * 4 + [2.5e-4])


def test_a_run_without_progress_stops_early_and_keeps_its_best(
    labels_only: Recipe,
    without_votes: FaceDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = replace(labels_only, epochs=9, early_stopping=2)
    scripted_scores(monkeypatch, [0.1, 0.3, 0.2, 0.3, 0.9])
    training.train(recipe, without_votes, tmp_path / "run")
    history = read_history(tmp_path / "run")
    assert [row["selection"] for row in history] == [0.1, 0.3, 0.2, 0.3]

    # It has ended: going on with it adds nothing.
    training.train(recipe, without_votes, tmp_path / "run", resume=True)
    assert read_history(tmp_path / "run") == history

    scripted_scores(monkeypatch, [0.3] + [0.1] * 8)
    training.train(replace(recipe, early_stopping=0), without_votes, tmp_path / "all")
    assert len(read_history(tmp_path / "all")) == 9


def test_stalled_epochs_are_counted_from_the_first_best() -> None:
    for scores, stalled in (([], 0), ([0.5], 0), ([0.5, 0.5], 1), ([0.5, 0.4, 0.6], 0)):
        assert training.stalled_epochs([{"selection": score} for score in scores]) == stalled


def test_class_weights_give_every_expression_the_same_say(
    toy_recipe: Recipe, toy_faces: FaceDataset
) -> None:
    labels = np.array([0] * 6 + [3] * 2)
    weights = inverse_frequency(labels, 7)
    assert weights == pytest.approx([8 / 12] * 6 + [2.0] * 2)
    assert weights.mean() == pytest.approx(1)

    plain = TrainingBatches(toy_recipe, toy_faces)
    weighted = TrainingBatches(replace(toy_recipe, class_weights=True), toy_faces)
    assert np.array_equal(plain[0][1]["fer2013"], weighted[0][1]["fer2013"])
    assert (plain[0][2]["fer2013"] == 1).all()
    sums = weighted.targets["fer2013"].T @ weighted.weights["fer2013"]
    assert sums == pytest.approx(np.full(7, 200 / 7), rel=1e-4)
    assert np.array_equal(plain[0][2]["ferplus"], weighted[0][2]["ferplus"])


def test_without_momentum_the_weights_are_those_of_the_epochs_end(
    labels_only: Recipe, without_votes: FaceDataset, tmp_path: Path
) -> None:
    seen: list[Any] = []

    class Spy(training.WeightAverage):
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            super().on_epoch_end(epoch, logs)
            seen.append(self.model.get_weights())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "WeightAverage", Spy)
        recipe = replace(labels_only, epochs=1)
        model = training.train(recipe, without_votes, tmp_path / "run")
    for kept, last in zip(model.get_weights(), seen[-1], strict=True):
        assert kept == pytest.approx(last)


def test_a_run_from_before_a_field_existed_is_gone_on_with(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path
) -> None:
    def stop(row: dict[str, float]) -> None:
        raise KeyboardInterrupt

    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        training.train(toy_recipe, toy_faces, run, on_epoch=stop)
    state = json.loads((run / "checkpoint" / "state.json").read_text())
    for name in ("heads", "optimizer", "schedule", "early_stopping", "class_weights"):
        del state["recipe"][name]
    del state["recipe"]["preprocessing"]["channels"]
    del state["history"][0]["learning_rate"]
    (run / "checkpoint" / "state.json").write_text(json.dumps(state))
    training.train(toy_recipe, toy_faces, run, resume=True)
    assert [row["epoch"] for row in read_history(run)] == [1, 2]
