"""Uploading pictures over the API: what is taken, and what each bad input gets."""

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import User
from conftest import picture_bytes, post_pictures, stored_files
from recognition.models import Job
from records.models import Face, Media, Record


def assert_nothing_stored() -> None:
    assert not Media.objects.exists()
    assert not Record.objects.exists()
    assert not Job.objects.exists()
    assert stored_files() == set()


def test_a_portrait_becomes_a_record_with_a_face(
    api: APIClient, user: User, portrait: bytes, upload: Callable[..., Job]
) -> None:
    job = upload(api, portrait, name="Commander Collins", file_name="eileen.jpg")

    assert api.get(f"/api/v1/jobs/{job.pk}/").json()["state"] == "done"
    record = api.get(f"/api/v1/records/{job.record_id}/").json()
    assert record["name"] == "Commander Collins"
    assert record["file_name"] == "eileen.jpg"
    assert (record["width"], record["height"]) == (512, 512)
    (face,) = record["faces"]
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert face["expression"] == "happy" == record["expression"]
    assert face["probability"] == max(face["probabilities"].values()) == record["probability"]
    # Her face: about 110 pixels wide, centred at (224, 113).
    box = face["box"]
    assert box["x"] < 224 < box["x"] + box["width"]
    assert box["y"] < 113 < box["y"] + box["height"]
    crop = Image.open(io.BytesIO(b"".join(api.get(face["crop"]).streaming_content)))
    assert crop.size == (48, 48)
    assert record["consent_at"]


