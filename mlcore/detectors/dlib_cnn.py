"""dlib's face detector by a small network (King 2015, https://arxiv.org/abs/1502.00046), trained
on faces that also look aside. It is meant for a GPU: dlib runs it there by itself if it was built
with CUDA (`dlib.DLIB_USE_CUDA`). The wheel `dlib-bin` is not; docs/operators.md says how."""

import threading
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Detection, suppress_overlaps
from mlcore.crops import CropRule
from mlcore.detectors.base import box_at_scale, resized
from mlcore.detectors.dlib_hog import DlibHogDetector
from mlcore.detectors.weights import require_weights, unreadable

LONGEST_SIDE = 1600
"""Larger pictures are searched at this size, as by `DlibHogDetector`: the window is as large."""


class DlibCnnDetector:
    """Reads `mmod_human_face_detector.dat` of dlib's author.

    That file could not be had where this was written: size and crop are those of `DlibHogDetector`,
    not measured. `benchmarks.detectors` and `benchmarks.crops` measure them where it is given.
    """

    name = "dlib_cnn"
    crop_rule: CropRule = DlibHogDetector.crop_rule

    def __init__(self, weights: Path | None) -> None:
        """
        Args:
            weights: mmod_human_face_detector.dat, unpacked.

        Raises:
            DetectorError: it is missing, or holds something else.
        """
        path = require_weights(self.name, weights)
        try:
            self._network: Any = dlib.cnn_face_detection_model_v1(str(path))
        except RuntimeError as error:
            raise unreadable(self.name, path) from error
        # A network keeps its activations while it runs. One for all threads: memory on a GPU is
        # scarce, and a second network would only wait for the first.
        self._one_at_a_time = threading.Lock()

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        scale = min(1.0, LONGEST_SIDE / max(image.shape[:2]))
        picture = np.ascontiguousarray(resized(image, scale))
        with self._one_at_a_time:
            found = self._network(picture, 0)
        return suppress_overlaps(
            Detection(
                box_at_scale(box.left(), box.top(), box.width(), box.height(), scale),
                float(face.confidence),
            )
            for face in found
            for box in [face.rect]
        )
