"""What runs a trained network for serving: LiteRT, or TensorFlow on a GPU."""

import importlib.util
import logging
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import EXPORTED, WEIGHTS, Metadata, read_verified
from mlcore.calibration import Logits
from mlcore.errors import ClassifierError, TrainingDependencyError

LITERT, TENSORFLOW, AUTO = "litert", "tensorflow", "auto"
CLASSIFIERS = (LITERT, TENSORFLOW, AUTO)
"""`auto` is TensorFlow where it sees a GPU, and LiteRT elsewhere."""

DEFAULT_CLASSIFIER = LITERT

GPU_DEVICES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")
"""One of these is there where NVIDIA's, AMD's or, under Windows, WSL's driver is: without any,
`auto` need not import TensorFlow, which takes seconds, to learn that there is no GPU."""

logger = logging.getLogger(__name__)


class FaceNetwork(Protocol):
    """A trained network that any number of threads may use at once.

    Attributes:
        heads: name and number of classes of each head.
        input_size: side of its faces in pixels.
        input_channels: 1 for grey, 3 for colours.
    """

    heads: dict[str, int]
    input_size: int
    input_channels: int

    def logits(self, faces: NDArray[np.float32]) -> Logits:
        """Logits of each head, (N, classes), for (N, size, size, channels) standardised faces."""
        ...


def open_network(
    folder: Path, metadata: Metadata, classifier: str = DEFAULT_CLASSIFIER, num_threads: int = 1
) -> FaceNetwork:
    """The network of a model's folder, checked against its SHA-256.

    Args:
        folder, metadata: a trained model, see `mlcore.artifacts`.
        classifier: one of `CLASSIFIERS`.
        num_threads: cores for one batch on LiteRT; TensorFlow takes what it wants.

    Raises:
        ArtifactError: the folder does not hold a whole model.
        ClassifierError: there is no such classifier, or it cannot run here.
    """
    if classifier not in CLASSIFIERS:
        raise ClassifierError(
            f"There is no classifier {classifier!r}; there are: {', '.join(CLASSIFIERS)}."
        )
    if classifier == TENSORFLOW or (classifier == AUTO and _suits_tensorflow(metadata)):
        return _on_tensorflow(folder, metadata)

    from mlcore.network import Network

    return Network(read_verified(folder, metadata), metadata.heads, num_threads)


def tensorflow_installed() -> bool:
    """Whether the packages are there; imports neither."""
    return all(importlib.util.find_spec(name) for name in ("tensorflow", "keras"))


def _suits_tensorflow(metadata: Metadata) -> bool:
    if not tensorflow_installed() or WEIGHTS not in metadata.files:
        return False
    if not any(Path(device).exists() for device in GPU_DEVICES):
        return False
    from mlcore.backend import gpu_names, keras

    if keras.backend.backend() != "tensorflow" or not gpu_names():
        logger.warning("There is a GPU's driver, but TensorFlow sees no GPU: serving on LiteRT.")
        return False
    return True


def _on_tensorflow(folder: Path, metadata: Metadata) -> FaceNetwork:
    if WEIGHTS not in metadata.files:
        raise ClassifierError(
            f"{folder} has no {WEIGHTS}, which the classifier {TENSORFLOW} needs; "
            f"{LITERT} does with its {EXPORTED}."
        )
    try:
        from mlcore.tensorflow_network import TensorFlowNetwork
    except TrainingDependencyError as error:
        raise ClassifierError(
            f"The classifier {TENSORFLOW} needs TensorFlow and Keras, which this installation "
            "lacks; docs/operators.md says how to install them."
        ) from error
    return TensorFlowNetwork(folder, metadata.heads)
