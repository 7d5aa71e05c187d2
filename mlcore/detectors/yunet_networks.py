"""What runs YuNet's network: LiteRT for the packaged file, OpenCV for others."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.detectors.base import Found
from mlcore.errors import ArtifactError
from mlcore.network import new_interpreter

CELL = 32
"""Pixels of the coarsest grid's cells: sides are continued in black to multiples of it."""

EDGE = 1
"""Black pixels around what the network of the LiteRT file is shown, which its first convolution
takes in."""

SAME = 0.3
"""Of boxes that overlap by so much, as intersection over union, the surest is the face's."""

MOST = 5000
"""Of the boxes the surest that are looked at."""


class YuNetNetwork(Protocol):
    """Works for one thread at a time. A picture of another size than the last has it planned anew,
    for half the time that the search takes."""

    def find(self, picture: NDArray[np.uint8]) -> list[Found]:
        """Boxes in the pixels of a (height, width) or (height, width, 3) RGB picture."""
        ...


def maker_of(path: Path, threshold: float) -> Callable[[], YuNetNetwork]:
    """Makes networks of a file, which is read once: LiteRT's where its name ends in `.tflite`, else
    OpenCV's.

    Of a file that holds none it raises ArtifactError, cv2.error or ValueError. What else an ONNX
    file may hold shows only once it looks at a picture.

    Args:
        threshold: of scores from 0 to 1.

    Raises:
        OSError: it cannot be read.
    """
    kind = LiteRTYuNet if path.suffix == ".tflite" else OpenCVYuNet
    return partial(kind, path.read_bytes(), threshold)


class LiteRTYuNet:
    """Takes little more than half of OpenCV's time for the same boxes: XNNPACK's convolutions, and
    no heads for eyes, nose and mouth. See `mlcore.detectors.yunet_export` for what it answers."""

    def __init__(self, content: bytes, threshold: float) -> None:
        self._threshold = threshold
        self._shape = (CELL, CELL)
        self._interpreter = new_interpreter(content, shape=_edged(self._shape))
        entrances, grids = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )
        if [grid["shape"][-1] for grid in grids] != [5, 5, 5]:
            raise ArtifactError("LiteRT's file is no converted YuNet.")
        self._entrance, self._grids = entrances[0]["index"], [grid["index"] for grid in grids]

    def find(self, picture: NDArray[np.uint8]) -> list[Found]:
        self._show(picture)
        self._interpreter.invoke()
        grids = (self._interpreter.get_tensor(grid)[0] for grid in self._grids)
        faces = np.concatenate([self._faces(grid) for grid in grids])
        boxes, scores = faces[:, :4].tolist(), faces[:, 4].tolist()
        kept = cv2.dnn.NMSBoxes(boxes, scores, self._threshold, SAME, top_k=MOST)
        return [(*boxes[row], scores[row]) for row in kept]

    def _show(self, picture: NDArray[np.uint8]) -> None:
        """Write the picture into the network's own memory, which lets it need no second."""
        height, width = picture.shape[:2]
        shape = (-(-height // CELL) * CELL, -(-width // CELL) * CELL)
        if self._shape != shape:
            self._interpreter.resize_tensor_input(self._entrance, _edged(shape))
            self._interpreter.allocate_tensors()
            self._shape = shape
        entrance = self._interpreter.tensor(self._entrance)()[0]
        bottom, right = EDGE + height, EDGE + width
        # What was there before may be of another picture, or of the network's work.
        entrance[:EDGE] = entrance[bottom:] = entrance[:, :EDGE] = entrance[:, right:] = 0
        entrance[EDGE:bottom, EDGE:right] = (
            picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
        )

    def _faces(self, grid: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N, 5) left, top, width, height and score of those of a (rows, columns, 5) grid."""
        cell = self._shape[0] // grid.shape[0]
        rows, columns = np.nonzero(grid[..., 0] >= self._threshold)
        score, right, down, wide, high = grid[rows, columns].astype(np.float64).T
        width, height = np.exp(wide) * cell, np.exp(high) * cell
        left, top = (columns + right) * cell - width / 2, (rows + down) * cell - height / 2
        return np.stack([left, top, width, height, score], axis=1)


def _edged(shape: tuple[int, int]) -> tuple[int, ...]:
    """The shape of the input for pictures of that height and width."""
    return (1, shape[0] + 2 * EDGE, shape[1] + 2 * EDGE, 3)


class OpenCVYuNet:
    """An ONNX file of OpenCV's model zoo."""

    def __init__(self, content: bytes, threshold: float) -> None:
        self._network = cv2.FaceDetectorYN.create(
            "onnx",
            np.frombuffer(content, np.uint8),
            np.empty(0, np.uint8),
            (CELL, CELL),
            threshold,
            SAME,
            MOST,
        )

    def find(self, picture: NDArray[np.uint8]) -> list[Found]:
        height, width = picture.shape[:2]
        order = cv2.COLOR_GRAY2BGR if picture.ndim == 2 else cv2.COLOR_RGB2BGR
        self._network.setInputSize((width, height))
        _, found = self._network.detect(cv2.cvtColor(picture, order))
        rows = np.empty((0, 15), np.float32) if found is None else found
        return [(x, y, width, height, score) for x, y, width, height, *_, score in rows.tolist()]
