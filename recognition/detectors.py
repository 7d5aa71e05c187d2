"""Which face detectors one may ask for. Light: the web process loads none of them."""

from importlib.util import find_spec

from django.conf import settings

BUILT_IN = ("dlib_hog", "opencv_haar", "dlib_then_haar")


def detector_choices() -> list[str]:
    """The detectors that can run here.

    The same as `mlcore.detectors.available_detectors`, whose import would load dlib and OpenCV; a
    test compares them.
    """
    files = settings.DETECTOR_WEIGHTS.items()
    return [
        *BUILT_IN,
        *(name for name, path in files if path and path.is_file()),
        *(["mtcnn"] if find_spec("mtcnn") and find_spec("tensorflow") else []),
    ]
