"""Which face detectors one may ask for. Light: the web process loads none of them."""

from importlib.util import find_spec

from django.conf import settings

from accounts.models import User

BUILT_IN = ("dlib_and_yunet", "dlib_hog", "opencv_haar", "dlib_then_haar")


def detector_preferred(user: User) -> str:
    """The one that a person's uploads get where they ask for none; "" for the site's own.

    One that was chosen when it could still run here is passed over.
    """
    return user.detector if user.detector in detector_choices() else ""


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
