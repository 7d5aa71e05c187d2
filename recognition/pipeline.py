"""From a record's stored picture to its faces. Knows nothing of jobs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings

from mlcore.errors import ClassifierError, DetectorError, PictureError
from mlcore.labels import EXPRESSIONS
from mlcore.pictures import decode_picture, encode_jpeg, encode_png
from recognition.errors import RecognitionError
from recognition.explanations import DIGITS
from recognition.selectors import active_model_folder, model_find
from records.models import Face, Record
from records.services import FaceResult, record_store_faces

if TYPE_CHECKING:
    from mlcore.recognizer import RecognizedFace, Recognizer


def recognize_record(
    *,
    record: Record,
    on_progress: Callable[[float], object],
    detector: str = "",
    model: str = "",
) -> Record:
    """Detect, crop and classify the faces of a record's picture and store them.

    Args:
        record: with its medium.
        on_progress: called with a share of the work from 0 to 1.
        detector: what finds the faces; empty for the setting's.
        model: what recognises them, NAME@VERSION; empty for the active one.

    Raises:
        RecognitionError: the stored picture is gone or cannot be read, the detector or the
            classifier cannot run, or the model is gone.
    """
    # Here and not above: the web process imports this module's callers and needs neither dlib,
    # nor OpenCV, nor the network.
    from mlcore.annotation import annotate

    if not record.media.original:
        raise RecognitionError("picture_not_kept", "The picture was not kept.")
    recognizer = current_recognizer(detector, model)
    try:
        with record.media.original.open("rb") as stored:
            pixels = decode_picture(stored.read(), max_pixels=settings.PICTURE_MAX_PIXELS)
    except FileNotFoundError as error:
        raise RecognitionError("picture_missing", "The picture is no longer there.") from error
    except PictureError as error:
        raise RecognitionError("picture_unreadable", str(error)) from error
    on_progress(0.1)
    faces = recognizer.recognize(pixels)
    on_progress(0.8)
    annotated = encode_jpeg(annotate(pixels, faces), 90)
    return record_store_faces(
        record=record,
        faces=[face_result(face) for face in faces],
        annotated=annotated,
        detector=recognizer.detector_name,
        model_name=recognizer.model_name,
        model_version=recognizer.model_version,
    )


def explain(*, face: Face) -> dict[str, Any]:
    """What the active model's answer for a stored face rests on, see `recognition.explanations`.

    Raises:
        RecognitionError: the crop is gone or cannot be read, or the recogniser cannot be loaded.
    """
    from mlcore.explanation import CELLS, occlude

    if not face.crop:
        raise RecognitionError("picture_not_kept", "The face's crop was not kept.")
    recognizer = current_recognizer()
    try:
        with face.crop.open("rb") as stored:
            crop = decode_picture(stored.read())[..., 0]  # grey: all channels are alike
    except FileNotFoundError as error:
        raise RecognitionError("picture_missing", "The face's crop is no longer there.") from error
    except PictureError as error:
        raise RecognitionError("picture_unreadable", str(error)) from error
    occlusion = occlude(recognizer, crop)
    return {
        "method": "occlusion",
        "model_name": recognizer.model_name,
        "model_version": recognizer.model_version,
        "patch": occlusion.patch,
        "rows": CELLS,
        "columns": CELLS,
        "probabilities": dict(
            zip(
                EXPRESSIONS,
                occlusion.probabilities.astype(float).round(DIGITS).tolist(),
                strict=True,
            )
        ),
        "values": dict(
            zip(EXPRESSIONS, occlusion.drops.astype(float).round(DIGITS).tolist(), strict=True)
        ),
    }


def current_recognizer(detector: str = "", model: str = "", classifier: str = "") -> "Recognizer":
    """The recogniser of the active model; loaded on first use, and when another becomes active.

    Args:
        detector: what finds the faces; empty for the setting's.
        model: another than the active one, NAME@VERSION.
        classifier: what runs the network; empty for the setting's.

    Raises:
        RecognitionError: the detector or the classifier cannot run here, or that other model is
            gone.
    """
    from mlcore.recognizer import get_recognizer

    if model:
        found = model_find(model)
        if found is None:
            raise RecognitionError("model_unavailable", f"The model {model} is no longer there.")
        folder = found.folder
    else:
        folder = active_model_folder()
    detector = detector or settings.DETECTOR
    try:
        return get_recognizer(
            model=folder.name,
            detector=detector,
            model_dirs=[folder.parent],
            weights=settings.DETECTOR_WEIGHTS.get(detector),
            classifier=classifier or settings.CLASSIFIER,
        )
    except DetectorError as error:
        raise RecognitionError("detector_unavailable", str(error)) from error
    except ClassifierError as error:
        raise RecognitionError("classifier_unavailable", str(error)) from error


def face_result(face: "RecognizedFace") -> FaceResult:
    return FaceResult(
        x=face.box.x,
        y=face.box.y,
        width=face.box.width,
        height=face.box.height,
        detection_score=face.score,
        crop=encode_png(face.crop),
        probabilities=dict(zip(EXPRESSIONS, map(float, face.probabilities), strict=True)),
        quality=face.quality.score,
        quality_issues=face.quality.issues,
        uncertain=face.uncertain,
    )