def test_the_uploaded_bytes_are_not_what_is_stored(api: APIClient, portrait: bytes, upload) -> None:
    """Where and with what a picture was taken goes no further than the upload."""
    image = Image.open(io.BytesIO(portrait))
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    with_place = picture_bytes(image, exif=exif.tobytes(), comment=b"SecretComment")
    assert b"SecretCamera" in with_place

    job = upload(api, with_place + b"SecretTail")

    record = api.get(f"/api/v1/records/{job.record_id}/").json()
    for url in (record["original"], record["annotated"], record["thumbnail"]):
        stored = b"".join(api.get(url).streaming_content)
        assert b"Secret" not in stored
        assert not Image.open(io.BytesIO(stored)).getexif()


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_orientation_is_honoured(api: APIClient, portrait: bytes, upload, orientation: int) -> None:
    upright = Image.open(io.BytesIO(portrait)).crop((0, 0, 512, 400))
    undo = {
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    job = upload(api, picture_bytes(upright.transpose(undo[orientation]), exif=exif.tobytes()))

    record = api.get(f"/api/v1/records/{job.record_id}/").json()

    assert (record["width"], record["height"]) == (512, 400)
    assert len(record["faces"]) == 1


@pytest.mark.parametrize(
    ("mode", "file_format"),
    [
        *[("RGB", name) for name in ("JPEG", "PNG", "WEBP", "BMP")],
        *[("L", "JPEG"), ("CMYK", "JPEG"), ("I;16", "PNG"), ("RGBA", "PNG"), ("LA", "PNG")],
        *[("P", "PNG"), ("1", "PNG"), ("RGBA", "WEBP")],
    ],
)
def test_every_kind_of_pixel_works(
    api: APIClient, portrait: bytes, upload, mode: str, file_format: str
) -> None:
    image = Image.open(io.BytesIO(portrait))
    if mode == "I;16":
        grey = image.convert("L")
        image = Image.frombytes("I;16", grey.size, b"".join(bytes([0, v]) for v in grey.tobytes()))
    else:
        image = image.convert(mode)

    job = upload(api, picture_bytes(image, file_format))

    record = api.get(f"/api/v1/records/{job.record_id}/").json()
    assert record["state"] == "done"
    if mode != "1":  # dithered to two colours, a face may be lost
        assert len(record["faces"]) == 1


def test_several_pictures_in_one_upload(
    api: APIClient, portrait: bytes, faceless: bytes, run_jobs
) -> None:
    with run_jobs():
        response = post_pictures(api, [("a.jpg", portrait), ("b.jpg", faceless)], name="Trip")

    assert len(response.json()["jobs"]) == 2
    results = api.get("/api/v1/records/").json()["results"]
    assert [record["name"] for record in results] == ["Trip 2", "Trip 1"]
    assert [record["face_count"] for record in results] == [0, 1]


def test_a_picture_without_a_face_is_a_success_that_says_so(
    api: APIClient, faceless: bytes, upload
) -> None:
    job = upload(api, faceless)

    record = api.get(f"/api/v1/records/{job.record_id}/").json()
    assert (record["state"], record["face_count"]) == ("done", 0)
    assert record["expression"] is record["probability"] is record["error"] is None


def png_header(width: int, height: int) -> bytes:
    """A small PNG that claims to be huge."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


GIF = picture_bytes(Image.new("RGB", (64, 64)), "GIF")
TIFF = picture_bytes(Image.new("RGB", (64, 64)), "TIFF")
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
MP4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"\0" * 500


@pytest.mark.parametrize(
    ("file_name", "content", "status", "code"),
    [
        ("empty.jpg", b"", 400, "empty_file"),
        ("text.jpg", b"I am not a picture, whatever my name says. " * 20, 400, "not_a_picture"),
        ("picture.svg", SVG, 400, "unsupported_format"),
        ("picture.jpg", SVG, 400, "unsupported_format"),
        ("picture.gif", GIF, 400, "unsupported_format"),
        ("picture.jpg", GIF, 400, "unsupported_format"),
        ("picture.tiff", TIFF, 400, "unsupported_format"),
        ("film.mp4", MP4, 400, "not_a_picture"),
        ("bomb.png", png_header(30_000, 30_000), 413, "picture_too_many_pixels"),
        ("dot.png", picture_bytes(Image.new("RGB", (1, 1)), "PNG"), 400, "picture_too_small"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_picture_is_refused(
    api: APIClient, file_name: str, content: bytes, status: int, code: str
) -> None:
    response = post_pictures(api, [(file_name, content)])

    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"].endswith(".")
    assert_nothing_stored()


def test_a_truncated_picture_is_refused(api: APIClient, portrait: bytes) -> None:
    response = post_pictures(api, [("cut.jpg", portrait[: len(portrait) // 2])])

    assert (response.status_code, response.json()["code"]) == (400, "picture_truncated")
    assert_nothing_stored()


def test_a_picture_over_the_size_limit_is_refused(
    api: APIClient, portrait: bytes, settings
) -> None:
    settings.PICTURE_MAX_BYTES = len(portrait) - 1

    response = post_pictures(api, [("large.jpg", portrait)])

    assert (response.status_code, response.json()["code"]) == (413, "picture_too_large")
    assert_nothing_stored()


def test_one_bad_picture_keeps_all_out(api: APIClient, portrait: bytes) -> None:
    response = post_pictures(api, [("good.jpg", portrait), ("bad.gif", GIF)])

    assert response.json()["code"] == "unsupported_format"
    assert "bad.gif" in response.json()["detail"]
    assert_nothing_stored()


def test_too_many_pictures_are_refused(api: APIClient, portrait: bytes, settings) -> None:
    files = [(f"{number}.jpg", portrait) for number in range(settings.PICTURES_PER_UPLOAD + 1)]

    response = post_pictures(api, files)

    assert (response.status_code, response.json()["code"]) == (413, "too_many_files")
    assert_nothing_stored()


def test_no_file_is_refused(api: APIClient) -> None:
    response = api.post("/api/v1/recognitions/", {"consent": "true"}, format="multipart")

    assert (response.status_code, response.json()["code"]) == (400, "no_file")


@pytest.mark.parametrize("consent", ["false", ""])
def test_without_consent_nothing_is_taken(api: APIClient, portrait: bytes, consent: str) -> None:
    response = post_pictures(api, [("a.jpg", portrait)], consent=consent)

    assert response.status_code == 400
    assert response.json()["code"] in {"consent_required", "invalid"}
    assert_nothing_stored()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("n" * 10_000, "name_too_long"),
        ("a\x00b", "name_has_control_characters"),
        ("a\x1b[31mb", "name_has_control_characters"),
        ("gpj.\u202eexe", "name_has_control_characters"),
    ],
    ids=["10,000 letters", "NUL", "escape", "right-to-left override"],
)
def test_bad_names_are_refused(api: APIClient, portrait: bytes, name: str, code: str) -> None:
    response = post_pictures(api, [("a.jpg", portrait)], name=name)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert_nothing_stored()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", 'O\'Hara "Jo" <b>', "妈妈 👩‍👧 \U0001fae8", "a/b\\c"]
)
def test_odd_names_are_kept_as_text(api: APIClient, portrait: bytes, name: str) -> None:
    response = post_pictures(api, [("a.jpg", portrait)], name=name)

    assert response.status_code == 202
    assert Record.objects.get().name == name
    assert all(name.startswith("media/") for name in stored_files())


@pytest.mark.parametrize(
    ("file_name", "kept"),
    [
        ("../../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\me\\cat.jpg", "cat.jpg"),
        ("a\x07b\u202e.jpg", "ab.jpg"),
        ("n" * 10_000 + ".jpg", None),
    ],
    ids=["path", "Windows path", "control characters", "10,000 letters"],
)
def test_file_names_are_made_safe(
    api: APIClient, portrait: bytes, file_name: str, kept: str | None
) -> None:
    assert post_pictures(api, [(file_name, portrait)]).status_code == 202

    media = Media.objects.get()
    assert len(media.file_name) <= 120
    assert media.file_name.endswith(".jpg")
    assert kept in {None, media.file_name}
    assert {path.rsplit("/", 1)[1] for path in stored_files()} == {"original.jpg", "thumbnail.webp"}


def test_uploads_are_throttled(api: APIClient, portrait: bytes, monkeypatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"uploads": "2/min"})

    answers = [post_pictures(api, [("a.gif", GIF)]) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert answers[2].json()["code"] == "throttled"
    assert int(answers[2]["Retry-After"]) > 0


def test_nothing_stays_when_the_database_refuses(
    api: APIClient, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are written first; a transaction that fails takes them along."""

    def fail(**_: object) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr("recognition.services.record_create", fail)
    api.raise_request_exception = False

    response = post_pictures(api, [("a.jpg", portrait)])

    assert (response.status_code, response.json()["code"]) == (500, "server_error")
    assert_nothing_stored()


def test_recognising_twice_leaves_the_same_rows(api: APIClient, portrait: bytes, upload) -> None:
    from recognition.pipeline import recognize_record

    job = upload(api, portrait)
    record = Record.objects.select_related("media").get(pk=job.record_id)
    before = list(Face.objects.values_list("index", "x", "y", "expression", "probability"))

    recognize_record(record=record, on_progress=lambda share: None)

    assert list(Face.objects.values_list("index", "x", "y", "expression", "probability")) == before
