"""Multi-task cascaded networks (Zhang et al. 2016, https://arxiv.org/abs/1604.02878) of the
package `mtcnn`, which carries its weights and runs on TensorFlow."""

import importlib
import importlib.util
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Detection, suppress_overlaps
from mlcore.crops import CropRule
from mlcore.detectors.base import box_at_scale, resized
from mlcore.errors import DetectorError
from mlcore.gpu_memory import share_gpu_memory

LONGEST_SIDE = 1280
"""Larger pictures are searched at this size."""

SMALLEST_SIDE = 24
"""In pixels; the package fails on pictures that its own smallest window does not fit into."""


class MtcnnDetector:
    """Its smallest face is left at the package's 20 pixels: mtcnn 1.0.0 finds none from 30 on."""

    name = "mtcnn"
    # PublicTest faces pasted into scenes keep their probabilities best so; photos are flat from
    # 1.0 to 1.2. Its boxes are narrower than they are high: stretched to a square, instead of cut
    # out as one of the longer side, they lose ten points on photos.
    crop_rule = CropRule(margin=1.0, shift_up=0.0)

    def __init__(self) -> None:
        """
        Raises:
            DetectorError: the package or TensorFlow is not installed.
        """
        share_gpu_memory()
        try:
            package = importlib.import_module("mtcnn")
        except ImportError as error:
            raise DetectorError(
                f"The detector {self.name} needs the packages mtcnn, joblib, lz4 and "
                "tensorflow; docs/operators.md says how to install them."
            ) from error
        self._network: Any = package.MTCNN()
        # The stages keep no state that its authors promise to share between threads.
        self._one_at_a_time = threading.Lock()

    @staticmethod
    def installed() -> bool:
        """Whether the packages are there; imports neither."""
        return all(importlib.util.find_spec(name) for name in ("mtcnn", "tensorflow"))

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        scale = min(1.0, LONGEST_SIDE / max(image.shape[:2]))
        picture = resized(image, scale)
        if min(picture.shape[:2]) < SMALLEST_SIDE:
            return []
        with self._one_at_a_time:
            found = self._network.detect_faces(picture, fit_to_image=False)
        return suppress_overlaps(
            Detection(box_at_scale(x, y, width, height, scale), float(face["confidence"]))
            for face in found
            for x, y, width, height in [face["box"]]
        )
