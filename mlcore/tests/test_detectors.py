import sys
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest
from numpy.typing import NDArray

from mlcore.boxes import Box, Detection, iou
from mlcore.crops import CropRule
from mlcore.detectors import (
    DEFAULT_DETECTOR,
    DETECTORS,
    WEIGHTED_DETECTORS,
    available_detectors,
    detector_names,
    dlib_cnn,
    dlib_hog,
    get_detector,
)
from mlcore.detectors.base import to_grey
from mlcore.detectors.dlib_and_yunet import DlibAndYuNetDetector
from mlcore.detectors.dlib_cnn import DlibCnnDetector
from mlcore.detectors.dlib_hog import DlibHogDetector
from mlcore.detectors.fallback import FallbackDetector
from mlcore.detectors.mtcnn import MtcnnDetector
from mlcore.detectors.opencv_haar import OpenCVHaarDetector
from mlcore.errors import DetectorError
from mlcore.scenes import Picture

FACE = Box(180, 80, 90, 90)
"""About where the portrait's face is."""


def test_all_detectors_have_a_name_and_the_default_needs_nothing() -> None:
    assert detector_names() == [
        *("dlib_and_yunet", "dlib_hog", "opencv_haar", "dlib_then_haar"),
        *("dlib_cnn", "yunet", "mtcnn"),
    ]
    assert DEFAULT_DETECTOR in DETECTORS
    for name in DETECTORS:
        assert get_detector(name).name == name


def test_only_detectors_that_can_run_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MtcnnDetector, "installed", lambda: False)
    weights = tmp_path / "weights.onnx"
    weights.write_bytes(b"weights")
    assert available_detectors() == [*DETECTORS, "yunet"]
    assert available_detectors({"yunet": weights, "dlib_cnn": None}) == [*DETECTORS, "yunet"]
    assert available_detectors({"dlib_cnn": weights}) == [*DETECTORS, "dlib_cnn", "yunet"]
    gone = tmp_path / "gone.dat"
    assert available_detectors({"yunet": gone, "dlib_cnn": gone}) == list(DETECTORS)
    monkeypatch.setattr(MtcnnDetector, "installed", lambda: True)
    assert available_detectors() == [*DETECTORS, "yunet", "mtcnn"]


def test_an_unknown_detector_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(DetectorError, match=r"no detector 'retina'.*dlib_hog.*mtcnn"):
        get_detector("retina")


@pytest.mark.parametrize("name", WEIGHTED_DETECTORS)
def test_missing_weights_are_named(name: str, tmp_path: Path) -> None:
    if name != "yunet":  # which comes with its own
        with pytest.raises(DetectorError, match=f"{name} needs a file with its weights"):
            get_detector(name)
    with pytest.raises(DetectorError, match=r"gone\.bin, which is not there"):
        get_detector(name, tmp_path / "gone.bin")
    with pytest.raises(DetectorError, match="which is not there"):
        get_detector(name, tmp_path)


@pytest.mark.parametrize("name", WEIGHTED_DETECTORS)
@pytest.mark.parametrize("content", [b"", b"hello", bytes(4096)])
def test_a_file_that_holds_no_weights_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(DetectorError, match=rf"weights\.bin does not hold weights .* {name} "):
        get_detector(name, path)


