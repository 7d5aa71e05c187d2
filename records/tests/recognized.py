"""What a worker stores, without a worker."""

from mlcore.labels import EXPRESSIONS
from records.models import Record
from records.services import FaceResult, record_store_faces


def face_result(
    expression: str = "happy", probability: float = 0.9, box: tuple[int, ...] = (10, 20, 100, 100)
) -> FaceResult:
    others = (1 - probability) / (len(EXPRESSIONS) - 1)
    x, y, width, height = box
    return FaceResult(
        x=x,
        y=y,
        width=width,
        height=height,
        detection_score=1.0,
        crop=b"crop",
        probabilities=dict.fromkeys(EXPRESSIONS, others) | {expression: probability},
        quality=0.9,
        quality_issues=[],
        uncertain=False,
    )


def recognize(record: Record, *faces: FaceResult, version: str = "2026.11.20-1") -> Record:
    """What a worker stores."""
    return record_store_faces(
        record=record,
        faces=faces,
        annotated=b"annotated",
        detector="dlib_hog",
        model_name="compact_vgg",
        model_version=version,
    )
