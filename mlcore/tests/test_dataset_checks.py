"""The checks of a dataset, its pictures, and the command that shows both."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from mlcore.datasets import FaceDataset, check_dataset, check_text
from mlcore.datasets.drawing import balance_plot, sample_sheet
from mlcore.labels import EXPRESSIONS
from mlcore.progress import progress_bar

Write = Callable[..., Path]


@pytest.fixture
def faces() -> FaceDataset:
    """Ten faces: rows 0, 1, 5 and 8 are the same, 2 and 9 too, 3 is constant, 4 nearly."""
    images = np.random.default_rng(0).integers(0, 256, (10, 16, 16)).astype(np.uint8)
    images[[1, 5, 8]] = images[0]
    images[9] = images[2]
    images[3] = 0
    images[4] = 0
    images[4, 0, 0] = 9
    return FaceDataset(
        images=images,
        labels=np.array([0, 0, 1, 2, 3, 1, 4, 5, 0, 1]),
        splits=np.array(["Training"] * 5 + ["PublicTest"] * 3 + ["PrivateTest"] * 2),
        subjects=np.array(list("aabbccddee")),
        names=np.array([f"{row}.png" for row in range(10)]),
    )


def test_rows_carry_subjects_and_names_along(faces: FaceDataset) -> None:
    few = faces.take(np.array([7, 0]))
    assert few.subjects is not None
    assert few.subjects.tolist() == ["d", "a"]
    assert few.name_of(0) == "7.png"
    assert replace(few, names=None).name_of(1) == "face 1"
    assert replace(faces, subjects=None).split("PrivateTest").subjects is None


def test_copies_inside_and_across_splits_are_found(faces: FaceDataset) -> None:
    found = check_dataset(faces).duplicates
    assert (found.groups, found.faces) == (2, 6)
    assert found.within == {"Training": 1, "PublicTest": 0, "PrivateTest": 0}
    assert found.across == 2
    assert found.conflicting == 1
    assert found.in_training == {"PublicTest": 1, "PrivateTest": 2}


def test_empty_pictures_and_classes_are_found(faces: FaceDataset) -> None:
    check = check_dataset(faces, ["x.png cannot be read as a picture."])
    assert check.constant == ("3.png",)
    assert check.nearly_empty == ("4.png",)
    assert check.empty_classes["PrivateTest"] == EXPRESSIONS[2:]
    assert check.empty_classes["Training"] == ("sad", "surprise", "neutral")
    assert check.counts["Training"]["angry"] == 2
    assert check.subjects == 5
    assert check.unreadable == ("x.png cannot be read as a picture.",)


def test_rgb_faces_are_checked_channel_by_channel(faces: FaceDataset) -> None:
    images = np.repeat(faces.images[..., None], 3, axis=3)
    images[3] = (200, 30, 10)  # constant, however much its channels differ
    images[4, :, :, 0] = 200
    images[6, :, :, 1:] = 0  # full of red
    check = check_dataset(replace(faces, images=images))
    assert (check.size, check.channels) == (16, 3)
    assert check.constant == ("3.png",)
    assert check.nearly_empty == ("4.png",)
    assert check.duplicates == check_dataset(faces).duplicates
    assert "10 faces of 5 people, 16x16 pixels, RGB" in check_text(check)


def test_the_check_is_told_in_tables_and_sentences(faces: FaceDataset) -> None:
    text = check_text(check_dataset(faces, ["x.png cannot be read as a picture."]))
    assert "10 faces of 5 people, 16x16 pixels" in text
    assert "angry                2           0           1           3   30.0 %" in text
    assert "exact copies: 2 groups with 6 faces; 1 groups with conflicting labels" in text
    assert "2 faces of PrivateTest have a copy in Training" in text
    assert "Training holds no face of: sad, surprise, neutral." in text
    assert "constant pictures: 1\n  3.png" in text
    assert "files without a face: 1\n  x.png cannot be read" in text


def test_long_lists_of_names_are_wrapped_between_names() -> None:
    names = np.array([f"line {row}" for row in range(1000, 1030)])
    empty = FaceDataset(
        np.zeros((30, 16, 16), np.uint8),
        np.zeros(30, np.int64),
        np.array(["Training"] * 30),
        names=names,
    )
    lines = check_text(check_dataset(empty)).partition("constant pictures: 30\n")[2].splitlines()
    assert len(lines) == 4
    assert all(line.startswith("  line 1") and len(line) <= 98 for line in lines)


def test_a_clean_dataset_has_little_to_tell(toy_faces: FaceDataset) -> None:
    text = check_text(check_dataset(toy_faces))
    assert "no exact copies" in text
    assert "constant" not in text
    assert "holds no face" not in text


def test_the_sheet_has_a_row_for_each_expression(faces: FaceDataset) -> None:
    sheet = sample_sheet(faces, samples=4)
    height, width, _ = sheet.shape
    assert height > 7 * 64
    assert width > 4 * 64
    tiles = sheet[:, 112:]
    rows = np.array_split(tiles, 7)
    assert all((row < 255).any() for row in rows[:6])
    assert (rows[6][10:] == 255).all()  # no face is neutral


def test_the_sheet_shows_colours(faces: FaceDataset) -> None:
    red = np.full((10, 16, 16, 3), (200, 30, 10), np.uint8)
    sheet = sample_sheet(replace(faces, images=red), samples=4)
    assert (sheet[10, 120] == (200, 30, 10)).all()


def test_the_balance_is_a_png(faces: FaceDataset) -> None:
    picture = Image.open(io.BytesIO(balance_plot(check_dataset(faces), "toy")))
    assert picture.format == "PNG"
    assert 800 < picture.width < 2000


@pytest.fixture
def ckplus48(tmp_path: Path) -> Path:
    root = tmp_path / "CK+48"
    random = np.random.default_rng(0)
    for number, name in enumerate(("anger", "contempt", "disgust", "fear", "happy", "sadness")):
        (root / name).mkdir(parents=True)
        face = random.integers(0, 256, (48, 48)).astype(np.uint8)
        Image.fromarray(face).save(root / name / f"S01{number}_001_00000007.png")
    (root / "fear" / "S099_001_00000001.png").write_bytes(b"no picture")
    return root


def run(*arguments: object) -> str:
    output = io.StringIO()
    call_command(*map(str, arguments), stdout=output)
    return output.getvalue()


def test_the_command_imports_checks_and_draws(ckplus48: Path, tmp_path: Path) -> None:
    sheet, balance = tmp_path / "sheet.png", tmp_path / "balance.png"

    text = run("dataset", ckplus48, "--sheet", sheet, "--balance", balance)

    assert "CK+48, ckplus48: 5 faces of 5 people, 48x48 pixels" in text
    assert "1 face of contempt is left out" in text
    assert "S099_001_00000001.png cannot be read as a picture." in text
    assert "Training holds no face of: surprise, neutral." in text
    for path in (sheet, balance):
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 400


def test_the_command_prints_json(ckplus48: Path) -> None:
    answer = json.loads(run("dataset", ckplus48, "--kind", "ckplus48", "--json"))
    assert answer["kind"] == "ckplus48"
    assert answer["faces"] == 5
    assert answer["counts"]["Training"]["happy"] == 1
    assert answer["left_out"] == {"contempt": 1}
    assert len(answer["unreadable"]) == 1


def test_the_command_keeps_colours_on_request(ckplus48: Path, tmp_path: Path) -> None:
    Image.new("RGB", (48, 48), (200, 30, 10)).save(ckplus48 / "anger" / "S010_001_00000007.png")
    for flags, colour in ((["--rgb"], (200, 30, 10)), ([], (79, 79, 79))):
        text = run("dataset", ckplus48, *flags, "--sheet", tmp_path / "sheet.png")
        assert ("48x48 pixels, RGB" in text) == bool(flags)
        with Image.open(tmp_path / "sheet.png") as sheet:
            assert sheet.getpixel((120, 10)) == colour
    csv = tmp_path / "fer2013.csv"
    csv.write_text("emotion,pixels,Usage\n")
    with pytest.raises(CommandError, match=r"fer2013\.csv: .* is grey and has no RGB faces"):
        run("dataset", csv, "--rgb")


def test_the_command_says_in_a_sentence_what_is_wrong(ckplus48: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere cannot be read"):
        run("dataset", tmp_path / "nowhere")
    with pytest.raises(CommandError, match="is not split"):
        run("dataset", ckplus48, "--kind", "folders")
    with pytest.raises(CommandError, match="seven expressions"):
        run("dataset", ckplus48, "--refuse-contempt")
    with pytest.raises(CommandError, match="takes no option neutral"):
        run("dataset", ckplus48, "--neutral")
    with pytest.raises(CommandError, match=r"sheet\.png cannot be written"):
        run("dataset", ckplus48, "--sheet", tmp_path / "missing" / "sheet.png")


def test_bars_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with progress_bar("reading") as quiet:
        assert quiet is None
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with progress_bar("reading") as show:
        assert show is not None
        show(3, 3)
    assert "reading" in terminal.getvalue()
