import copy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from mlcore.artifacts import PACKAGED_MODELS
from mlcore.boxes import Box
from mlcore.detectors import DETECTORS, get_detector
from mlcore.errors import ArtifactError, DetectorError
from mlcore.labels import EXPRESSIONS
from mlcore.network import BATCH
from mlcore.recognizer import DEFAULT_MODEL, Recognizer, get_recognizer

FACE_CENTRE = (225, 125)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return get_recognizer()


def holds_the_face(box: Box, scale: float = 1.0) -> bool:
    x, y = (value * scale for value in FACE_CENTRE)
    return (
        abs(box.x + box.width / 2 - x) < 25 * scale
        and abs(box.y + box.height / 2 - y) < 25 * scale
        and 60 * scale < box.width < 140 * scale
    )


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("scale", [0.5, 1, 4])
def test_detectors_find_the_face_at_any_size(
    astronaut: np.ndarray, name: str, scale: float
) -> None:
    picture = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = get_detector(name).detect(picture)
    assert sum(holds_the_face(detection.box, scale) for detection in found) == 1


@pytest.mark.parametrize("scale", [0.5, 1, 4])
def test_the_default_detector_takes_nothing_else_for_a_face(
    astronaut: np.ndarray, scale: float
) -> None:
    picture = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert len(get_detector().detect(picture)) == 1


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("shape", [(16, 16, 3), (16, 3000, 3), (300, 300, 3)])
def test_detectors_find_nothing_in_an_empty_picture(name: str, shape: tuple[int, ...]) -> None:
    assert get_detector(name).detect(np.full(shape, 127, np.uint8)) == []


@pytest.mark.parametrize("name", DETECTORS)
def test_detectors_serve_threads(astronaut: np.ndarray, name: str) -> None:
    detector = get_detector(name)
    expected = detector.detect(astronaut)
    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(detector.detect, [astronaut] * 8))


def test_an_unknown_detector_is_refused() -> None:
    with pytest.raises(DetectorError, match="dlib_hog"):
        get_detector("none")


def test_the_astronaut_is_happy(recognizer: Recognizer, astronaut: np.ndarray) -> None:
    (face,) = recognizer.recognize(astronaut)
    assert face.expression == "happy"
    assert face.probability == face.probabilities.max()
    assert holds_the_face(face.box)
    assert face.crop.shape == (48, 48)
    assert face.crop.dtype == np.uint8
    assert face.probabilities.shape == (len(EXPRESSIONS),)
    assert face.probabilities.dtype == np.float32
    assert face.probabilities.sum() == pytest.approx(1, abs=1e-6)


def test_a_face_at_the_edge_has_a_box_inside_the_picture(
    recognizer: Recognizer, astronaut: np.ndarray
) -> None:
    (face,) = recognizer.recognize(astronaut[95:, 190:])
    assert face.box.x >= 0
    assert face.box.y >= 0
    assert face.crop.shape == (48, 48)


def test_several_pictures_give_what_each_gives(
    recognizer: Recognizer, astronaut: np.ndarray
) -> None:
    empty = np.full((100, 100, 3), 127, np.uint8)
    twice = np.concatenate([astronaut, astronaut[:, ::-1]], axis=1)
    answers = recognizer.recognize_many([astronaut, empty, twice])
    assert [len(faces) for faces in answers] == [1, 0, 2]
    (alone,) = recognizer.recognize(astronaut)
    assert answers[0][0].box == alone.box
    assert answers[0][0].probabilities == pytest.approx(alone.probabilities, abs=1e-5)
    assert recognizer.recognize_many([]) == []


def test_live_frames_take_fewer_looks(recognizer: Recognizer, astronaut: np.ndarray) -> None:
    looks = []

    class Counted:
        def logits(self, faces: np.ndarray) -> object:
            looks.append(len(faces))
            return network.logits(faces)

    network = recognizer.network
    quick = copy.copy(recognizer)
    quick.network = Counted()  # type: ignore[assignment]
    (whole,), (fast,) = quick.recognize(astronaut), quick.recognize(astronaut, zooms=False)
    assert looks == [2 * len(recognizer.metadata.zooms), 2]
    assert whole.box == fast.box
    assert fast.probabilities == pytest.approx(recognizer.classify([fast.crop], zooms=False)[0])


@pytest.mark.parametrize("count", [1, 2, BATCH // 2, BATCH, 2 * BATCH + 3])
def test_a_batch_gives_what_single_faces_give(recognizer: Recognizer, count: int) -> None:
    random = np.random.default_rng(count)
    faces = [random.integers(0, 256, (side, side), np.uint8) for side in range(40, 40 + count)]
    together = recognizer.classify(faces)
    single = np.concatenate([recognizer.classify([face]) for face in faces])
    assert together.shape == (count, 7)
    assert together == pytest.approx(single, abs=1e-5)
    assert recognizer.classify([]).shape == (0, 7)


def test_a_mirror_image_gets_the_same_answer(recognizer: Recognizer, astronaut: np.ndarray) -> None:
    face = cv2.cvtColor(astronaut[80:170, 180:270], cv2.COLOR_RGB2GRAY)
    both = recognizer.classify([face, face[:, ::-1]])
    assert both[0] == pytest.approx(both[1], abs=1e-4)


def test_threads_get_their_own_answers(recognizer: Recognizer) -> None:
    random = np.random.default_rng(0)
    batches = [
        [random.integers(0, 256, (48, 48), np.uint8) for _ in range(1 + index % 7)]
        for index in range(40)
    ]
    expected = [recognizer.classify(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        for answer, right in zip(pool.map(recognizer.classify, batches), expected, strict=True):
            assert answer == pytest.approx(right, abs=1e-5)


def test_one_recognizer_for_the_whole_process(recognizer: Recognizer) -> None:
    with ThreadPoolExecutor(4) as pool:
        same = pool.map(lambda _: get_recognizer(model_dirs=[PACKAGED_MODELS]), range(8))
        assert all(one is recognizer for one in same)
    other = get_recognizer(detector="opencv_haar")
    assert other is not recognizer
    assert other.detector_name == "opencv_haar"
    assert other.model_version == recognizer.model_version
    assert other.model_name == DEFAULT_MODEL


@pytest.mark.parametrize("name", ["none", "", "..", "../models/compact_vgg", "/etc"])
def test_an_unknown_model_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no trained model"):
        get_recognizer(model=name, model_dirs=[tmp_path, PACKAGED_MODELS])


def test_serving_imports_neither_keras_nor_tensorflow_nor_django() -> None:
    code = (
        "import sys, mlcore.recognizer, mlcore.annotation, mlcore.pictures, mlcore.artifacts, "
        "mlcore.evaluation; "
        "print(sorted({'keras', 'tensorflow', 'django'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGED_MODELS.parent.parent,
    )
    assert answer.stdout.strip() == "[]"


def test_what_the_web_process_needs_of_pictures_imports_no_opencv() -> None:
    code = "import sys, mlcore.pictures, mlcore.labels; print('cv2' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGED_MODELS.parent.parent,
    )
    assert answer.stdout.strip() == "False"
