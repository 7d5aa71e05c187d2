"""YuNet (Wu et al. 2023, https://doi.org/10.1007/s11633-023-1423-y), run by LiteRT or OpenCV."""

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box, Detection, suppress_overlaps
from mlcore.crops import CropRule, crop
from mlcore.detectors.base import Found, box_at_scale, resized, search_near
from mlcore.detectors.weights import require_weights, unreadable
from mlcore.detectors.yunet_networks import maker_of
from mlcore.errors import ArtifactError
from mlcore.pool import Pool

PACKAGED_WEIGHTS = Path(__file__).parent / "data" / "face_detection_yunet_2023mar.tflite"
"""What the file is, and under which licence, stands beside it."""

USES = ("coarse", "fine", "near")
"""Each has networks of its own, since a new size of the picture has one planned anew: those of one
search and of one film mostly have one size for each."""

LONGEST_SIDE = 1600
"""Larger pictures are searched at this size, as by dlib's detector. Of faces of 40 to 80 pixels in
scenes of 1920x1080 it finds 90 %, at 1280 pixels 78 % and at 960 64 %; of tilted ones of 80 to 200
pixels 98, 92 and 84 %; in 66, 41 and 18 ms."""

COARSE_SIDE = 160
"""Pictures much larger than this are searched at this size, too. Without, 89 % of the dark faces in
scenes of 640x480 are found instead of 93 %, and most portraits of 960x960 that the face fills are
lost."""

SMALL_SIDE = 400
"""A picture no larger than this needs that search only, ..."""

PORTRAIT_SHARE = 0.25
"""... where a face's box is so large a share of it that hardly any place is left for another."""

SMALLEST_SIDE = 96
"""Smaller pictures are searched at this size."""

LEAST_SIDE = 64
"""Smaller pictures are continued to this side: the network's coarsest grid has a cell for each 32
pixels, and of pictures narrower than that OpenCV makes boxes without end."""

THRESHOLD = 0.8
"""Of scores from 0 to 1. OpenCV's own, 0.9, loses every second dark or small face; at 0.7 one scene
of fifty gets a false box."""


class YuNetDetector:
    """Finds small, tilted and dark faces that dlib's detector misses."""

    name = "yunet"
    crop_rule = CropRule(margin=0.92, shift_up=0.05)

    def __init__(
        self,
        weights: Path | None = None,
        *,
        threshold: float = THRESHOLD,
        longest_side: int = LONGEST_SIDE,
        coarse_side: int = COARSE_SIDE,
    ) -> None:
        """
        Args:
            weights: another file than the packaged one: ONNX, of OpenCV's model zoo, or what
                `manage.py convert_yunet` makes of it.
            threshold, longest_side: see the constants; `benchmarks.detectors` compares others.
            coarse_side: see the constant; 0 searches no picture at a second size.

        Raises:
            DetectorError: the file is missing, or holds something else.
        """
        path = require_weights(self.name, weights or PACKAGED_WEIGHTS)
        # For the whole process: OpenCV's threads wait for each other by spinning, which takes more
        # of the processor than it saves of the clock. Pictures, not their parts, are what is
        # searched side by side.
        cv2.setNumThreads(1)
        self._longest_side, self._coarse_side = longest_side, coarse_side
        try:
            make = maker_of(path, threshold)
            self._networks = {use: Pool(make, os.cpu_count() or 1) for use in USES}
            # What else an ONNX file may hold shows only once it runs.
            self.detect(np.zeros((LEAST_SIDE, LEAST_SIDE, 3), np.uint8))
        except (ArtifactError, cv2.error, OSError, ValueError) as error:
            raise unreadable(self.name, path) from error

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Also of a (height, width) picture, in which it finds a few faces less."""
        # Once for both searches: to scale a large photo takes long.
        scale = min(1.0, self._longest_side / max(image.shape[:2]))
        picture = resized(image, scale)
        longest = max(picture.shape[:2])
        found: list[Detection] = []
        if 0 < 4 / 3 * self._coarse_side < longest:
            found = self._search(picture, scale, self._coarse_side / longest, "coarse")
            filled = PORTRAIT_SHARE * image.shape[0] * image.shape[1]
            if longest <= SMALL_SIDE and any(face.box.area >= filled for face in found):
                return suppress_overlaps(found)
        enlarged = max(1.0, SMALLEST_SIDE / longest)
        return suppress_overlaps([*found, *self._search(picture, scale, enlarged, "fine")])

    def detect_near(
        self, picture: NDArray[np.uint8], box: Box, *, reach: float, side: int
    ) -> list[Detection]:
        """Faces near a known one; see `DlibHogDetector.detect_near`.

        Args:
            picture: (height, width) or (height, width, 3), the whole one.
        """
        return search_near(
            picture, box, reach=reach, side=side, search=lambda part: self._found(part, "near")
        )

    def _search(
        self, picture: NDArray[np.uint8], scaled: float, scale: float, use: str
    ) -> list[Detection]:
        """What is found in a picture that was `scaled` already, at `scale` of what it is now."""
        return [
            Detection(box_at_scale(x, y, width, height, scaled * scale), score)
            for x, y, width, height, score in self._found(resized(picture, scale), use)
        ]

    def _found(self, picture: NDArray[np.uint8], use: str) -> list[Found]:
        height, width = (max(side, LEAST_SIDE) for side in picture.shape[:2])
        with self._networks[use].lend() as network:
            return network.find(crop(picture, Box(0, 0, width, height)))
