"""What the API says of faces that are hard to make out."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageEnhance, ImageFilter
from rest_framework.test import APIClient

from accounts.models import User
from conftest import picture_bytes, post_pictures
from mlcore.boxes import Box, Detection
from mlcore.detectors.dlib_hog import DlibHogDetector
from mlcore.labels import EXPRESSIONS
from recognition.models import Job
from records.models import Face, Record
from records.services import FaceResult, record_store_faces

Send = Callable[..., dict]


@pytest.fixture
def recognized(api: APIClient, run_jobs: Callable) -> Send:
    """The record of a picture that was uploaded and recognised."""

    def send(image: Image.Image, **fields: str) -> dict:
        with run_jobs():
            response = post_pictures(api, [("a.png", picture_bytes(image, "PNG"))], **fields)
        record = response.json()["jobs"][0]["record"]
        return api.get(f"/api/v1/records/{record}/").json()

    return send


@pytest.fixture
def image(portrait: bytes) -> Image.Image:
    return Image.open(io.BytesIO(portrait))


def test_a_sharp_portrait_is_certain(recognized: Send, image: Image.Image) -> None:
    record = recognized(image)

    (face,) = record["faces"]
    assert not face["uncertain"]
    assert face["quality"]["issues"] == []
    assert face["quality"]["score"] > 0.95
    assert not record["uncertain"]


@pytest.mark.parametrize(
    ("degrade", "detector", "issue"),
    [
        pytest.param(
            lambda image: ImageEnhance.Brightness(image).enhance(0.08),
            "dlib_hog",
            "dark",
            id="dark",
        ),
        pytest.param(
            lambda image: image.filter(ImageFilter.GaussianBlur(6)),
            "opencv_haar",
            "blurred",
            id="blurred",
        ),
    ],
)
def test_a_degraded_portrait_is_uncertain(
    api: APIClient,
    recognized: Send,
    image: Image.Image,
    degrade: Callable,
    detector: str,
    issue: str,
) -> None:
    record = recognized(degrade(image), detector=detector)

    face = record["faces"][0]
    assert face["uncertain"]
    assert face["quality"]["issues"] == [issue]
    assert 0 < face["quality"]["score"] < 0.6
    assert face["expression"]  # the likeliest is told all the same
    assert record["uncertain"]
    (listed,) = api.get("/api/v1/records/?uncertain=true").json()["results"]
    assert listed["uncertain"]
    assert api.get("/api/v1/records/?uncertain=false").json()["results"] == []


def test_a_tiny_face_is_uncertain(
    recognized: Send, image: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No built-in detector finds a face so small; those that read weights do."""
    found = [Detection(Box(22, 10, 11, 11), 1.0)]
    monkeypatch.setattr(DlibHogDetector, "detect", lambda self, picture: found)

    record = recognized(image.resize((64, 64), Image.Resampling.BOX))

    (face,) = record["faces"]
    assert face["uncertain"]
    assert face["quality"]["issues"] == ["small"]


def result(probability: float, *, uncertain: bool, expression: str = "sad") -> FaceResult:
    return FaceResult(
        x=0,
        y=0,
        width=10,
        height=10,
        detection_score=1.0,
        crop=b"",
        probabilities={
            **dict.fromkeys(EXPRESSIONS, 0.0),
            "fear": 1 - probability,
            expression: probability,
        },
        quality=0.4 if uncertain else 1.0,
        quality_issues=["small"] if uncertain else [],
        uncertain=uncertain,
    )


def test_a_certain_face_speaks_for_the_record_before_surer_uncertain_ones(
    api: APIClient, user: User, portrait: bytes, upload: Callable[..., Job]
) -> None:
    record = Record.objects.get(pk=upload(api, portrait).record_id)
    told = {"annotated": b"", "detector": "d", "model_name": "m", "model_version": "1"}
    blurred, sharp = result(0.95, uncertain=True), result(0.7, uncertain=False, expression="happy")

    record_store_faces(record=record, faces=[blurred, sharp], **told)
    answer = api.get(f"/api/v1/records/{record.pk}/").json()
    assert (answer["expression"], answer["probability"]) == ("happy", 0.7)
    assert not answer["uncertain"]

    record_store_faces(record=record, faces=[blurred], **told)
    answer = api.get(f"/api/v1/records/{record.pk}/").json()
    assert (answer["expression"], answer["probability"]) == ("sad", 0.95)
    assert answer["uncertain"]

    record_store_faces(record=record, faces=[], **told)
    answer = api.get(f"/api/v1/records/{record.pk}/").json()
    assert (answer["expression"], answer["uncertain"]) == (None, False)


def test_faces_from_before_quality_was_measured_have_none(
    api: APIClient, portrait: bytes, upload: Callable[..., Job]
) -> None:
    job = upload(api, portrait)
    Face.objects.update(quality=None)

    (face,) = api.get(f"/api/v1/records/{job.record_id}/").json()["faces"]

    assert face["quality"] is None
    assert face["uncertain"] is False
