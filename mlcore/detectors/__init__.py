"""Face detectors by name.

`DETECTORS` run wherever the product runs, as they are. Others read a file of weights, which may
have to be the operator's, or need a package: `detector_names` gives all, `available_detectors`
those that can run.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from mlcore.detectors.base import Detector
from mlcore.detectors.dlib_and_yunet import DlibAndYuNetDetector
from mlcore.detectors.dlib_cnn import DlibCnnDetector
from mlcore.detectors.dlib_hog import DlibHogDetector
from mlcore.detectors.fallback import FallbackDetector
from mlcore.detectors.mtcnn import MtcnnDetector
from mlcore.detectors.opencv_haar import OpenCVHaarDetector
from mlcore.detectors.yunet import PACKAGED_WEIGHTS, YuNetDetector
from mlcore.errors import DetectorError

__all__ = [
    "DEFAULT_DETECTOR",
    "DETECTORS",
    "WEIGHTED_DETECTORS",
    "Detector",
    "available_detectors",
    "detector_names",
    "get_detector",
]


def _dlib_then_haar() -> Detector:
    # In scenes with one face it finds three to eight points more than dlib_hog alone, though those
    # faces were cut out by that same cascade, which favours it; pictures without a face take nearly
    # twice as long, and some get a false box.
    return FallbackDetector("dlib_then_haar", DlibHogDetector(), OpenCVHaarDetector())


DETECTORS: dict[str, Callable[[], Detector]] = {
    DlibAndYuNetDetector.name: DlibAndYuNetDetector,
    DlibHogDetector.name: DlibHogDetector,
    OpenCVHaarDetector.name: OpenCVHaarDetector,
    "dlib_then_haar": _dlib_then_haar,
}
"""Those that need nothing more."""

WEIGHTED_DETECTORS: dict[str, Callable[[Path | None], Detector]] = {
    DlibCnnDetector.name: DlibCnnDetector,
    YuNetDetector.name: YuNetDetector,
}
"""Those that read a file of weights."""

DEFAULT_DETECTOR = DlibAndYuNetDetector.name


def detector_names() -> list[str]:
    """All detectors that there are, whether they can run here or not."""
    return [*DETECTORS, *WEIGHTED_DETECTORS, MtcnnDetector.name]


def available_detectors(weights: Mapping[str, Path | None] | None = None) -> list[str]:
    """The detectors that can run here, as far as can be told without loading them.

    Args:
        weights: the operator's file for each of `WEIGHTED_DETECTORS`, where there is one.
    """
    given = {name: path for name, path in (weights or {}).items() if path}
    paths = {YuNetDetector.name: PACKAGED_WEIGHTS, **given}
    files = {name for name, path in paths.items() if path.is_file()}
    return [
        *DETECTORS,
        *(name for name in WEIGHTED_DETECTORS if name in files),
        *([MtcnnDetector.name] if MtcnnDetector.installed() else []),
    ]


@cache
def get_detector(name: str = DEFAULT_DETECTOR, weights: Path | None = None) -> Detector:
    """The process's one detector of that name.

    Args:
        name: one of `detector_names`.
        weights: the operator's file, for one of `WEIGHTED_DETECTORS`; others take no notice of it.

    Raises:
        DetectorError: there is no such detector, or what it needs is missing or unreadable.
    """
    if name in DETECTORS:
        return DETECTORS[name]()
    if name in WEIGHTED_DETECTORS:
        return WEIGHTED_DETECTORS[name](weights)
    if name == MtcnnDetector.name:
        return MtcnnDetector()
    raise DetectorError(f"There is no detector {name!r}; there are: {', '.join(detector_names())}.")
