"""What trained models answer to training faces, for another network to learn from.

Knowledge distillation (Hinton et al. 2015, https://arxiv.org/abs/1503.02531), with the answers of
each face taken once, before training, instead of at every step: on two cores a teacher that is run
beside its pupil would take most of the time. A network may learn from its own predecessor
(Furlanello et al. 2018, https://arxiv.org/abs/1805.04770).
"""

import hashlib
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import Metadata, load_metadata, read_verified
from mlcore.calibration import Logits, softmax
from mlcore.errors import RecipeError
from mlcore.network import Network
from mlcore.run_folder import writing

logger = logging.getLogger(__name__)

CHUNK = 1024
"""Faces in one go; their looks take some ten megabytes."""

Answers = dict[str, NDArray[np.float32]]
"""{head: (N, classes)} whose rows add up to 1."""


def teacher_answers(
    folders: Sequence[Path],
    images: NDArray[np.uint8],
    heads: Mapping[str, int],
    cache: Path | None = None,
) -> Answers:
    """The mean calibrated answer of some models to each face, over all looks that they serve.

    Args:
        folders: of the teachers, see `mlcore.artifacts`.
        images: (N, size, size) uint8 grey, or (N, size, size, 3) RGB.
        heads: name and number of classes of each head of the pupil.
        cache: a folder that keeps what each teacher answered. Large teachers need hours of two
            cores, and a pupil that goes on elsewhere needs their answers only, with each
            metadata.json.

    Raises:
        ArtifactError: a folder holds no whole model.
        RecipeError: no teacher has one of the heads.
    """
    answers = [_kept_answers(folder, images, cache) for folder in folders]
    means: Answers = {}
    for head in heads:
        given = [answer[head] for answer in answers if head in answer]
        if not given:
            raise RecipeError(f"None of the teachers has a head {head}.")
        means[head] = np.asarray(np.mean(given, axis=0, dtype=np.float64), np.float32)
    return means


def open_network(
    folder: Path, metadata: Metadata, *, by_keras: bool = False
) -> Callable[[NDArray[np.float32]], Logits]:
    """What gives the logits of a model's network for faces as it takes them.

    Args:
        by_keras: ask the network in full precision instead of the exported one, see
            `keras_answers`.

    Raises:
        ArtifactError: the folder holds no whole model.
    """
    if by_keras:
        from mlcore.backend import load_network

        model = load_network(folder)
        return lambda faces: dict(model.predict(faces, batch_size=256, verbose=0))
    content = read_verified(folder, metadata)
    return Network(content, metadata.heads, num_threads=os.cpu_count() or 1).logits


def keras_answers() -> bool:
    """Whether networks are asked through Keras: where it has a GPU, and where it runs on another
    backend than TensorFlow, for then there may be no LiteRT and nothing exported."""
    from mlcore.backend import gpu_names, keras

    return bool(gpu_names()) or keras.backend.backend() != "tensorflow"


def _kept_answers(folder: Path, images: NDArray[np.uint8], cache: Path | None) -> Answers:
    if cache is None:
        return _answers(folder, images)
    metadata = load_metadata(folder)
    faces = hashlib.sha256(repr(images.shape).encode() + images.tobytes()).hexdigest()[:8]
    path = cache / f"{metadata.name}-{metadata.version}-{faces}.npz"
    if path.exists():
        with np.load(path) as arrays:
            return {head: arrays[head] for head in arrays.files}
    answers = _answers(folder, images)
    with writing(cache):
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished.npz")
        np.savez(unfinished, **answers)  # type: ignore[arg-type]
        unfinished.replace(path)
    return answers


def _answers(folder: Path, images: NDArray[np.uint8]) -> Answers:
    metadata = load_metadata(folder)
    logger.info("Asking %s about %d faces.", metadata.name, len(images))
    ask = open_network(folder, metadata, by_keras=keras_answers())
    sums = {head: np.zeros((len(images), classes)) for head, classes in metadata.heads.items()}
    for start in range(0, len(images), CHUNK):
        rows = slice(start, start + CHUNK)
        for look in metadata.views.of(images[rows]):
            for head, logits in ask(metadata.preprocessing.to_input(look)).items():
                # A head that is not in the mixture has no temperature of its own.
                temperature = metadata.calibration.temperatures.get(head, 1.0)
                sums[head][rows] += softmax(np.asarray(logits), temperature)
    return {
        head: (total / total.sum(axis=1, keepdims=True)).astype(np.float32)
        for head, total in sums.items()
    }
