"""The door to faces: a picture in; boxes, crops and calibrated probabilities out."""

import os
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import METADATA, PACKAGED_MODELS, find_artifact, load_metadata
from mlcore.boxes import Box, Detection, clip
from mlcore.calibration import combine
from mlcore.classifiers import DEFAULT_CLASSIFIER, open_network
from mlcore.crops import CropRule, crop
from mlcore.detectors import DEFAULT_DETECTOR, Detector, get_detector
from mlcore.detectors.base import to_grey
from mlcore.errors import ArtifactError
from mlcore.labels import EXPRESSIONS
from mlcore.quality import MIN_QUALITY, Quality, assess
from mlcore.views import Views

DEFAULT_MODEL = "compact_se_taught"

_CORES = os.cpu_count() or 1


@dataclass(frozen=True, eq=False)
class RecognizedFace:
    """A face and what it shows.

    Attributes:
        box: where it is, inside the picture.
        score: how sure the detector is that it is a face, in the detector's own unit.
        crop: what the network saw, (size, size) uint8 grey.
        probabilities: (7,) float32 in the order of `EXPRESSIONS`; they add up to 1.
        quality: how good its picture is.
        uncertain: whether the expression is not to be relied on: its probability is below the
            model's threshold, or the quality below `MIN_QUALITY`.
    """

    box: Box
    score: float
    crop: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    quality: Quality
    uncertain: bool

    @property
    def expression(self) -> str:
        """The likeliest expression."""
        return EXPRESSIONS[int(self.probabilities.argmax())]

    @property
    def probability(self) -> float:
        """Its probability."""
        return float(self.probabilities.max())


