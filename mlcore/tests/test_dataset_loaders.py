"""Each format that people download, good and bad, in miniature."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mlcore.boxes import Box, Detection
from mlcore.crops import CropRule
from mlcore.datasets import (
    ImportReport,
    detect_kind,
    load_ckplus,
    load_ckplus48,
    load_ckplus_csv,
    load_dataset,
    load_fer2013,
    load_folders,
    load_jaffe,
)
from mlcore.detectors import DETECTORS, get_detector
from mlcore.errors import DatasetError, DetectorError
from mlcore.labels import EXPRESSIONS

PIXELS = " ".join(["7"] * 48 * 48)
Write = Callable[..., Path]


def write_picture(path: Path, value: int = 100, side: int = 48) -> Path:
    """A picture of one single grey, in the format of the file's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((side, side), value, np.uint8)).save(path)
    return path


def write_broken(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no picture")
    return path


class MiddleDetector:
    """Takes the middle of every picture for a face, unless the picture is black."""

    name = "middle"
    crop_rule = CropRule(margin=1.0, shift_up=0.0)

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        if not image.any():
            return []
        height, width = image.shape[:2]
        whole = Detection(Box(0, 0, width, height), 0.1)
        return [
            whole,
            Detection(Box(width // 4, height // 4, width // 2, height // 2), 0.9),
        ]


@pytest.fixture
def middle(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(DETECTORS, "middle", MiddleDetector)
    get_detector.cache_clear()
    return "middle"


def write_sequence(
    root: Path, subject: str, number: str, label: object, frames: int, start: int = 1
) -> None:
    """A sequence of CK+ whose frame i is of the grey 10 * i."""
    for frame in range(start, start + frames):
        name = f"{subject}_{number}_{frame:08}.png"
        write_picture(root / "cohn-kanade-images" / subject / number / name, 10 * frame, 64)
    folder = root / "Emotion" / subject / number
    folder.mkdir(parents=True)
    if label is not None:
        (folder / f"{subject}_{number}_{frames:08}_emotion.txt").write_text(f"   {label}\n")


@pytest.fixture
def ckplus(tmp_path: Path) -> Path:
    root = tmp_path / "CK+"
    write_sequence(root, "S005", "001", "3.0000000e+00", 5)
    write_sequence(root, "S010", "002", "7.0000000e+00", 3)
    write_sequence(root, "S010", "003", None, 4)
    write_sequence(root, "S011", "001", "2.0000000e+00", 6)
    (root / "cohn-kanade-images" / "S005" / "001" / ".DS_Store").touch()
    return root


def test_ckplus_takes_the_last_three_frames_of_labelled_sequences(
    ckplus: Path, middle: str
) -> None:
    report = ImportReport()

    dataset = load_ckplus(ckplus, detector=middle, report=report)

    assert dataset.images.shape == (6, 48, 48)
    assert dataset.images[:, 0, 0].tolist() == [30, 40, 50, 10, 20, 30]
    assert [EXPRESSIONS[label] for label in dataset.labels] == ["disgust"] * 3 + ["surprise"] * 3
    assert dataset.subjects is not None
    assert dataset.subjects.tolist() == ["S005"] * 3 + ["S010"] * 3
    assert dataset.name_of(0) == "S005_001_00000003.png"
    assert set(dataset.splits) == {"Training"}
    assert report.left_out == {"contempt": 3}
    assert not report.unreadable


def test_ckplus_takes_first_frames_as_neutral_where_they_are_not_the_peak(
    ckplus: Path, middle: str
) -> None:
    dataset = load_ckplus(ckplus, detector=middle, neutral=True)
    neutral = dataset.take(dataset.labels == EXPRESSIONS.index("neutral"))
    assert neutral.images[:, 0, 0].tolist() == [10]
    assert neutral.subjects is not None
    assert neutral.subjects.tolist() == ["S005"]
    assert len(dataset) == 7


def test_ckplus_reports_frames_without_a_face_and_unreadable_ones(
    ckplus: Path, middle: str
) -> None:
    write_sequence(ckplus, "S020", "001", "1.0", 3, start=0)  # frame 0 is black
    broken = write_broken(ckplus / "cohn-kanade-images/S020/001/S020_001_00000002.png")
    (ckplus / "Emotion" / "S030" / "001").mkdir(parents=True)
    (ckplus / "Emotion" / "S030" / "001" / "S030_001_00000009_emotion.txt").write_text("5.0")
    report = ImportReport()

    dataset = load_ckplus(ckplus, detector=middle, report=report)

    assert (dataset.labels == EXPRESSIONS.index("angry")).sum() == 1
    no_frames, no_face, unreadable = report.unreadable
    assert "S030_001_00000009_emotion.txt labels a sequence of which" in no_frames
    assert no_face.endswith("S020_001_00000000.png: middle finds no face.")
    assert unreadable == f"{broken} cannot be read as a picture."
    with pytest.raises(DatasetError, match="holds no frame"):
        load_ckplus(ckplus, detector=middle)


def test_ckplus_cuts_out_the_face(astronaut: NDArray[np.uint8], tmp_path: Path) -> None:
    write_sequence(tmp_path, "S005", "001", "5.0", 1)
    frame = tmp_path / "cohn-kanade-images/S005/001/S005_001_00000001.png"
    Image.fromarray(astronaut).save(frame)

    dataset = load_ckplus(tmp_path, size=64)

    assert dataset.images.shape == (1, 64, 64)
    face = np.asarray(Image.fromarray(astronaut).convert("L").crop((165, 60, 285, 180)))
    shrunk = np.asarray(Image.fromarray(face).resize((64, 64)))
    assert np.corrcoef(shrunk.ravel(), dataset.images[0].ravel())[0, 1] > 0.6


@pytest.mark.parametrize(
    ("label", "message"),
    [("9.0", "no expression has the number 9"), ("1.5", "number 1.5"), ("x", "holds no number")],
)
def test_a_bad_label_of_ckplus_is_named(
    tmp_path: Path, middle: str, label: str, message: str
) -> None:
    write_sequence(tmp_path, "S005", "001", label, 3)
    with pytest.raises(DatasetError, match=rf"_emotion\.txt.*{message}"):
        load_ckplus(tmp_path, detector=middle)


def test_ckplus_refuses_contempt_on_request_another_layout_and_detector(
    ckplus: Path, middle: str, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="seven expressions"):
        load_ckplus(ckplus, detector=middle, refuse_contempt=True)
    with pytest.raises(DatasetError, match="lacks the folder cohn-kanade-images"):
        load_ckplus(tmp_path)
    with pytest.raises(DetectorError, match="no detector 'none'"):
        load_ckplus(ckplus, detector="none")


@pytest.fixture
def ckplus48(tmp_path: Path) -> Path:
    root = tmp_path / "CK+48"
    names = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")
    for number, name in enumerate(names):
        for frame in (7, 8):
            write_picture(root / name / f"S01{number}_004_{frame:08}.png", 10 * number + frame)
    return root


def test_ckplus48_has_subjects_and_no_contempt(ckplus48: Path) -> None:
    report = ImportReport()
    dataset = load_ckplus48(ckplus48, report=report, size=32)
    assert dataset.images.shape == (12, 32, 32)
    assert dataset.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert dataset.subjects is not None
    assert dataset.subjects.tolist()[:4] == ["S010", "S010", "S012", "S012"]
    assert dataset.name_of(1) == "anger/S010_004_00000008.png"
    assert report.left_out == {"contempt": 2}


def test_ckplus48_with_a_strange_folder_or_file_is_refused(ckplus48: Path) -> None:
    with pytest.raises(DatasetError, match="contempt shows contempt, and our labels have seven"):
        load_ckplus48(ckplus48, refuse_contempt=True)
    strange = write_picture(ckplus48 / "fear" / "face.png")
    with pytest.raises(DatasetError, match=r"face\.png is not named as CK\+ names frames"):
        load_ckplus48(ckplus48)
    strange.unlink()
    empty = ckplus48 / "neutral"
    empty.mkdir()
    with pytest.raises(DatasetError, match="neutral holds no picture"):
        load_ckplus48(ckplus48)
    empty.rename(ckplus48 / "bored")
    write_picture(ckplus48 / "bored" / "S010_004_00000001.png")
    with pytest.raises(DatasetError, match="bored has the name of no expression"):
        load_ckplus48(ckplus48)


def test_an_unreadable_file_is_named_and_left_out_or_stops(ckplus48: Path) -> None:
    broken = write_broken(ckplus48 / "fear" / "S099_001_00000001.png")
    report = ImportReport()
    assert len(load_ckplus48(ckplus48, report=report)) == 12
    assert report.unreadable == [f"{broken} cannot be read as a picture."]
    with pytest.raises(DatasetError, match=r"S099_001_00000001\.png cannot be read"):
        load_ckplus48(ckplus48)


def test_ckplus_csv_leaves_contempt_out_and_keeps_its_splits(
    write_fer2013: Write, tmp_path: Path
) -> None:
    path = write_fer2013(
        ("3", PIXELS, "Training"), ("7", PIXELS, "PublicTest"), ("6", PIXELS, "PrivateTest")
    )
    report = ImportReport()
    dataset = load_ckplus_csv(path, report=report)
    assert dataset.labels.tolist() == [3, 6]
    assert dataset.splits.tolist() == ["Training", "PrivateTest"]
    assert dataset.name_of(1) == "line 4"
    assert report.left_out == {"contempt": 1}
    with pytest.raises(DatasetError, match="seven expressions"):
        load_ckplus_csv(path, refuse_contempt=True)
    with pytest.raises(DatasetError, match="no face but those of contempt"):
        load_ckplus_csv(write_fer2013(("7", PIXELS, "Training")))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("8", PIXELS, "Training"), "line 2: no expression has the number '8'"),
        (("1", "1 2", "Training"), "line 2: 2 pixels instead of 2304"),
        (("1", PIXELS, "Test"), "line 2: there is no split 'Test'"),
    ],
)
def test_a_bad_row_of_a_ckplus_csv_is_named(
    write_fer2013: Write, row: tuple[str, str, str], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        load_ckplus_csv(write_fer2013(row))


def test_a_csv_without_a_column_is_refused(write_fer2013: Write) -> None:
    with pytest.raises(DatasetError, match="lacks the column Usage"):
        load_ckplus_csv(write_fer2013(header="emotion,pixels"))


def test_csv_faces_are_resized_and_progress_ends_at_the_whole(write_fer2013: Write) -> None:
    path = write_fer2013(*[("3", PIXELS, "Training")] * 3)
    seen: list[tuple[int, int]] = []
    dataset = load_fer2013(path, size=24, progress=lambda done, total: seen.append((done, total)))
    assert dataset.images.shape == (3, 24, 24)
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.fixture
def jaffe(tmp_path: Path) -> Path:
    root = tmp_path / "jaffe"
    for number, letters in enumerate(("AN", "DI", "FE", "HA", "SA", "SU", "NE")):
        write_picture(root / f"KA.{letters}1.{39 + number}.tiff", 30 * number + 1, 64)
    write_picture(root / "YM.HA2.53.tiff", 9, 64)
    (root / "README_FIRST.txt").write_text("conditions")
    return root


def test_jaffe_is_read_by_its_names(jaffe: Path) -> None:
    dataset = load_jaffe(jaffe)
    by_name = {dataset.name_of(row): int(dataset.labels[row]) for row in range(len(dataset))}
    assert by_name["KA.AN1.39.tiff"] == EXPRESSIONS.index("angry")
    assert by_name["KA.NE1.45.tiff"] == EXPRESSIONS.index("neutral")
    assert sorted(by_name.values()) == [0, 1, 2, 3, 3, 4, 5, 6]
    assert dataset.subjects is not None
    assert set(dataset.subjects) == {"KA", "YM"}
    assert dataset.images.shape == (8, 48, 48)


def test_jaffe_faces_are_cut_out_on_request(jaffe: Path, middle: str) -> None:
    framed = np.zeros((64, 64), np.uint8)
    framed[16:48, 16:48] = 200
    Image.fromarray(framed).save(jaffe / "KA.AN1.39.tiff")
    assert load_jaffe(jaffe).images[0].min() == 0
    assert load_jaffe(jaffe, detector=middle).images[0].min() == 200


def test_a_name_or_file_that_is_not_jaffes_is_refused(jaffe: Path, tmp_path: Path) -> None:
    broken = write_broken(jaffe / "KL.SU1.1.tiff")
    report = ImportReport()
    assert len(load_jaffe(jaffe, report=report)) == 8
    assert report.unreadable == [f"{broken} cannot be read as a picture."]
    write_picture(jaffe / "KA.XX1.99.tiff")
    with pytest.raises(DatasetError, match=r"KA\.XX1\.99\.tiff is not named as JAFFE"):
        load_jaffe(jaffe)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="empty holds no face"):
        load_jaffe(tmp_path / "empty")
    with pytest.raises(DatasetError, match="nowhere cannot be read"):
        load_jaffe(tmp_path / "nowhere")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    root = tmp_path / "MMA"
    for split, names in (
        ("train", ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")),
        ("Validation", ("anger", "Disgusted")),
        ("PrivateTest", ("AN", "fearful", "happiness", "sadness", "surprised")),
    ):
        for name in names:
            write_picture(root / split / name / "1.jpg")
            write_picture(root / split / name / "2.png")
    (root / "train" / "angry" / "Thumbs.db").touch()
    (root / "readme.txt").touch()
    return root


def test_folders_are_splits_and_expressions_in_the_names_people_have(folders: Path) -> None:
    dataset = load_folders(folders)
    assert len(dataset) == 28
    assert sorted(set(dataset.split("Training").labels)) == list(range(7))
    assert sorted(set(dataset.split("PublicTest").labels)) == [0, 1]
    assert sorted(set(dataset.split("PrivateTest").labels)) == [0, 2, 3, 4, 5]
    assert dataset.subjects is None
    assert "train/angry/1.jpg" in dataset.names


def test_pictures_of_16_bits_and_of_colour_become_grey(folders: Path) -> None:
    deep = np.full((48, 48), 40_000, np.uint16)
    Image.fromarray(deep).save(folders / "train" / "angry" / "1.png")
    Image.new("RGB", (48, 48), (200, 200, 200)).save(folders / "train" / "angry" / "3.png")
    dataset = load_folders(folders)
    assert dataset.images[dataset.names == "train/angry/1.png"].max() == 40_000 >> 8
    assert dataset.images[dataset.names == "train/angry/3.png"].max() == 200


def test_folders_leave_contempt_out(folders: Path) -> None:
    write_picture(folders / "train" / "contempt" / "1.png")
    report = ImportReport()
    assert len(load_folders(folders, report=report)) == 28
    assert report.left_out == {"contempt": 1}


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("train/3", "train/3: a number names no expression"),
        ("train/bored", "train/bored has the name of no expression"),
        ("extra/angry", "extra has the name of no split"),
        ("test/angry", "are the same split, PrivateTest"),
    ],
)
def test_a_strange_folder_is_named(folders: Path, folder: str, message: str) -> None:
    write_picture(folders / folder / "1.png")
    with pytest.raises(DatasetError, match=message):
        load_folders(folders)