def test_a_file_is_read_at_the_next_try_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "late.dat"
    with pytest.raises(DetectorError):
        get_detector("dlib_cnn", path)
    path.write_bytes(b"weights")
    fake_dlib_network(monkeypatch)
    assert get_detector("dlib_cnn", path) is get_detector("dlib_cnn", path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mtcnn", None)
    with pytest.raises(DetectorError, match="needs the packages mtcnn"):
        MtcnnDetector()


def fake_dlib_network(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """A network that sees a face in the middle half of every picture; the sizes that it saw."""
    sizes: list[tuple[int, ...]] = []

    def load(path: str) -> Callable[[NDArray[np.uint8], int], list[types.SimpleNamespace]]:
        def search(picture: NDArray[np.uint8], enlarge: int) -> list[types.SimpleNamespace]:
            assert picture.flags.c_contiguous
            sizes.append(picture.shape)
            height, width = picture.shape[:2]
            middle = dlib.rectangle(
                width // 4, height // 4, 3 * width // 4 - 1, 3 * height // 4 - 1
            )
            beside = dlib.rectangle(
                middle.left() + 4, middle.top(), middle.right() + 4, middle.bottom()
            )
            return [
                types.SimpleNamespace(rect=beside, confidence=0.5),
                types.SimpleNamespace(rect=middle, confidence=1.0),
            ]

        return search

    monkeypatch.setattr(dlib_cnn.dlib, "cnn_face_detection_model_v1", load)
    return sizes


def test_dlib_cnn_boxes_are_in_the_pixels_of_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = fake_dlib_network(monkeypatch)
    path = tmp_path / "mmod.dat"
    path.write_bytes(b"weights")
    detector = DlibCnnDetector(path)
    small, large = np.zeros((400, 600, 3), np.uint8), np.zeros((2400, 3200, 3), np.uint8)
    assert detector.detect(small) == [Detection(Box(150, 100, 300, 200), 1.0)]
    assert detector.detect(large) == [Detection(Box(800, 600, 1600, 1200), 1.0)]
    assert sizes == [(400, 600, 3), (1200, 1600, 3)]


def placed(face: Picture, x: int, y: int, side: int, size: tuple[int, int]) -> Picture:
    """A grey picture of a (width, height) with the face in it."""
    picture = np.full((size[1], size[0], 3), 90, np.uint8)
    picture[y : y + side, x : x + side] = cv2.resize(
        face, (side, side), interpolation=cv2.INTER_AREA
    )
    return picture


@pytest.mark.parametrize("name", ["dlib_and_yunet", "yunet"])
@pytest.mark.parametrize(
    ("side", "size"),
    [(40, (48, 60)), (80, (640, 480)), (440, (640, 480)), (100, (1280, 720)), (2400, (4000, 3000))],
)
def test_faces_of_all_sizes_are_found_where_they_are(
    astronaut: Picture, name: str, side: int, size: tuple[int, int]
) -> None:
    head = np.ascontiguousarray(astronaut[30:220, 130:320])
    x, y = (size[0] - side) // 2, (size[1] - side) // 3
    scale = side / 190
    (found,) = get_detector(name).detect(placed(head, x, y, side, size))
    face = Box(*(round(scale * one) for one in (50, 50, 90, 90)))
    assert iou(found.box, Box(face.x + x, face.y + y, face.width, face.height)) > 0.5


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 700), (700, 1), (3, 5000), (63, 65)])
def test_pictures_of_odd_shapes_have_no_face(name: str, height: int, width: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert get_detector(name).detect(picture) == []


def test_a_tilted_face_is_found_in_colours_and_in_grey(astronaut: Picture) -> None:
    turn = cv2.getRotationMatrix2D((225, 125), -50, 1)
    picture = np.asarray(cv2.warpAffine(astronaut, turn, (450, 300)), np.uint8)
    both = DlibAndYuNetDetector()
    assert DlibHogDetector().detect(picture) == []
    (found,) = both.detect(picture)
    (in_grey,) = both.detect(to_grey(picture))
    assert 0 <= found.score < 0.2  # YuNet's alone
    assert iou(found.box, in_grey.box) > 0.7
    (near,) = both.detect_near(to_grey(picture), found.box, reach=0.4, threshold=0.0)
    assert iou(near.box, found.box) > 0.6


class Finds:
    """Stands for YuNet: these faces."""

    crop_rule = DlibHogDetector.crop_rule

    def __init__(self, *found: Detection) -> None:
        self.found = list(found)

    def detect(self, picture: Picture) -> list[Detection]:
        return self.found


def test_what_yunet_is_not_sure_of_counts_where_dlib_sees_it_too(
    astronaut: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = DlibAndYuNetDetector()
    (alone,) = DlibHogDetector().detect(astronaut)
    nothing = Box(20, 400, 90, 90)
    for box, score, least, most in (
        (alone.box, 0.65, 1.0, 3.0),
        (nothing, 0.65, None, None),
        (nothing, 0.85, 0.05, 0.05),
    ):
        monkeypatch.setattr(both, "_yunet", Finds(Detection(box, score)))
        found = both.detect(astronaut)
        assert len(found) == (least is not None)
        assert all(least - 1e-6 <= one.score <= most + 1e-6 for one in found)
        assert all(iou(one.box, box) > 0.7 for one in found)


@pytest.mark.parametrize(("score", "faces"), [(0.65, 1), (0.85, 2)])
def test_what_yunet_is_not_sure_of_is_no_face_on_the_body_of_one(
    astronaut: Picture, monkeypatch: pytest.MonkeyPatch, score: float, faces: int
) -> None:
    both = DlibAndYuNetDetector()
    (face,) = DlibHogDetector().detect(astronaut)
    chest = replace(face.box, y=face.box.y + 2 * face.box.height)
    picture = astronaut.copy()
    top, bottom = face.box.y - 30, face.box.y + 2 * face.box.height - 30
    columns = slice(face.box.x - 20, face.box.x + face.box.width + 20)
    picture[bottom : bottom + 150, columns] = astronaut[top : top + 150, columns]
    found = Finds(Detection(face.box, 0.95), Detection(chest, score))
    monkeypatch.setattr(both, "_yunet", found)
    assert len(both.detect(picture)) == faces
    monkeypatch.setattr(both, "_yunet", Finds(Detection(chest, score)))
    assert len(both.detect(picture)) == 1


class FakeMtcnn:
    def detect_faces(
        self, picture: NDArray[np.uint8], fit_to_image: bool
    ) -> list[dict[str, object]]:
        assert not fit_to_image
        height, width = picture.shape[:2]
        middle = [width // 4, height // 4, width // 2, height // 2]
        return [{"box": middle, "confidence": np.float64(0.9)}]


def test_mtcnn_boxes_are_in_the_pixels_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mtcnn", types.SimpleNamespace(MTCNN=FakeMtcnn))
    detector = MtcnnDetector()
    for height, width in ((120, 160), (1920, 2560)):
        (found,) = detector.detect(np.zeros((height, width, 3), np.uint8))
        assert found == Detection(Box(width // 4, height // 4, width // 2, height // 2), 0.9)
    assert detector.detect(np.zeros((16, 500, 3), np.uint8)) == []


@pytest.mark.skipif(not MtcnnDetector.installed(), reason="the package mtcnn is not installed")
def test_mtcnn_finds_the_face(astronaut: NDArray[np.uint8]) -> None:
    (found,) = get_detector("mtcnn").detect(astronaut)
    assert iou(found.box, FACE) > 0.5
    assert get_detector("mtcnn").detect(np.full((16, 16, 3), 127, np.uint8)) == []


class Sees:
    """A detector that finds the same in every picture, and remembers how often it was asked."""

    def __init__(self, crop_rule: CropRule, *found: Detection) -> None:
        self.name = "sees"
        self.crop_rule = crop_rule
        self.found = list(found)
        self.asked = 0

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        self.asked += 1
        return self.found


def test_the_second_detector_looks_only_where_the_first_finds_nothing() -> None:
    picture = np.zeros((300, 300, 3), np.uint8)
    face = Detection(Box(100, 100, 80, 80), 1.0)
    first, second = Sees(CropRule(1.2, 0.05), face), Sees(CropRule(1.0, -0.1), face)
    both = FallbackDetector("both", first, second)
    assert both.detect(picture) == [face]
    assert (first.asked, second.asked) == (1, 0)
    first.found = []
    (found,) = both.detect(picture)
    assert second.asked == 1
    wanted, given = second.crop_rule.square(face.box), both.crop_rule.square(found.box)
    for side in ("x", "y", "width", "height"):
        assert getattr(given, side) == pytest.approx(getattr(wanted, side), abs=1)


class FakeHog:
    """Sees a face and, fainter, what may be faces: beside it, on its chest, far below, on it."""

    faces = (
        ((300, 100, 100), 1.0),
        ((500, 90, 80), -0.2),
        ((280, 330, 90), 0.0),
        ((310, 600, 90), -0.1),
        ((320, 120, 60), -0.2),
    )

    def run(
        self, picture: NDArray[np.uint8], enlarge: int, threshold: float
    ) -> tuple[list[dlib.rectangle], list[float], list[int]]:
        seen = [face for face in self.faces if face[1] >= threshold]
        boxes = [dlib.rectangle(x, y, x + side - 1, y + side - 1) for (x, y, side), _ in seen]
        return boxes, [score for _, score in seen], [0] * len(seen)


def test_faint_boxes_count_except_on_the_body_of_a_sure_face(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dlib_hog, "_loaded", FakeHog)
    found = DlibHogDetector().detect(np.zeros((800, 700, 3), np.uint8))
    assert [(one.box.x, one.box.y) for one in found] == [(300, 100), (310, 600), (500, 90)]
    monkeypatch.setattr(FakeHog, "faces", FakeHog.faces[1:3])
    assert len(DlibHogDetector().detect(np.zeros((800, 700, 3), np.uint8))) == 2


def searched_sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The width of each picture that dlib is given from now on."""
    widths: list[int] = []
    search = dlib_hog._load()

    class Watched:
        def run(self, picture: NDArray[np.uint8], *arguments: float) -> object:
            widths.append(picture.shape[1])
            return search.run(picture, *arguments)

    monkeypatch.setattr(dlib_hog, "_loaded", Watched)
    return widths


def test_a_face_that_fills_a_small_picture_is_found_at_once(
    astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    portrait = np.ascontiguousarray(astronaut[68:182, 168:282])
    large = cv2.resize(portrait, (260, 260))
    (slow,) = DlibHogDetector(portrait_side=0).detect(large)
    widths = searched_sizes(monkeypatch)

    (found,) = DlibHogDetector().detect(large)

    assert widths == [dlib_hog.PORTRAIT_SIDE]
    assert iou(found.box, slow.box) > 0.6


def test_a_small_picture_with_room_for_others_is_searched_enlarged(
    astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = cv2.resize(astronaut[:300], (300, 176))
    expected = DlibHogDetector(portrait_side=0).detect(picture)
    widths = searched_sizes(monkeypatch)

    assert DlibHogDetector().detect(picture) == expected
    assert len(expected) == 1
    assert widths == [dlib_hog.PORTRAIT_SIDE, 600]


@pytest.mark.parametrize("name", DETECTORS)
def test_threads_find_what_one_alone_finds(astronaut: NDArray[np.uint8], name: str) -> None:
    pictures = [np.ascontiguousarray(astronaut[:, start:]) for start in (0, 40, 80, 120)]
    detector = get_detector(name)
    alone = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(detector.detect, pictures)) == alone


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_frames_the_face_alike(astronaut: NDArray[np.uint8], name: str) -> None:
    default, other = get_detector(), get_detector(name)
    squares = [
        detector.crop_rule.square(detector.detect(astronaut)[0].box)
        for detector in (default, other)
    ]
    assert iou(*squares) > 0.75


def test_a_second_detector_confirms_a_face_and_nothing_beside_it(astronaut: Picture) -> None:
    grey = to_grey(astronaut)
    (face,) = get_detector("dlib_hog").detect(astronaut)
    second = OpenCVHaarDetector()
    assert second.confirms(grey, face.box)
    box = face.box
    assert not second.confirms(grey, Box(box.x + box.width // 2, box.y - 30, box.width, box.height))
    assert not second.confirms(grey, Box(-300, -300, 100, 100))
    assert not second.confirms(np.full_like(grey, 90), box)


def test_fainter_faces_are_found_where_they_are_asked_for(astronaut: Picture) -> None:
    detector = DlibHogDetector(threshold=2.5)
    grey = to_grey(astronaut)
    assert detector.detect(astronaut) == []
    (found,) = detector.search(grey, 0.0)
    assert found.score < 2.5