class Recognizer:
    """One model behind one detector; any number of threads may use it at once.

    Faces are cut from the picture's grey. A network of three channels gets that grey three times,
    as in training on data that is grey, which FER2013, CK+ and JAFFE are; one that learned from
    colours is served without them.
    """

    def __init__(
        self,
        artifact_folder: Path,
        detector: Detector,
        num_threads: int = 1,
        classifier: str = DEFAULT_CLASSIFIER,
    ) -> None:
        """
        Args:
            artifact_folder: a trained model, see `mlcore.artifacts`.
            detector: what finds the faces.
            num_threads: cores for one batch of faces.
            classifier: what runs the network, one of `mlcore.classifiers.CLASSIFIERS`.

        Raises:
            ArtifactError: the folder does not hold a whole model.
            ClassifierError: the classifier cannot run here.
        """
        self.metadata = load_metadata(artifact_folder)
        self.detector = detector
        self._pool: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()
        self.network = open_network(artifact_folder, self.metadata, classifier, num_threads)
        preprocessing = self.metadata.preprocessing
        if self.network.input_size != preprocessing.size:
            raise ArtifactError(
                f"{artifact_folder}: the network takes faces of {self.network.input_size} pixels "
                f"and the metadata says {preprocessing.size}."
            )
        if self.network.input_channels != preprocessing.channels:
            raise ArtifactError(
                f"{artifact_folder}: the network takes faces of {self.network.input_channels} "
                f"channels and the metadata says {preprocessing.channels}."
            )

    @property
    def model_name(self) -> str:
        return self.metadata.name

    @property
    def model_version(self) -> str:
        return self.metadata.version

    @property
    def threshold(self) -> float:
        """A lower probability makes an answer uncertain; 0 for models that were given none."""
        abstention = self.metadata.abstention
        return 0.0 if abstention is None else float(abstention["threshold"])

    @property
    def detector_name(self) -> str:
        return self.detector.name

    def recognize(self, image: NDArray[np.uint8], *, zooms: bool = True) -> list[RecognizedFace]:
        """The faces of a (height, width, 3) RGB picture, the largest first; for `zooms` see
        `classify`."""
        return self.recognize_many([image], zooms=zooms)[0]

    def recognize_many(
        self, images: Sequence[NDArray[np.uint8]], *, zooms: bool = True
    ) -> list[list[RecognizedFace]]:
        """The faces of each picture, which are searched side by side on all cores; the faces of
        all go through the network together. For `zooms` see `classify`."""
        found: list[tuple[int, Box, float, NDArray[np.uint8], Quality]] = []
        for number, (image, detections) in enumerate(
            zip(images, self._detect(images), strict=True)
        ):
            grey = to_grey(image)
            for detection in detections:
                cut = self._cut(grey, detection.box, self.detector.crop_rule)
                found.append((number, cut[0], detection.score, cut[1], cut[2]))
        faces: list[list[RecognizedFace]] = [[] for _ in images]
        probabilities = self.classify([face for *_, face, _ in found], zooms=zooms)
        for (number, box, score, face, quality), chances in zip(found, probabilities, strict=True):
            uncertain = self.is_uncertain(chances, quality)
            faces[number].append(RecognizedFace(box, score, face, chances, quality, uncertain))
        return faces

    def recognize_at(
        self, grey: NDArray[np.uint8], places: Sequence[Detection], rule: CropRule
    ) -> list[RecognizedFace]:
        """What faces show whose places in a (height, width) picture are known, in their order.

        Args:
            rule: of the detector that framed them.
        """
        cuts = [self._cut(grey, place.box, rule) for place in places]
        probabilities = self.classify([face for _, face, _ in cuts])
        return [
            RecognizedFace(
                box, place.score, face, chances, quality, self.is_uncertain(chances, quality)
            )
            for place, (box, face, quality), chances in zip(
                places, cuts, probabilities, strict=True
            )
        ]

    def _cut(
        self, grey: NDArray[np.uint8], box: Box, rule: CropRule
    ) -> tuple[Box, NDArray[np.uint8], Quality]:
        """The box inside the picture, the face as the network takes it, and its quality."""
        height, width = grey.shape
        square = rule.square(box)
        cut = crop(grey, square)
        quality = assess(cut, square, width, height)
        return clip(box, width, height), self.metadata.preprocessing.resize(cut), quality

    def _detect(self, images: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        if len(images) < 2 or _CORES < 2:
            return [self.detector.detect(image) for image in images]
        return list(self.pool.map(self.detector.detect, images))

    @property
    def pool(self) -> ThreadPoolExecutor:
        """As many threads as there are cores. They stay, because detectors keep what they need for
        each thread, and dlib's takes half a second until it has that."""
        with self._starting:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_CORES, thread_name_prefix="detect")
            return self._pool

    def is_uncertain(self, probabilities: NDArray[np.float32], quality: Quality) -> bool:
        """Whether an answer of these (7,) probabilities is not to be relied on."""
        unsure = float(probabilities.max()) < self.threshold
        return unsure or quality.score < MIN_QUALITY

    def classify(
        self, faces: Sequence[NDArray[np.uint8]], *, zooms: bool = True
    ) -> NDArray[np.float32]:
        """(N, 7) probabilities of grey faces, each a (height, width) array of its own size.

        Args:
            zooms: whether to look at the faces enlarged too, where the model does; without, live
                frames take half the time and lose about half a point of accuracy.
        """
        preprocessing = self.metadata.preprocessing
        if not len(faces):
            return np.empty((0, len(EXPRESSIONS)), np.float32)
        resized = np.stack([preprocessing.resize(face) for face in faces])
        looks = self.metadata.views if zooms else Views(flip=self.metadata.flip)
        views = looks.of(resized)
        # One call for all views, so that those of a single face share a batch.
        logits = self.network.logits(preprocessing.to_input(np.concatenate(views)))
        parts = [
            {head: values[start : start + len(faces)] for head, values in logits.items()}
            for start in range(0, len(faces) * len(views), len(faces))
        ]
        return combine(parts, self.metadata.calibration)


_recognizers: dict[tuple[Path, str, Path | None, str], tuple[int, Recognizer]] = {}
_loading = threading.Lock()


def get_recognizer(
    model: str = DEFAULT_MODEL,
    detector: str = DEFAULT_DETECTOR,
    model_dirs: Iterable[Path] = (PACKAGED_MODELS,),
    weights: Path | None = None,
    classifier: str = DEFAULT_CLASSIFIER,
) -> Recognizer:
    """The process's one recogniser of these, loaded at the first call.

    A model that was replaced since is loaded anew.

    Args:
        model: its name.
        detector: one of `mlcore.detectors.detector_names`.
        model_dirs: where models lie.
        weights: the detector's file, where it needs one.
        classifier: what runs the network, one of `mlcore.classifiers.CLASSIFIERS`.

    Raises:
        ArtifactError: no folder of `model_dirs` has a whole model of that name.
        ClassifierError: there is no such classifier, or it cannot run here.
        DetectorError: there is no such detector, or what it needs is missing or unreadable.
    """
    folder = find_artifact(model, model_dirs).resolve()
    written = (folder / METADATA).stat().st_mtime_ns
    key = (folder, detector, weights, classifier)
    with _loading:
        loaded, recognizer = _recognizers.get(key, (0, None))
        if recognizer is None or loaded != written:
            found_by = get_detector(detector, weights)
            recognizer = Recognizer(folder, found_by, classifier=classifier)
            _recognizers[key] = (written, recognizer)
        return recognizer
