"""An exported network on LiteRT, which needs neither Keras nor TensorFlow."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlcore.calibration import Logits
from mlcore.errors import ArtifactError
from mlcore.pool import Pool

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

BATCH = 16
"""Most faces in one go. More gain no speed, and an interpreter keeps the memory of its largest."""


class Network:
    """Logits of standardised faces, from any number of threads at once."""

    def __init__(self, content: bytes, heads: Mapping[str, int], num_threads: int = 1) -> None:
        """
        Args:
            content: a LiteRT file's bytes.
            heads: name and number of classes of each head, in the order of the single output.
            num_threads: cores for one batch.

        Raises:
            ArtifactError: the bytes are no network, or not one with these heads.
        """
        self.heads = dict(heads)
        most = max(1, (os.cpu_count() or 1) // num_threads)
        self._interpreters = Pool(lambda: new_interpreter(content, num_threads), most)
        with self._interpreters.lend() as first:
            outputs, (entrance,) = first.get_output_details(), first.get_input_details()
        if len(outputs) != 1 or outputs[0]["shape"][-1] != sum(self.heads.values()):
            raise ArtifactError(f"The network's output does not fit the heads {self.heads}.")
        self.input_size, self.input_channels = int(entrance["shape"][1]), int(entrance["shape"][3])

    def logits(self, faces: NDArray[np.float32]) -> Logits:
        """Logits of each head, (N, classes), for (N, size, size, channels) standardised faces."""
        answers = np.empty((len(faces), sum(self.heads.values())), np.float32)
        with self._interpreters.lend() as interpreter:
            for start in range(0, len(faces), BATCH):
                chunk = faces[start : start + BATCH]
                answers[start : start + BATCH] = _run(interpreter, chunk)
        ends = np.cumsum(list(self.heads.values()))[:-1]
        return dict(zip(self.heads, np.split(answers, ends, axis=1), strict=True))


def new_interpreter(
    content: bytes, num_threads: int = 1, shape: tuple[int, ...] | None = None
) -> "Interpreter":
    """LiteRT's interpreter of a file's bytes, which works for one thread at a time.

    Args:
        shape: of its input, where the file leaves it open.

    Raises:
        ArtifactError: the bytes are no network.
    """
    # Here and not above: a machine that only trains may lack LiteRT.
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(model_content=content, num_threads=num_threads)
        if shape:
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ArtifactError(f"LiteRT cannot read the network: {error}.") from error
    return interpreter


def _run(interpreter: "Interpreter", faces: NDArray[np.float32]) -> NDArray[np.float32]:
    entrance = interpreter.get_input_details()[0]
    if entrance["shape"][0] != len(faces):
        interpreter.resize_tensor_input(entrance["index"], faces.shape)
        interpreter.allocate_tensors()
    interpreter.set_tensor(entrance["index"], faces)
    interpreter.invoke()
    answers: NDArray[np.float32] = interpreter.get_tensor(
        interpreter.get_output_details()[0]["index"]
    )
    return answers
