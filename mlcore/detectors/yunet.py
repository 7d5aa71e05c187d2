"""YuNet (Wu et al. 2023, https://doi.org/10.1007/s11633-023-1423-y), run by OpenCV."""

import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Detection, suppress_overlaps
from mlcore.crops import CropRule
from mlcore.detectors.base import box_at_scale, resized
from mlcore.detectors.mtcnn import MtcnnDetector
from mlcore.detectors.weights import require_weights, unreadable

LONGEST_SIDE = 640
"""Larger pictures are searched at this size: its authors name faces of 10 to 300 pixels, so that
at full size it would miss the portraits."""


class YuNetDetector:
    """Reads an ONNX file of OpenCV's model zoo, `face_detection_yunet_2023mar.onnx` or later.

    That file could not be had where this was written: the crop is that of `MtcnnDetector`, which
    was trained on boxes of the same data set (WIDER FACE). `benchmarks.detectors` and
    `benchmarks.crops` measure it where the file is given.
    """

    name = "yunet"
    crop_rule: CropRule = MtcnnDetector.crop_rule

    def __init__(self, weights: Path | None) -> None:
        """
        Args:
            weights: the ONNX file.

        Raises:
            DetectorError: it is missing, or holds something else.
        """
        path = require_weights(self.name, weights)
        # The network keeps the size of the picture it looks at, so threads cannot share one.
        self._per_thread = threading.local()
        try:
            self._model = np.frombuffer(path.read_bytes(), np.uint8)
            # What else an ONNX file may hold shows only once it runs.
            self.detect(np.zeros((64, 64, 3), np.uint8))
        except (cv2.error, OSError) as error:
            raise unreadable(self.name, path) from error

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        scale = min(1.0, LONGEST_SIDE / max(image.shape[:2]))
        picture = cv2.cvtColor(resized(image, scale), cv2.COLOR_RGB2BGR)
        network = self._network()
        network.setInputSize((picture.shape[1], picture.shape[0]))
        _, found = network.detect(picture)
        rows = np.empty((0, 15), np.float32) if found is None else found
        return suppress_overlaps(
            Detection(box_at_scale(x, y, width, height, scale), score)
            for x, y, width, height, *_, score in rows.tolist()
        )

    def _network(self) -> cv2.FaceDetectorYN:
        if not hasattr(self._per_thread, "network"):
            self._per_thread.network = cv2.FaceDetectorYN.create(
                "onnx", self._model, np.empty(0, np.uint8), (64, 64)
            )
        network: cv2.FaceDetectorYN = self._per_thread.network
        return network
