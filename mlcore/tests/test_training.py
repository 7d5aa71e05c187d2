from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcore import artifacts
from mlcore.artifacts import PRECISIONS, load_metadata
from mlcore.augmentation import Augmentation
from mlcore.calibration import softmax
from mlcore.datasets import FaceDataset
from mlcore.errors import ArtifactError, RecipeError, TrainingDependencyError
from mlcore.evaluation import evaluate, predict_logits
from mlcore.network import Network
from mlcore.recipes import Recipe
from mlcore.recognizer import Recognizer, get_detector
from mlcore.reports import MEASURES, report_text
from mlcore.run_folder import BEST, Average, read_history, restore_checkpoint

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")

from mlcore import export, finishing, training  # noqa: E402
from mlcore.batches import TrainingBatches  # noqa: E402

UNCHANGED = Augmentation(
    flip=0, rotation=0, scale=0, shift=0, shear=0, contrast=0, brightness=0, erase=0
)


def test_a_resumed_run_gives_what_a_whole_run_gives(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path
) -> None:
    def stop(row: dict[str, float]) -> None:
        raise KeyboardInterrupt

    whole = training.train(toy_recipe, toy_faces, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        training.train(toy_recipe, toy_faces, tmp_path / "parts", on_epoch=stop)
    rows: list[dict[str, float]] = []
    parts = training.train(
        toy_recipe, toy_faces, tmp_path / "parts", resume=True, on_epoch=rows.append
    )

    assert [row["epoch"] for row in rows] == [2]
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    first, second = (read_history(tmp_path / run) for run in ("whole", "parts"))
    assert [row["epoch"] for row in second] == [1, 2]
    assert [row["loss"] for row in first] == pytest.approx(
        [row["loss"] for row in second], abs=1e-3
    )


def test_a_run_on_the_device_is_gone_on_with_too(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path
) -> None:
    def stop(row: dict[str, float]) -> None:
        raise KeyboardInterrupt

    recipe = replace(toy_recipe, mixup=0.2)
    whole = training.train(recipe, toy_faces, tmp_path / "whole", on_device=True)
    with pytest.raises(KeyboardInterrupt):
        training.train(recipe, toy_faces, tmp_path / "parts", on_device=True, on_epoch=stop)
    parts = training.train(recipe, toy_faces, tmp_path / "parts", on_device=True, resume=True)

    assert len(read_history(tmp_path / "parts")) == 2
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    kept = [tmp_path / "parts" / "checkpoint" / name for name in ("network.npz", "optimizer.npz")]
    # 120 faces of 256 pixels would add 30 KB.
    best = (tmp_path / "parts" / BEST).stat().st_size
    assert sum(path.stat().st_size for path in kept) < 3 * best + 20_000
    drawn = replace(recipe, augmentation=Augmentation(occlude=0.5))
    with pytest.raises(RecipeError, match="occlude"):
        training.train(drawn, toy_faces, tmp_path / "drawn", on_device=True)


@pytest.mark.parametrize("on_device", [True, False])
def test_a_run_is_gone_on_with_wherever_its_faces_are_changed(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path, on_device: bool
) -> None:
    def stop(row: dict[str, float]) -> None:
        raise KeyboardInterrupt

    run = tmp_path / "run"
    # Changed by nothing, the faces are the same in both places.
    recipe = replace(toy_recipe, augmentation=UNCHANGED)
    whole = training.train(recipe, toy_faces, tmp_path / "whole", on_device=on_device)
    with pytest.raises(KeyboardInterrupt):
        training.train(recipe, toy_faces, run, on_device=on_device, on_epoch=stop)
    parts = training.train(recipe, toy_faces, run, on_device=not on_device, resume=True)

    assert len(read_history(run)) == 2
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        assert one == pytest.approx(other, abs=1e-3)


@pytest.mark.parametrize("on_device", [True, False])
def test_an_earlier_programs_run_is_gone_on_with_where_it_was_begun(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path, on_device: bool
) -> None:
    def stop(row: dict[str, float]) -> None:
        raise KeyboardInterrupt

    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        training.train(toy_recipe, toy_faces, run, on_device=on_device, on_epoch=stop)
    model, network, _ = training._prepared(
        toy_recipe, toy_faces.split("Training"), [], on_device=on_device
    )
    restore_checkpoint(run, toy_recipe, model, network, Average())
    model.save_weights(run / "checkpoint" / "model.weights.h5")
    for name in ("network.npz", "optimizer.npz"):
        (run / "checkpoint" / name).unlink()

    place = "device" if on_device else "host"
    with pytest.raises(RecipeError, match=f"go on with --augment-on {place}, or begin anew"):
        training.train(toy_recipe, toy_faces, run, on_device=not on_device, resume=True)
    training.train(toy_recipe, toy_faces, run, on_device=on_device, resume=True)
    assert [row["epoch"] for row in read_history(run)] == [1, 2]


def test_a_folder_that_cannot_be_made_is_said(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ArtifactError, match=r"The run .*toy cannot be written"):
        training.train(toy_recipe, toy_faces, tmp_path / "file" / "toy")


def test_a_run_is_not_gone_on_with_under_other_settings(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path
) -> None:
    training.train(replace(toy_recipe, epochs=1), toy_faces, tmp_path / "run")
    with pytest.raises(RecipeError, match="another epochs;"):
        training.train(toy_recipe, toy_faces, tmp_path / "run", resume=True)
    # What only the finished model is made with may change.
    done = replace(toy_recipe, epochs=1, zooms=(1.0, 1.1), export="float32")
    training.train(done, toy_faces, tmp_path / "run", resume=True)
    assert len(read_history(tmp_path / "run")) == 1


@pytest.mark.parametrize(
    ("precision", "tolerance"), [("int8", 5e-2), ("float16", 1e-2), ("float32", 1e-4)]
)
def test_the_exported_network_answers_as_keras_does(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path, precision: str, tolerance: float
) -> None:
    model = training.build_float32(toy_recipe)
    export.export_litert(model, tmp_path / "model.tflite", precision)

    network = Network((tmp_path / "model.tflite").read_bytes(), export.heads_of(model))
    expected = predict_logits(model, toy_faces.images, toy_recipe.preprocessing)
    exported = network.logits(toy_recipe.preprocessing.to_input(toy_faces.images))
    assert list(exported) == ["fer2013", "ferplus"]
    for head, logits in exported.items():
        assert softmax(logits) == pytest.approx(softmax(expected[head]), abs=tolerance)
    # A face's answer does not depend on those that it shares a batch with.
    alone = network.logits(toy_recipe.preprocessing.to_input(toy_faces.images[5:6]))
    assert alone["fer2013"] == pytest.approx(exported["fer2013"][5:6], abs=1e-5)
    with pytest.raises(ArtifactError, match="does not fit the heads"):
        Network((tmp_path / "model.tflite").read_bytes(), {"fer2013": 7})


def test_exporting_needs_tensorflow(
    toy_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = training.build_float32(toy_recipe)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(TrainingDependencyError, match="KERAS_BACKEND=tensorflow"):
        export.export_litert(model, tmp_path / "model.tflite")


def test_an_export_that_answers_differently_is_refused(
    toy_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "TOLERANCE", dict.fromkeys(PRECISIONS, -1.0))
    path = tmp_path / "network" / "model.tflite"
    path.parent.mkdir()
    path.write_bytes(b"an earlier one")
    with pytest.raises(ArtifactError, match="differs from Keras's"):
        export.export_litert(training.build_float32(toy_recipe), path)
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == b"an earlier one"


def test_the_smallest_weights_that_cost_no_accuracy_are_taken(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, path = training.build_float32(toy_recipe), tmp_path / "model.tflite"
    arguments = (model, path, toy_recipe.preprocessing, toy_faces.split("PublicTest"))
    monkeypatch.setattr(export, "MOST_LOST", 1.0)
    assert export.export_without_loss(*arguments, "int8").precision == "int8"
    small = path.stat().st_size
    assert export.export_without_loss(*arguments, "float32").precision == "float32"
    assert path.stat().st_size > small

    losses = iter([{"fer2013": 0.2, "ferplus": 0.0}, {"fer2013": 0.001, "ferplus": -0.01}])
    monkeypatch.setattr(export, "MOST_LOST", 0.003)
    monkeypatch.setattr(export, "export_loss", lambda *measured: next(losses))
    chosen = export.export_without_loss(*arguments, "int8")
    assert chosen == export.Export("float16", {"fer2013": 0.001, "ferplus": -0.01})

    # Nor are weights that give other answers altogether.
    monkeypatch.setattr(export, "TOLERANCE", {"int8": -1.0, "float16": -1.0, "float32": 1.0})
    monkeypatch.setattr(export, "export_loss", lambda *measured: {"fer2013": 0.0})
    assert export.export_without_loss(*arguments, "int8").precision == "float32"


def test_multiply_adds_are_those_of_the_kernels(toy_recipe: Recipe) -> None:
    model = training.build_float32(toy_recipe)
    blocks = 16**2 * 9 * 1 * 4 + 8**2 * 9 * 4 * 8
    assert export.multiply_adds(model) == blocks + 4 * 4 * 8 * 8 + 8 * (7 + 8)


def test_a_finished_run_is_a_model_that_can_be_served(
    toy_recipe: Recipe,
    toy_faces: FaceDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_dir, models_dir = tmp_path / "runs" / "toy", tmp_path / "models"
    model = training.train(toy_recipe, toy_faces, run_dir)
    folder = finishing.finish_run(toy_recipe, model, toy_faces, run_dir, models_dir)

    metadata = load_metadata(folder)
    assert metadata.architecture == "compact_vgg"
    assert metadata.options["dense"] == 8
    assert metadata.parameters == model.count_params()
    assert set(metadata.files) == {"model.tflite", "model.keras", "report.json", "history.csv"}
    report = metadata.scores["PrivateTest"]
    assert set(report["all"]) == set(MEASURES)
    assert report["faces"] == 40
    assert set(metadata.export_loss or {}) == {"fer2013", "ferplus"}
    assert metadata.precision in PRECISIONS
    assert max((metadata.export_loss or {}).values()) <= export.MOST_LOST
    assert metadata.abstention is not None
    assert metadata.scores["PublicTest"]["all"]["answered"] == {
        "faces": 40,
        "value": metadata.abstention["coverage"],
    }
    assert sum(map(sum, report["confusion"])) == 40
    assert "PrivateTest: 40 faces" in report_text(report)
    kept = keras.models.load_model(folder / "model.keras")
    assert kept.count_params() == metadata.parameters

    recognizer = Recognizer(folder, get_detector())
    test = toy_faces.split("PrivateTest")
    answers = recognizer.classify(list(test.images)).argmax(axis=1)
    served = report["all"]["served_fer2013"]
    assert served == {"faces": 40, "value": round(float((answers == test.labels).mean()), 4)}
    again = evaluate(
        recognizer.network,
        metadata.preprocessing,
        metadata.calibration,
        views=metadata.views,
        dataset=test,
        training=toy_faces.split("Training"),
        threshold=(metadata.abstention or {})["threshold"],
    )
    assert again == report

    # A run that cannot be saved leaves the model that is there.
    def disk_full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(artifacts, "_flush", disk_full)
    with pytest.raises(ArtifactError, match="No space left"):
        finishing.finish_run(toy_recipe, model, toy_faces, run_dir, models_dir)
    assert load_metadata(folder) == metadata


def test_an_export_that_costs_accuracy_is_not_served(
    toy_recipe: Recipe, toy_faces: FaceDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_LOST", -1.1)
    training.train(replace(toy_recipe, epochs=1), toy_faces, tmp_path / "run")
    with pytest.raises(ArtifactError, match="before the export"):
        finishing.finish_run(
            toy_recipe,
            training.build_float32(toy_recipe),
            toy_faces,
            tmp_path / "run",
            tmp_path / "models",
        )
    assert not (tmp_path / "models").exists()


def test_the_same_epoch_gives_the_same_batches(toy_recipe: Recipe, toy_faces: FaceDataset) -> None:
    one, other = (TrainingBatches(toy_recipe, toy_faces) for _ in range(2))
    one.shuffle(3)
    other.shuffle(5)
    other.shuffle(3)
    assert np.array_equal(one[1][0], other[1][0])
    assert np.array_equal(one[1][1]["ferplus"], other[1][1]["ferplus"])
    other.shuffle(4)
    assert not np.array_equal(one[1][0], other[1][0])


def test_faces_that_people_saw_no_face_in_are_left_out(
    toy_recipe: Recipe, toy_faces: FaceDataset
) -> None:
    assert toy_faces.votes is not None
    votes = toy_faces.votes.copy()
    votes[:20] = 0
    votes[:20, 9] = 10
    batches = TrainingBatches(toy_recipe, replace(toy_faces, votes=votes))
    assert len(batches.images) == 180
