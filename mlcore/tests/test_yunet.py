"""YuNet's two files, and the two libraries that run them."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from mlcore.artifacts import EXPORTED, PACKAGED_MODELS
from mlcore.detectors import get_detector
from mlcore.detectors.base import to_grey
from mlcore.detectors.yunet import PACKAGED_WEIGHTS, YuNetDetector
from mlcore.detectors.yunet_networks import CELL, maker_of
from mlcore.errors import DetectorError
from mlcore.recognizer import DEFAULT_MODEL
from mlcore.scenes import Picture

ONNX = PACKAGED_WEIGHTS.with_suffix(".onnx")


@pytest.mark.parametrize("path", [PACKAGED_WEIGHTS, ONNX])
def test_the_packaged_weights_are_those_that_are_told(path: Path) -> None:
    told = (path.parent / "README.md").read_text()
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert f"| `{path.name}` | {len(content):,} | `{sha256}` |" in told


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize(
    ("size", "least"),
    [
        *(((512, 512), 1), ((640, 480), 1), ((300, 200), 1), ((1200, 900), 1)),
        *(((90, 70), 0), ((33, 47), 0), ((960, 200), 0)),  # too small, or too wide to be sure
    ],
)
def test_litert_finds_what_opencv_finds(
    astronaut: Picture, size: tuple[int, int], least: int, grey: bool
) -> None:
    picture = np.asarray(cv2.resize(astronaut, size), np.uint8)
    if grey:
        picture = to_grey(picture)
    ours, theirs = (
        YuNetDetector(path, threshold=0.5).detect(picture) for path in (PACKAGED_WEIGHTS, ONNX)
    )
    assert [one.box for one in ours] == [one.box for one in theirs]
    assert [one.score for one in ours] == pytest.approx([one.score for one in theirs], abs=1e-4)
    assert len(ours) >= least


@pytest.mark.parametrize("path", [PACKAGED_WEIGHTS, ONNX])
def test_nothing_of_the_last_picture_is_left(astronaut: Picture, path: Path) -> None:
    make = maker_of(path, 0.5)
    used = make()
    side = astronaut.shape[0]
    assert side % CELL == 0
    assert len(used.find(astronaut)) == 1
    # What it lacks is continued in black to the size of the first.
    less = np.ascontiguousarray(astronaut[: side - CELL + 1, : side - 5])
    assert used.find(less) == make().find(less)
    assert used.find(np.zeros_like(astronaut)) == []


def test_another_network_is_not_taken_for_yunet(tmp_path: Path) -> None:
    path = tmp_path / "weights.tflite"
    for content in (b"", b"hello", (PACKAGED_MODELS / DEFAULT_MODEL / EXPORTED).read_bytes()):
        path.write_bytes(content)
        with pytest.raises(DetectorError, match=r"weights\.tflite does not hold weights"):
            YuNetDetector(path)


@pytest.mark.training
def test_the_file_for_opencv_is_converted(tmp_path: Path, astronaut: Picture) -> None:
    target = tmp_path / "converted.tflite"
    call_command("convert_yunet", ONNX, target)
    assert YuNetDetector(target).detect(astronaut) == get_detector("yunet").detect(astronaut)
    written = target.read_bytes()
    with pytest.raises(CommandError, match="is there already"):
        call_command("convert_yunet", ONNX, target)
    assert target.read_bytes() == written


@pytest.mark.training
@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        (PACKAGED_WEIGHTS, "a.tflite", "does not hold YuNet's network of 2023"),
        (PACKAGED_WEIGHTS.parent / "gone.onnx", "a.tflite", r"gone\.onnx"),
        (ONNX, "a.onnx", r"must end in \.tflite"),
    ],
)
def test_what_cannot_be_converted_is_refused_and_nothing_written(
    source: Path, target: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("convert_yunet", source, tmp_path / target)
    assert list(tmp_path.iterdir()) == []
