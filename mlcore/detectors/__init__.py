"""Face detectors by name."""

from collections.abc import Callable
from functools import cache

from mlcore.detectors.base import Detector
from mlcore.detectors.dlib_hog import DlibHogDetector
from mlcore.detectors.opencv_haar import OpenCVHaarDetector
from mlcore.errors import DetectorError

__all__ = ["DEFAULT_DETECTOR", "DETECTORS", "Detector", "get_detector"]

DETECTORS: dict[str, Callable[[], Detector]] = {
    kind.name: kind for kind in (DlibHogDetector, OpenCVHaarDetector)
}
DEFAULT_DETECTOR = DlibHogDetector.name


@cache
def get_detector(name: str = DEFAULT_DETECTOR) -> Detector:
    """The process's one detector of that name; raises `DetectorError` if there is none."""
    if name not in DETECTORS:
        raise DetectorError(f"There is no detector {name!r}; there are: {', '.join(DETECTORS)}.")
    return DETECTORS[name]()
