"""Teachers' answers as targets, and weights to start from."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcore.artifacts import PACKAGED_MODELS, load_metadata
from mlcore.datasets import FaceDataset
from mlcore.distillation import teacher_answers
from mlcore.errors import ArtifactError, RecipeError
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe, get_recipe
from mlcore.recipes.base import HEADS, LABELS_ONLY

TEACHER = PACKAGED_MODELS / "compact_vgg"


@pytest.fixture
def faces() -> FaceDataset:
    random = np.random.default_rng(0)
    labels = np.arange(21) % 7
    votes = np.pad(np.eye(7, dtype=np.int64)[labels] * 9, ((0, 0), (0, 3)))
    images = random.integers(0, 256, (21, 48, 48), dtype=np.uint8)
    splits = np.array(["Training"] * 14 + ["PublicTest"] * 7)
    return FaceDataset(images, labels, splits, votes)


def test_teachers_answer_as_they_are_served(faces: FaceDataset) -> None:
    from mlcore.calibration import combine, softmax
    from mlcore.network import Network

    answers = teacher_answers([TEACHER], faces.images, HEADS)
    metadata = load_metadata(TEACHER)
    network = Network((TEACHER / "model.tflite").read_bytes(), metadata.heads)
    looks = metadata.views.of(faces.images)
    logits = [network.logits(metadata.preprocessing.to_input(look)) for look in looks]

    assert set(answers) == set(HEADS)
    for head, values in answers.items():
        assert values.shape == (21, HEADS[head])
        assert values.sum(axis=1) == pytest.approx(np.ones(21), abs=1e-5)
        temperature = metadata.calibration.temperatures[head]
        expected = np.mean([softmax(look[head], temperature) for look in logits], axis=0)
        assert values == pytest.approx(expected, abs=1e-5)
    alone = replace(metadata.calibration, mixture={"fer2013": 1.0})
    assert answers["fer2013"] == pytest.approx(combine(logits, alone), abs=1e-5)
    # Two of the same are no other teacher than one.
    twice = teacher_answers([TEACHER, TEACHER], faces.images, LABELS_ONLY)
    assert twice["fer2013"] == pytest.approx(answers["fer2013"], abs=1e-6)
    with pytest.raises(RecipeError, match="has a head gaze"):
        teacher_answers([TEACHER], faces.images, {"gaze": 2})


def test_what_teachers_answered_is_kept(faces: FaceDataset, tmp_path: Path) -> None:
    fresh = teacher_answers([TEACHER], faces.images, HEADS, tmp_path / "answers")
    (path,) = (tmp_path / "answers").iterdir()
    assert path.name.startswith(f"compact_vgg-{load_metadata(TEACHER).version}-")

    # Where the teacher is not at hand, its metadata and its answers are enough.
    absent = tmp_path / "compact_vgg"
    absent.mkdir()
    shutil.copy(TEACHER / "metadata.json", absent)
    kept = teacher_answers([absent], faces.images, HEADS, tmp_path / "answers")
    assert all(np.array_equal(kept[head], fresh[head]) for head in HEADS)
    with pytest.raises(ArtifactError, match=r"model\.tflite cannot be read"):
        teacher_answers([absent], faces.images[:20], HEADS, tmp_path / "answers")


def test_a_recipe_names_teachers_and_their_share_together(toy_recipe: Recipe) -> None:
    for wrong in ({"distillation": 0.5}, {"teachers": ("a",)}):
        with pytest.raises(RecipeError, match="above 0 with teachers only"):
            replace(toy_recipe, **wrong)
    with pytest.raises(RecipeError, match="a share from 0 to 1"):
        replace(toy_recipe, teachers=("a",), distillation=1.5)
    recipe = replace(toy_recipe, teachers=("a", "b"), distillation=0.5)
    assert Recipe.from_dict(recipe.to_dict()) == recipe


@pytest.mark.training
def test_targets_are_mixed_with_what_the_teachers_say(
    faces: FaceDataset, toy_recipe: Recipe
) -> None:
    pytest.importorskip("keras")
    from mlcore.batches import TrainingBatches

    recipe = replace(toy_recipe, preprocessing=Preprocessing(), batch_size=14)
    taught = replace(recipe, teachers=("compact_vgg",), distillation=0.25)
    training = faces.split("Training")
    answers = teacher_answers([TEACHER], training.images, HEADS)
    plain, mixed = TrainingBatches(recipe, training), TrainingBatches(taught, training, [TEACHER])
    for head in HEADS:
        expected = 0.75 * plain.targets[head] + 0.25 * answers[head]
        assert mixed.targets[head] == pytest.approx(expected, abs=1e-6)
        assert np.array_equal(mixed.weights[head], plain.weights[head])


@pytest.mark.training
def test_teachers_are_asked_at_each_step_about_what_the_pupil_sees(
    faces: FaceDataset, toy_recipe: Recipe, tmp_path: Path
) -> None:
    keras = pytest.importorskip("keras")
    from mlcore import training
    from mlcore.device_batches import TAUGHT, Teacher, device_training

    recipe = replace(
        toy_recipe,
        preprocessing=Preprocessing(size=16),
        augmentation=replace(toy_recipe.augmentation, flip=0.5, rotation=20),
        teachers=("warm", "cold"),
        distillation=0.25,
        label_smoothing=0.0,
        teaching="each_step",
        batch_size=4,
    )
    keras.utils.set_random_seed(3)
    networks = [training.build_float32(recipe) for _ in range(2)]
    teachers = [Teacher(networks[0], {"fer2013": 2.0}), Teacher(networks[1], {})]
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (4, 16, 16), dtype=np.uint8)
    targets = {head: np.eye(count, dtype=np.float32)[:4] for head, count in HEADS.items()}
    weights = {head: np.ones(4, np.float32) for head in HEADS}
    pupil = training.build_float32(recipe)
    seen: list[np.ndarray] = []
    model, batches = device_training(recipe, pupil, images, targets, weights, teachers)
    training.compile_for(model, recipe, steps=1)

    def noted(inputs: np.ndarray, heads: list[str]) -> dict[str, object]:
        seen.append(np.asarray(inputs))
        return teach(inputs, heads)

    teach, model.teach = model.teach, noted
    said = {
        name: np.asarray(values)
        for name, values in model({"rows": np.arange(4)}, training=True).items()
    }
    model.teach = teach
    assert seen[0].shape == (4, 16, 16, 1)
    # Turned and mirrored: not what is stored.
    assert np.abs(seen[0] - recipe.preprocessing.to_input(images)).max() > 0.1
    # The first teacher answers to the first half, at its temperature.
    first = np.asarray(networks[0](seen[0][:2])["fer2013"]) / 2
    second = np.asarray(networks[1](seen[0][2:])["fer2013"])
    logits = np.concatenate([first, second])
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert said[f"{TAUGHT}fer2013"] == pytest.approx(expected, abs=1e-5)
    # Their share of the target.
    loss = float(model.compute_loss(None, targets, said, weights))
    by_hand = 0.0
    for head in HEADS:
        target = 0.75 * targets[head] + 0.25 * said[f"{TAUGHT}{head}"]
        shifted = said[head] - said[head].max(axis=1, keepdims=True)
        log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        by_hand -= (target * log_softmax).sum(axis=1).mean()
    assert loss == pytest.approx(by_hand, abs=1e-4)
    # Nobody is asked where nothing is learned, and the teachers are not what is trained or kept.
    assert set(model({"rows": np.arange(4)})) == set(HEADS)
    assert len(model.trainable_variables) == len(pupil.trainable_variables)
    before = [np.array(weight) for weight in networks[0].get_weights()]
    model.fit(batches, verbose=0)
    for weight, kept in zip(networks[0].get_weights(), before, strict=True):
        assert np.array_equal(weight, kept)
    path = tmp_path / "pupil.weights.h5"
    model.save_weights(path)
    size = path.stat().st_size
    alone, batches = device_training(recipe, pupil, images, targets, weights)
    training.compile_for(alone, recipe, steps=1)
    alone.fit(batches, verbose=0)
    alone.save_weights(path)
    assert size == path.stat().st_size


@pytest.mark.training
def test_a_recipe_whose_teachers_are_asked_at_each_step_is_trained(
    faces: FaceDataset, toy_recipe: Recipe, tmp_path: Path
) -> None:
    pytest.importorskip("keras")
    from mlcore import training

    recipe = replace(
        toy_recipe,
        preprocessing=Preprocessing(),
        teachers=("compact_vgg",),
        distillation=0.5,
        teaching="each_step",
        batch_size=7,
        epochs=1,
    )
    training.train(recipe, faces, tmp_path / "run")
    assert (tmp_path / "run" / "best.weights.h5").exists()
    with pytest.raises(RecipeError, match="changed on the device"):
        training.train(recipe, faces, tmp_path / "run", on_device=False)
    other = replace(recipe, preprocessing=Preprocessing(standardize="unit"))
    with pytest.raises(RecipeError, match="other heads or inputs"):
        training.train(other, faces, tmp_path / "run")
    with pytest.raises(RecipeError, match="the teaching 'daily'"):
        replace(recipe, teaching="daily")


@pytest.mark.training
def test_training_starts_from_a_model(
    faces: FaceDataset, toy_recipe: Recipe, tmp_path: Path
) -> None:
    keras = pytest.importorskip("keras")
    from mlcore import training

    recipe = replace(
        get_recipe("compact_vgg"),
        start_from="compact_vgg",
        epochs=1,
        batch_size=14,
        learning_rate=0.0,
        ema=0.0,
        precision="float32",
    )
    model = training.train(recipe, faces, tmp_path / "run")
    kept = keras.saving.load_model(TEACHER / "model.keras")
    for one, other in zip(model.trainable_weights, kept.trainable_weights, strict=True):
        assert np.array_equal(one, other)
    other_network = replace(toy_recipe, preprocessing=Preprocessing(), start_from="compact_vgg")
    with pytest.raises(RecipeError, match="has another network"):
        training.train(other_network, faces, tmp_path / "other")
    # A network of fewer heads takes those it has.
    alone = replace(recipe, heads=LABELS_ONLY)
    model = training.train(alone, faces, tmp_path / "alone")
    for layer in ("block1_conv1", "dense", "fer2013"):
        assert np.array_equal(model.get_layer(layer).kernel, kept.get_layer(layer).kernel)
    with pytest.raises(ArtifactError, match="no trained model 'nobody'"):
        training.train(replace(recipe, start_from="nobody"), faces, tmp_path / "nobody")
    assert not (tmp_path / "nobody").exists()
