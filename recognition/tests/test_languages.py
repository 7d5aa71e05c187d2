"""What goes wrong with pictures and jobs, in the language of whoever asks."""

import io
from collections.abc import Callable

import pytest
from django.utils import translation
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import User
from conftest import client_of, picture_bytes, post_pictures
from mlcore.pictures import KINDS, PictureError, decode_picture
from recognition.models import Job
from recognition.picture_problems import picture_problem
from records.failures import FAILURES, failure_detail
from records.models import Face, Record

CHINESE = {"Accept-Language": "zh-CN"}

BAD_FILES = [
    (b"", "空"),
    (b"Just text. " * 50, "文本"),
    (b"%PDF-1.7\n", "PDF 文件"),
    (b"\x00\x00\x00\x18ftypmp42" + b"\0" * 64, "视频"),
    (b"\x00\x01\x02\x03" * 40, "非图片文件"),
    (picture_bytes(Image.new("RGB", (40, 40)), "GIF"), "GIF 图片"),
    (picture_bytes(Image.new("RGB", (40, 40)), "TIFF"), "TIFF 图片"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG 矢量图"),
    (b"\x00\x00\x00\x18ftypavif" + b"\0" * 64, "AVIF 图片"),
    (b"\x00\x00\x00\x18ftypheic" + b"\0" * 64, "HEIC 照片"),
    (picture_bytes(Image.new("RGB", (40, 40)))[:200], "不完整"),
    (picture_bytes(Image.new("RGB", (40, 8)), "PNG"), "40×8 像素，每边至少需要 16"),
    (picture_bytes(Image.new("RGB", (900, 900)), "PNG"), "0.5 百万像素"),
]


def problem_with(content: bytes) -> PictureError:
    with pytest.raises(PictureError) as caught:
        decode_picture(content, max_pixels=500_000)
    return caught.value


@pytest.mark.parametrize(("content", "said"), BAD_FILES)
def test_a_bad_file_is_told_in_either_language(content: bytes, said: str) -> None:
    error = problem_with(content)

    with translation.override("en"):
        assert picture_problem(error) == str(error)
    with translation.override("zh-hans"):
        chinese = picture_problem(error)
    assert said in chinese
    assert "%(" not in chinese


def test_every_kind_of_bad_file_has_a_name() -> None:
    kinds = {problem_with(content).values.get("kind") for content, _ in BAD_FILES} - {None}

    assert kinds == KINDS.keys()


@pytest.mark.parametrize(
    ("chosen", "accept", "detail"),
    [
        ("", "en", "a.jpg: This is a PDF; take a JPEG, PNG, WebP or BMP picture instead."),
        ("", "zh-CN", "a.jpg：这是 PDF 文件，请改用 JPEG、PNG、WebP 或 BMP 图片。"),
        ("zh-hans", "en", "a.jpg：这是 PDF 文件，请改用 JPEG、PNG、WebP 或 BMP 图片。"),
        ("en", "zh-CN", "a.jpg: This is a PDF; take a JPEG, PNG, WebP or BMP picture instead."),
    ],
)
def test_an_upload_is_refused_in_the_persons_language(
    user: User, chosen: str, accept: str, detail: str
) -> None:
    User.objects.update(language=chosen)
    client = client_of(User.objects.get())
    client.credentials(HTTP_ACCEPT_LANGUAGE=accept)

    problem = post_pictures(client, [("a.jpg", b"%PDF-1.7\n")]).json()

    assert (problem["code"], problem["detail"]) == ("not_a_picture", detail)


def test_a_large_picture_and_too_many_are_told_in_chinese(
    api: APIClient, portrait: bytes, settings
) -> None:
    api.credentials(HTTP_ACCEPT_LANGUAGE="zh-CN")
    settings.PICTURES_PER_UPLOAD = 2
    many = post_pictures(api, [("a.jpg", portrait)] * 3).json()
    assert (many["title"], many["detail"]) == ("内容过大", "一次最多上传 2 张图片。")

    settings.PICTURE_MAX_BYTES = 1024
    large = post_pictures(api, [("a.jpg", portrait)]).json()
    assert large["detail"] == "a.jpg：图片超过了 0.000976562 MB。"


def test_a_stored_failure_is_told_in_its_readers_language(
    api: APIClient, portrait: bytes, upload: Callable[..., Job], settings, tmp_path
) -> None:
    """The worker wrote English, which says more; a code says it in Chinese."""
    file = tmp_path / "yunet.onnx"
    file.write_bytes(b"not a network")
    settings.DETECTOR_WEIGHTS = {"yunet": file}
    api.credentials(HTTP_ACCEPT_LANGUAGE="zh-CN")  # tasks run in this very process
    job = upload(api, portrait, detector="yunet")

    api.credentials()
    for address in (f"/api/v1/jobs/{job.pk}/", f"/api/v1/records/{job.record_id}/"):
        chinese = api.get(address, headers=CHINESE).json()["error"]
        assert chinese["code"] == "detector_unavailable"
        assert chinese["detail"] == "所选的人脸检测器无法在本服务器上运行。"
        english = api.get(address).json()["error"]
        assert (
            english["detail"] == f"{file} does not hold weights that the detector yunet can read."
        )


def test_a_failure_of_unknown_code_is_told_as_it_is(api: APIClient, portrait: bytes) -> None:
    post_pictures(api, [("a.jpg", portrait)])
    Record.objects.update(state="failed", error_code="tired", error_detail="It was too late.")

    record = api.get(f"/api/v1/records/{Record.objects.get().pk}/", headers=CHINESE).json()

    assert record["error"] == {"code": "tired", "detail": "It was too late."}


@pytest.mark.parametrize("code", FAILURES)
def test_every_failure_has_its_sentence_in_chinese(code: str) -> None:
    with translation.override("zh-hans"):
        chinese = failure_detail(code=code, stored="It went wrong.")
    with translation.override("en"):
        assert failure_detail(code=code, stored="It went wrong.") == "It went wrong."
        assert failure_detail(code=code, stored="") == str(FAILURES[code])

    assert not chinese.isascii()


@pytest.mark.parametrize(
    ("explanation", "detail"),
    [
        ({"error": "The crop is gone.", "code": "picture_missing"}, "图片已不存在。"),
        ({"error": "From before there were codes."}, "From before there were codes."),
    ],
)
def test_a_failed_explanation_is_told_in_chinese(
    api: APIClient, portrait: bytes, upload: Callable[..., Job], explanation: dict, detail: str
) -> None:
    upload(api, portrait)
    Face.objects.update(explanation=explanation)

    problem = api.get(f"/api/v1/faces/{Face.objects.get().pk}/explanation/", headers=CHINESE).json()

    assert (problem["code"], problem["detail"]) == ("explanation_failed", detail)


def test_an_import_is_refused_in_chinese(api: APIClient) -> None:
    api.credentials(HTTP_ACCEPT_LANGUAGE="zh-CN")
    file = io.BytesIO(b"{}")
    file.name = "records.json"

    problem = api.post("/api/v1/records/import/", {"file": file}, format="multipart").json()

    assert problem["code"] == "import_unreadable"
    assert problem["detail"] == "这不是记录的导出文件，请选择导出的 JSON 或 ZIP 文件。"
