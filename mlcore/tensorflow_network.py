"""A trained network on TensorFlow, for a GPU; the only module of serving that imports it."""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcore.backend import gpu_names, keras, load_network
from mlcore.calibration import Logits
from mlcore.errors import ArtifactError, ClassifierError

BATCHES = (4, 16, 64, 256)
"""The sizes of batch that the network ever sees: others are filled up with empty faces. cuDNN
searches its fastest way anew for each size, and the largest bounds the memory."""

logger = logging.getLogger(__name__)


class TensorFlowNetwork:
    """Logits of standardised faces, from any number of threads, one batch after the other.

    It reads the weights as they were trained, in single precision, where cards from Ampere on
    multiply in TF32. Of a network this small a card does far more faces than any detector finds,
    so half precision would gain nothing to weigh against answers that differ from those measured.
    """

    def __init__(self, artifact_folder: Path, heads: Mapping[str, int]) -> None:
        """
        Args:
            artifact_folder: a trained model with its `model.keras`.
            heads: name and number of classes of each head.

        Raises:
            ArtifactError: the model is not whole, or not one with these heads.
            ClassifierError: Keras runs on another backend than TensorFlow.
        """
        if keras.backend.backend() != "tensorflow":
            raise ClassifierError(
                "The classifier tensorflow needs Keras on TensorFlow: set KERAS_BACKEND=tensorflow."
            )
        import tensorflow as tf  # not at the top: on another backend it may not be installed

        self.heads = dict(heads)
        model = load_network(artifact_folder)
        found = {name: int(output.shape[-1]) for name, output in model.output.items()}
        if found != self.heads:
            raise ArtifactError(f"{artifact_folder}: the network has the heads {found}.")
        _, size, _, channels = model.input_shape
        self.input_size, self.input_channels = int(size), int(channels)

        def run(faces: "tf.Tensor") -> "tf.Tensor":
            logits = model(faces, training=False)
            return tf.concat([logits[name] for name in self.heads], axis=1)

        # Traced now and once: a network that TensorFlow cannot run says so at the start.
        faces = tf.TensorSpec((None, size, size, channels), tf.float32)
        self._run = tf.function(run, [faces], autograph=False).get_concrete_function()
        self._model = model  # the function holds its weights only weakly
        # A card works on one batch at a time, and must not hold the memory of several.
        self._one_at_a_time = threading.Lock()
        logger.info(
            "%s is served by TensorFlow on %s",
            artifact_folder.name,
            ", ".join(gpu_names()) or "the processor",
        )

    def logits(self, faces: NDArray[np.float32]) -> Logits:
        """Logits of each head, (N, classes), for (N, size, size, channels) standardised faces."""
        import tensorflow as tf

        answers = np.empty((len(faces), sum(self.heads.values())), np.float32)
        for start in range(0, len(faces), BATCHES[-1]):
            chunk = faces[start : start + BATCHES[-1]]
            size = next(size for size in BATCHES if size >= len(chunk))
            padded = np.zeros((size, *faces.shape[1:]), np.float32)
            padded[: len(chunk)] = chunk
            with self._one_at_a_time:
                found = self._run(tf.constant(padded)).numpy()
            answers[start : start + len(chunk)] = found[: len(chunk)]
        ends = np.cumsum(list(self.heads.values()))[:-1]
        return dict(zip(self.heads, np.split(answers, ends, axis=1), strict=True))
