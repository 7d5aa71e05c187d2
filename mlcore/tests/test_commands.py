import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from mlcore.artifacts import PACKAGED_MODELS
from mlcore.films.reading import probe
from mlcore.pictures import decode_picture, encode_png
from mlcore.recipes.base import HEADS, LABELS_ONLY, Recipe
from mlcore.recognizer import DEFAULT_MODEL
from mlcore.tests.films import detail_of_who_passes, one_who_passes, two_shots, write_shots

PORTRAIT = Path(__file__).parent / "data" / "astronaut.jpg"
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _own_data_dir(settings: object, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.MODEL_DIRS = [settings.DATA_DIR / "models", PACKAGED_MODELS]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    shutil.copy(PORTRAIT, tmp_path / "eileen.jpg")
    return tmp_path / "eileen.jpg"


@pytest.fixture
def data(write_noise: Write) -> Path:
    """A folder with 60 faces and their votes."""
    splits = ["Training"] * 32 + ["PublicTest"] * 14 + ["PrivateTest"] * 14
    return write_noise(np.random.default_rng(0).integers(0, 7, 60), splits)


def run(*arguments: object) -> str:
    output = io.StringIO()
    call_command(*map(str, arguments), stdout=output)
    return output.getvalue()


def test_recognize_prints_faces_and_writes_the_annotated_picture(picture: Path) -> None:
    before = picture.read_bytes()
    text = run("recognize", picture)
    assert "eileen.jpg: 1 face\n" in text
    assert "happy" in text
    annotated = picture.with_name("eileen.annotated.jpg")
    assert str(annotated) in text
    assert decode_picture(annotated).shape == decode_picture(picture).shape
    assert picture.read_bytes() == before


def test_recognize_annotates_a_film_and_writes_its_numbers(
    astronaut: np.ndarray, tmp_path: Path
) -> None:
    path = write_shots(tmp_path / "film.mov", two_shots(astronaut, seconds=1.0))
    table, lines = tmp_path / "faces.csv", tmp_path / "faces.jsonl"
    text = run("recognize", path, "--rate", 5, "--csv", table, "--json-lines", lines)
    assert "film.mov: 2.0 s, 3 tracks" in text
    assert "happy" in text
    annotated = tmp_path / "film.annotated.mp4"
    assert str(annotated) in text
    assert probe(annotated).codec == "h264"
    with table.open(newline="") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == 15
    assert {row["track"] for row in rows} == {"1", "2", "3"}
    assert [json.loads(line)["happy"] for line in lines.read_text().splitlines()] == [
        float(row["happy"]) for row in rows
    ]
    (answer,) = json.loads(run("recognize", path, "--rate", "1", "--json", "--no-output"))
    assert (answer["width"], answer["annotated"], answer["truncated"]) == (480, None, False)
    assert len(answer["tracks"]) == 3


def test_recognize_blurs_a_face_that_is_in_no_sample(astronaut: np.ndarray, tmp_path: Path) -> None:
    path = write_shots(tmp_path / "film.mp4", one_who_passes(astronaut))
    (answer,) = json.loads(run("recognize", path, "--rate", 1, "--blur", "--json"))
    assert answer["tracks"] == []
    made = tmp_path / "film.annotated.mp4"
    assert detail_of_who_passes(made) < 0.5 * detail_of_who_passes(path)


def test_recognize_refuses_what_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("not a film")
    with pytest.raises(CommandError, match="not a film"):
        run("recognize", tmp_path / "film.mp4")
    with pytest.raises(CommandError, match="No such file"):
        run("recognize", tmp_path / "none.mp4")
    (tmp_path / "film.mp4").write_bytes(b"")
    for rate in ("0", "fast", "1000"):
        with pytest.raises(CommandError, match="rate"):
            run("recognize", tmp_path / "film.mp4", "--rate", rate)


def test_recognize_prints_json(picture: Path) -> None:
    (answer,) = json.loads(run("recognize", picture, "--json", "--no-output"))
    assert answer["annotated"] is None
    assert (answer["width"], answer["height"]) == (512, 512)
    (face,) = answer["faces"]
    assert face["expression"] == "happy"
    assert set(face["box"]) == {"x", "y", "width", "height"}
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert not picture.with_name("eileen.annotated.jpg").exists()


def test_recognize_takes_many_pictures_and_a_folder(picture: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jpg"
    shutil.copy(picture, other)
    folder = tmp_path / "out"
    with pytest.raises(CommandError, match="must be a folder"):
        run("recognize", picture, other, "--output", folder)
    folder.mkdir()
    run("recognize", picture, other, "--output", folder, "--detector", "opencv_haar")
    assert sorted(path.name for path in folder.iterdir()) == [
        "eileen.annotated.jpg",
        "other.annotated.jpg",
    ]


def test_recognize_never_overwrites_the_picture(picture: Path, tmp_path: Path) -> None:
    before = picture.read_bytes()
    (tmp_path / "link.jpg").symlink_to(picture)
    for output in (picture, tmp_path / "link.jpg"):
        with pytest.raises(CommandError, match="never overwritten"):
            run("recognize", picture, "--output", output)
    assert picture.read_bytes() == before


def test_recognize_writes_nothing_twice_and_over_no_other_file(
    picture: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "eileen.png").write_bytes(picture.read_bytes())
    shutil.copy(picture, folder)
    shutil.copy(picture, tmp_path / "eileen.annotated.jpg")
    (tmp_path / "link").symlink_to(folder)
    film = tmp_path / "film.mp4"
    before = sorted(tmp_path.rglob("*"))
    for arguments, message in (
        ((picture, tmp_path / "eileen.png"), r"eileen\.annotated\.jpg would be written twice"),
        ((tmp_path / "eileen.png", folder / "eileen.jpg", "--output", folder), "written twice"),
        ((folder / "eileen.jpg", tmp_path / "link" / "eileen.jpg"), "written twice"),
        ((picture, tmp_path / "eileen.annotated.jpg"), "is to be read, and is never overwritten"),
        ((film, "--csv", tmp_path / "a", "--json-lines", tmp_path / "a"), "written twice"),
        ((film, "--csv", tmp_path / "film.annotated.mp4"), "written twice"),
        ((film, "--no-output", "--csv", film), "film.mp4 is to be read"),
        (
            (film, tmp_path / "two.mp4", "--csv", tmp_path / "a"),
            "one film, and .*two.mp4 is another",
        ),
        ((film, tmp_path / "two.mp4", "--json-lines", tmp_path / "a"), "takes the faces of one"),
    ):
        with pytest.raises(CommandError, match=message):
            run("recognize", *arguments)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "eileen.annotated.jpg").read_bytes() == picture.read_bytes()


def test_recognize_says_what_is_wrong(picture: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run("recognize", tmp_path / "nowhere.jpg")
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    with pytest.raises(CommandError, match="GIF"):
        run("recognize", tmp_path / "a.gif")
    with pytest.raises(CommandError, match="no trained model 'none'"):
        run("recognize", picture, "--model", "none")
    with pytest.raises(CommandError, match="cannot be written"):
        run("recognize", picture, "--output", tmp_path / "nowhere" / "a.jpg")


def test_explain_draws_a_row_for_each_face(picture: Path, tmp_path: Path) -> None:
    assert "face 1: happy" in run("explain", picture)
    assert decode_picture(picture.with_name("eileen.explained.png")).shape == (288, 576, 3)

    target = tmp_path / "sad.png"
    assert "face 1: sad" in run("explain", picture, "--expression", "sad", "--output", target)
    assert target.is_file()


@pytest.mark.training
def test_explain_follows_the_gradients_too(picture: Path, tmp_path: Path) -> None:
    run("explain", picture, "--method", "grad_cam", "--output", tmp_path / "a.png")

    assert decode_picture(tmp_path / "a.png").shape == (288, 576, 3)


def test_explain_says_what_is_wrong(picture: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="never overwritten"):
        run("explain", picture, "--output", picture)
    with pytest.raises(CommandError, match="cannot be read"):
        run("explain", tmp_path / "nowhere.jpg")
    with pytest.raises(CommandError, match="cannot be written"):
        run("explain", picture, "--output", tmp_path / "nowhere" / "a.png")
    empty = tmp_path / "empty.png"
    empty.write_bytes(encode_png(np.full((64, 64, 3), 127, np.uint8)))
    with pytest.raises(CommandError, match="No face"):
        run("explain", empty)


def test_list_models(capsys: pytest.CaptureFixture[str], settings: object) -> None:
    assert "compact_vgg" in run("list_models")
    names = [model["name"] for model in json.loads(run("list_models", "--json"))]
    assert names == sorted(path.name for path in PACKAGED_MODELS.iterdir())
    assert DEFAULT_MODEL in names
    broken = settings.DATA_DIR / "models" / "broken"
    broken.mkdir(parents=True)
    (broken / "metadata.json").write_text("{}")
    assert "broken" not in run("list_models")
    assert "schema version" in capsys.readouterr().err
    settings.MODEL_DIRS = []
    assert "no trained model" in run("list_models")


def test_evaluate_model_measures_what_is_served(data: Path) -> None:
    report = json.loads(run("evaluate_model", "compact_vgg", "--data", data, "--json"))
    assert report["split"] == "PrivateTest"
    assert report["faces"] == 14
    assert report["all"]["ferplus"]["faces"] == 14
    text = run("evaluate_model", "compact_vgg", "--data", data, "--split", "PublicTest")
    assert text.startswith("PublicTest: 14 faces")


def test_models_are_measured_on_training_too_which_knows_each_of_its_faces(data: Path) -> None:
    arguments = ("--data", data, "--split", "Training")
    report = json.loads(run("evaluate_model", "compact_vgg", *arguments, "--json"))
    assert set(report["without_copies"]) == set(report["all"])
    assert report["all"]["kl_votes"]["faces"] == 32
    for measure in report["without_copies"].values():
        assert measure == {"faces": 0, "value": 0.0}
    assert run("evaluate_model", "compact_vgg", *arguments).startswith("Training: 32 faces")
    assert "Kullback-Leibler" in run("compare_models", "compact_vgg", *arguments)


def test_evaluate_model_says_what_is_wrong(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no trained model"):
        run("evaluate_model", "none", "--data", data)
    with pytest.raises(CommandError, match=r"nowhere cannot be read"):
        run("evaluate_model", "compact_vgg", "--data", tmp_path / "nowhere")


def test_compare_models_stars_the_best_of_each_row(data: Path, settings: object) -> None:
    same = settings.DATA_DIR / "models" / "same"
    shutil.copytree(PACKAGED_MODELS / "compact_vgg", same)
    metadata = json.loads((same / "metadata.json").read_text())
    (same / "metadata.json").write_text(json.dumps({**metadata, "name": "same"}))

    text = run("compare_models", "compact_vgg", "same", "--data", data)
    reports = json.loads(run("compare_models", "compact_vgg", "same", "--data", data, "--json"))

    assert reports["same"] == reports["compact_vgg"]
    rows = [line for line in text.splitlines() if line.startswith("FER2013 label")]
    assert len(rows) == 5
    assert all(row.count("*") == 2 for row in rows)  # they are equally good
    with pytest.raises(CommandError, match="no trained model"):
        run("compare_models", "none", "--data", data)


@pytest.mark.training
def test_export_model_writes_what_the_format_promises(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    exported = tmp_path / "network.tflite"
    run("export_model", "compact_vgg", exported)
    packaged = PACKAGED_MODELS / "compact_vgg" / "model.tflite"
    assert exported.stat().st_size == pytest.approx(packaged.stat().st_size, rel=0.01)
    for precision, share in (("int8", 0.25), ("float32", 1)):
        path = tmp_path / f"{precision}.tflite"
        run("export_model", "compact_vgg", path, "--precision", precision)
        assert path.stat().st_size == pytest.approx(share * 1_769_263 * 4, rel=0.03)
    with pytest.raises(CommandError, match="Only --format litert"):
        run("export_model", "compact_vgg", tmp_path / "a", "--format", "onnx", "--precision=int8")
    with pytest.raises(CommandError, match="is there already"):
        run("export_model", "compact_vgg", exported)
    run("export_model", "compact_vgg", tmp_path / "saved", "--format", "tf_saved_model")
    assert (tmp_path / "saved" / "saved_model.pb").is_file()


@pytest.mark.training
@pytest.mark.parametrize("options", [(), ("--format", "tf_saved_model")])
def test_export_model_says_where_it_cannot_write(tmp_path: Path, options: tuple[str, ...]) -> None:
    pytest.importorskip("keras")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(CommandError, match="file"):
        run("export_model", "compact_vgg", tmp_path / "file" / "network", *options)


@pytest.mark.training
def test_a_network_of_another_size_gets_faces_of_that_size(data: Path) -> None:
    pytest.importorskip("keras")
    train = ["train_model", "monitor_cnn_fer2013", "--data", data, "--quiet"]
    for change in ("name=tiny", "epochs=1", "options.depth=3", "preprocessing.size=32"):
        train += ["--set", change]
    assert "is ready" in run(*train)
    report = json.loads(run("evaluate_model", "tiny", "--data", data, "--json"))
    assert report["faces"] == 14
    # Beside a network of 48 pixels each gets its own.
    both = run("compare_models", "compact_vgg", "tiny", "--data", data, "--json")
    assert json.loads(both)["tiny"] == report
    assert "tiny" in run("calibrate_model", "tiny", "--data", data)


@pytest.mark.training
def test_train_model_makes_a_model_that_the_other_commands_take(
    data: Path, picture: Path, settings: object
) -> None:
    pytest.importorskip("keras")
    train = ["train_model", "compact_vgg", "--data", data, "--set", "epochs=1"]
    train += ["--set", "batch_size=16", "--set", "precision=float32", "--set", "name=mine"]
    text = run(*train, "--quiet")
    folder = settings.DATA_DIR / "models" / "mine"
    assert text == f"{folder} is ready; its README.md has the scores.\n"
    first = json.loads((folder / "metadata.json").read_text())

    with pytest.raises(CommandError, match="holds an earlier run: pass --resume"):
        run(*train, "--quiet")

    # All epochs are done: only the model is made again, with the same weights.
    run(*train, "--quiet", "--resume")
    again = json.loads((folder / "metadata.json").read_text())
    assert again["scores"] == first["scores"]

    assert "mine" in run("list_models")
    run_dir = settings.DATA_DIR / "runs" / "mine"
    reported = {"report.md", "curves.png", "confusion.png", "reliability.png", "mistakes.png"}
    assert reported <= {path.name for path in run_dir.iterdir()}
    evaluated = json.loads(run("evaluate_model", "mine", "--data", data, "--json"))
    assert evaluated == first["scores"]["PrivateTest"]
    (answer,) = json.loads(run("recognize", picture, "--model", "mine", "--json", "--no-output"))
    assert len(answer["faces"]) == 1


@pytest.mark.training
def test_a_recipe_of_labels_alone_needs_no_votes(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("keras")
    small = {"filters": (4, 8), "dense": 8}
    recipe = Recipe("mine", "compact_vgg", small, heads=LABELS_ONLY, epochs=1, batch_size=16)
    monkeypatch.setattr("mlcore.recipes.compact_vgg.RECIPE", recipe)
    votes = data / "fer2013new.csv"
    votes.rename(data / "votes.csv")
    text = run("train_model", "compact_vgg", "--data", data)
    assert "PublicTest labels 0." in text
    assert "FER+" not in text
    report = json.loads(run("evaluate_model", "mine", "--data", data, "--json"))
    assert "served_ferplus" not in report["all"]
    # What cannot be measured without the votes is left out, for a network with a head for them too.
    report = json.loads(run("evaluate_model", "compact_vgg", "--data", data, "--json"))
    assert "ferplus" not in report["all"]
    monkeypatch.setattr("mlcore.recipes.compact_vgg.RECIPE", replace(recipe, heads=HEADS))
    with pytest.raises(CommandError, match=r"without FER\+ votes"):
        run("train_model", "compact_vgg", "--data", data, "--restart")
    (data / "votes.csv").rename(votes)
    report = json.loads(run("evaluate_model", "mine", "--data", data, "--json"))
    assert report["all"]["served_ferplus"]["faces"] == 14


@pytest.mark.training
def test_ctrl_c_keeps_the_best_epoch_so_far(
    data: Path,
    settings: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("keras")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    small = {"filters": (4, 8), "dense": 8}
    recipe = Recipe("mine", "compact_vgg", small, heads=LABELS_ONLY, epochs=3, batch_size=16)
    monkeypatch.setattr("mlcore.recipes.compact_vgg.RECIPE", recipe)
    with pytest.raises(CommandError, match="No epoch of the run"):
        run("train_model", "compact_vgg", "--data", data, "--finish")
    with monkeypatch.context() as pressed:
        pressed.setattr("mlcore.management.commands.train_model.epoch_line", interrupt)
        with pytest.raises(SystemExit) as stopped:
            run("train_model", "compact_vgg", "--data", data)
    assert stopped.value.code == 130
    assert "goes on with --resume, or makes a model" in capsys.readouterr().err

    run("train_model", "compact_vgg", "--data", data, "--finish", "--quiet")
    metadata = json.loads((settings.DATA_DIR / "models" / "mine" / "metadata.json").read_text())
    assert ", 1 epoch in" in metadata["hardware"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "no recipe 'nothing'"),
        (["compact_vgg", "--set", "epochs=many"], "not of the type int"),
        (["compact_vgg", "--set", "epochs"], "not of the type int"),
    ],
)
def test_train_model_says_what_is_wrong(arguments: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=message):
        run("train_model", *arguments, "--data", tmp_path)


def test_train_model_without_keras_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['keras'] = None; "
        f"sys.argv = ['manage.py', 'train_model', 'compact_vgg', '--data', {str(tmp_path)!r}]; "
        "import manage; manage.main()"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=PACKAGED_MODELS.parent.parent,
        env={"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "ferproject.settings"},
    )
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "make install-full" in answer.stderr