def test_an_empty_class_and_a_folder_without_splits_are_refused(folders: Path) -> None:
    (folders / "Validation" / "fear").mkdir()
    with pytest.raises(DatasetError, match="Validation/fear holds no picture"):
        load_folders(folders)
    with pytest.raises(DatasetError, match="train is not split: it has no folder train, valid"):
        load_folders(folders / "train")


RED, BLUE = (200, 30, 10), (10, 30, 200)


def write_coloured(path: Path) -> Path:
    """A picture of 64x64 whose left half is red and whose right half is blue."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (64, 64), RED)
    picture.paste(BLUE, (32, 0, 64, 64))
    picture.save(path)
    return path


@pytest.mark.parametrize(
    ("kind", "file", "options"),
    [
        ("ckplus", "cohn-kanade-images/S005/001/S005_001_00000001.png", {"detector": "middle"}),
        ("ckplus48", "anger/S010_004_00000007.png", {}),
        ("jaffe", "KA.AN1.39.tiff", {}),
        ("jaffe", "KA.AN1.39.tiff", {"detector": "middle"}),
        ("folders", "train/angry/1.png", {}),
    ],
)
@pytest.mark.usefixtures("middle")
def test_red_stays_red(tmp_path: Path, kind: str, file: str, options: dict[str, str]) -> None:
    write_coloured(tmp_path / file)
    if kind == "ckplus":
        label = tmp_path / "Emotion/S005/001/S005_001_00000001_emotion.txt"
        label.parent.mkdir(parents=True)
        label.write_text("1.0")

    dataset = load_dataset(kind, tmp_path, size=32, channels=3, **options)

    assert dataset.images.shape == (1, 32, 32, 3)
    assert dataset.images.dtype == np.uint8
    assert (dataset.images[0, :, :14] == RED).all()
    assert (dataset.images[0, :, 18:] == BLUE).all()
    assert load_dataset(kind, tmp_path, size=32, **options).images.shape == (1, 32, 32)


def test_rgb_faces_at_the_edge_repeat_its_colours(
    tmp_path: Path, middle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MiddleDetector, "crop_rule", CropRule(margin=4.0, shift_up=0.0))
    write_coloured(tmp_path / "KA.AN1.39.png")
    face = load_jaffe(tmp_path, channels=3, detector=middle).images[0]
    assert (face[0, 0] == RED).all()
    assert (face[-1, -1] == BLUE).all()


def test_grey_pictures_become_rgb_of_equal_channels(folders: Path) -> None:
    images = load_folders(folders, channels=3).images
    assert images.shape == (28, 48, 48, 3)
    assert (images == images[..., :1]).all()


def test_rgb_is_refused_where_there_is_none(
    write_fer2013: Write, folders: Path, tmp_path: Path
) -> None:
    csv = write_fer2013(("3", PIXELS, "Training"))
    for kind in ("fer2013", "ckplus_csv"):
        assert len(load_dataset(kind, csv, channels=1)) == 1
        message = rf"fer2013\.csv: data of the kind {kind} is grey and has no RGB faces\."
        with pytest.raises(DatasetError, match=message):
            load_dataset(kind, csv, channels=3)
    with pytest.raises(DatasetError, match="MMA: faces have 1 channel or 3, not 4"):
        load_folders(folders, channels=4)


def test_the_kind_is_told_by_what_is_there(
    ckplus: Path, ckplus48: Path, jaffe: Path, folders: Path, write_fer2013: Write, tmp_path: Path
) -> None:
    csv = write_fer2013(("3", PIXELS, "Training"))
    shared = tmp_path / "shared" / "ckextended.csv"
    shared.parent.mkdir()
    shared.write_bytes(csv.read_bytes())

    assert detect_kind(ckplus) == "ckplus"
    assert detect_kind(ckplus48) == "ckplus48"
    assert detect_kind(jaffe) == "jaffe"
    assert detect_kind(folders) == "folders"
    assert detect_kind(folders / "train") == "folders"
    assert detect_kind(csv) == detect_kind(tmp_path) == "fer2013"
    assert detect_kind(shared) == detect_kind(shared.parent) == "ckplus_csv"
    (tmp_path / "holiday").mkdir()
    with pytest.raises(DatasetError, match="holiday is of no known kind"):
        detect_kind(tmp_path / "holiday")
    with pytest.raises(DatasetError, match="nowhere cannot be read"):
        detect_kind(tmp_path / "nowhere")


def test_data_is_loaded_by_kind(ckplus48: Path, write_fer2013: Write, tmp_path: Path) -> None:
    write_fer2013(("3", PIXELS, "Training"))
    seen: list[tuple[int, int]] = []
    dataset = load_dataset(
        "ckplus48", ckplus48, size=16, progress=lambda done, total: seen.append((done, total))
    )
    assert dataset.images.shape == (12, 16, 16)
    assert seen == [(number, 12) for number in range(1, 13)]
    assert load_dataset("fer2013", tmp_path).votes is None
    columns = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    (tmp_path / "fer2013new.csv").write_text(f"{columns}\n10,0,0,0,0,0,0,0,0,0\n")
    assert load_dataset("fer2013", tmp_path / "fer2013.csv").require_votes()[0, 6] == 10


def test_a_wrong_kind_or_option_is_refused(ckplus48: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no kind of data 'affectnet'; there are: fer2013, ck"):
        load_dataset("affectnet", ckplus48)
    with pytest.raises(DatasetError, match="kind ckplus48 takes no option neutral"):
        load_dataset("ckplus48", ckplus48, neutral=True)
    with pytest.raises(DatasetError, match=r"CK\+48 is not split"):
        load_dataset("folders", ckplus48)
    with pytest.raises(DatasetError, match=r"fer2013\.csv cannot be read"):
        load_dataset("fer2013", ckplus48)
    with pytest.raises(DatasetError, match=r"holds 0 files ck\*\.csv"):
        load_dataset("ckplus_csv", tmp_path)
