import contextlib
import io
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mlcore.pictures import (
    PictureError,
    decode_picture,
    encode_jpeg,
    encode_png,
    encode_webp,
    thumbnail,
)

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, file_format, **options)
    return target.getvalue()


@pytest.fixture
def quarters() -> Image.Image:
    """40x20 pixels: red and green above, blue and white below."""
    image = Image.new("RGB", (40, 20), RED)
    image.paste(GREEN, (20, 0, 40, 10))
    image.paste(BLUE, (0, 10, 20, 20))
    image.paste(WHITE, (20, 10, 40, 20))
    return image


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that states a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def refused(content: bytes) -> PictureError:
    with pytest.raises(PictureError) as caught:
        decode_picture(content)
    assert str(caught.value).endswith(".")
    return caught.value


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "BMP"])
def test_decodes_the_formats_that_are_taken(quarters: Image.Image, file_format: str) -> None:
    picture = decode_picture(encoded(quarters, file_format))
    assert picture.shape == (20, 40, 3)
    assert picture.dtype == np.uint8
    assert np.allclose(picture[5, 5], RED, atol=12)
    assert np.allclose(picture[15, 5], BLUE, atol=12)


def test_takes_paths(quarters: Image.Image, tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(encoded(quarters, "PNG"))  # the bytes count, not the name
    assert decode_picture(tmp_path / "a.gif").shape == (20, 40, 3)
    with pytest.raises(PictureError, match="cannot be read") as caught:
        decode_picture(tmp_path / "b.png")
    assert caught.value.code == "unreadable_file"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_every_exif_orientation_comes_out_upright(
    quarters: Image.Image, orientation: int, file_format: str
) -> None:
    turns = Image.Transpose
    stored_as = {
        2: turns.FLIP_LEFT_RIGHT,
        3: turns.ROTATE_180,
        4: turns.FLIP_TOP_BOTTOM,
        5: turns.TRANSPOSE,
        6: turns.ROTATE_90,
        7: turns.TRANSVERSE,
        8: turns.ROTATE_270,
    }
    stored = quarters.transpose(stored_as[orientation]) if orientation > 1 else quarters
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode_picture(encoded(stored, file_format, exif=exif))
    assert picture.shape == (20, 40, 3)
    for (row, column), colour in zip(
        [(5, 5), (5, 35), (15, 5), (15, 35)], [RED, GREEN, BLUE, WHITE], strict=True
    ):
        assert np.allclose(picture[row, column], colour, atol=25)


def test_a_damaged_exif_block_turns_nothing(quarters: Image.Image) -> None:
    content = encoded(quarters, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\xff\xff")
    assert decode_picture(content).shape == (20, 40, 3)


@pytest.mark.parametrize(
    ("mode", "file_format"),
    [("L", "PNG"), ("1", "PNG"), ("P", "PNG"), ("P", "BMP"), ("CMYK", "JPEG"), ("L", "JPEG")],
)
def test_other_colours_become_rgb(quarters: Image.Image, mode: str, file_format: str) -> None:
    expected = np.asarray(quarters.convert(mode).convert("RGB")).astype(int)
    picture = decode_picture(encoded(quarters.convert(mode), file_format)).astype(int)
    assert np.abs(picture - expected).mean() < 6


def test_sixteen_bits_of_grey_are_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 40 * 20).reshape(20, 40).astype(np.uint16)
    picture = decode_picture(encoded(Image.fromarray(ramp), "PNG"))
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[-1, -1].tolist() == [255, 255, 255]
    assert np.abs(picture[:, :, 0] - ramp / 257).max() <= 0.51


def test_transparency_is_white(quarters: Image.Image) -> None:
    half = quarters.convert("RGBA")
    half.putalpha(0)
    half.paste((0, 0, 0, 128), (0, 0, 20, 10))
    picture = decode_picture(encoded(half, "PNG"))
    assert picture[15, 35].tolist() == [255, 255, 255]
    assert np.allclose(picture[5, 5], 127, atol=1)
    grey = decode_picture(encoded(half.convert("LA"), "PNG"))
    assert grey[15, 35].tolist() == [255, 255, 255]
    palette = quarters.convert("P")
    content = encoded(palette, "PNG", transparency=palette.getpixel((0, 0)))
    assert decode_picture(content)[5, 5].tolist() == [255, 255, 255]


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(quarters: Image.Image, file_format: str) -> None:
    content = encoded(
        Image.new("RGB", (40, 20), GREEN), file_format, save_all=True, append_images=[quarters]
    )
    assert np.allclose(decode_picture(content), GREEN, atol=12)


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        (b"", "empty_file", "empty"),
        (b"GIF89a" + bytes(50), "unsupported_format", "GIF"),
        (b"II*\0" + bytes(50), "unsupported_format", "TIFF"),
        (b'<?xml version="1.0"?><svg xmlns=""/>', "unsupported_format", "SVG"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "unsupported_format", "HEIC"),
        (b"\0\0\0\x18ftypavif" + bytes(50), "unsupported_format", "AVIF"),
        (b"\0\0\0\x18ftypmp42" + bytes(50), "not_a_picture", "video"),
        (b"\x1aE\xdf\xa3" + bytes(50), "not_a_picture", "video"),
        (b"RIFF\0\0\0\0AVI " + bytes(50), "not_a_picture", "video"),
        (b"%PDF-1.7" + bytes(50), "not_a_picture", "PDF"),
        (("Just ä text. " * 100).encode(), "not_a_picture", "text"),
        (b"<html><body>no</body></html>", "not_a_picture", "text"),
        (bytes(range(256)), "not_a_picture", "no picture"),
        (b"\x89PNG\r\n\x1a\n", "picture_truncated", "cut short"),
    ],
)
def test_what_is_no_picture_of_ours_is_named(content: bytes, code: str, named: str) -> None:
    error = refused(content)
    assert error.code == code
    assert named in str(error)


@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
    ],
)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(
    astronaut: np.ndarray, file_format: str, options: dict[str, object], kept: float
) -> None:
    content = encoded(Image.fromarray(astronaut[:64, :64]), file_format, **options)
    assert refused(content[: int(len(content) * kept)]).code == "picture_truncated"


@pytest.mark.parametrize("side", [7_100, 12_000, 30_000, 2_000_000])
def test_a_bomb_is_refused_from_its_header(side: int) -> None:
    started = time.thread_time()
    assert refused(png_of_size(side, side)).code == "picture_too_many_pixels"
    # Of the processor: a busy machine may let it wait.
    assert time.thread_time() - started < 0.5


def test_the_most_pixels_are_the_callers(quarters: Image.Image) -> None:
    content = encoded(quarters, "PNG")
    assert decode_picture(content, max_pixels=800).shape == (20, 40, 3)
    with pytest.raises(PictureError) as caught:
        decode_picture(content, max_pixels=799)
    assert caught.value.code == "picture_too_many_pixels"


def test_a_tiny_picture_is_refused() -> None:
    assert refused(encoded(Image.new("RGB", (200, 15)), "PNG")).code == "picture_too_small"


def test_random_damage_never_raises_anything_else(quarters: Image.Image) -> None:
    random = np.random.default_rng(0)
    for file_format in ("JPEG", "PNG", "WEBP", "BMP"):
        whole = np.frombuffer(encoded(quarters, file_format), np.uint8)
        for _ in range(150):
            damaged = whole.copy()
            places = random.integers(0, len(whole), 4)
            damaged[places] = random.integers(0, 256, 4)
            with contextlib.suppress(PictureError):
                decode_picture(damaged.tobytes())


@pytest.mark.parametrize("encode", [encode_jpeg, encode_png, encode_webp])
def test_encoding_keeps_pixels_and_nothing_else(
    astronaut: np.ndarray, encode: Callable[[np.ndarray], bytes]
) -> None:
    content = encode(astronaut)
    with Image.open(io.BytesIO(content)) as image:
        assert not image.getexif()
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)
    again = decode_picture(content).astype(int)
    assert np.abs(again - astronaut).mean() < 4


def test_grey_crops_can_be_encoded() -> None:
    crop = np.full((48, 48), 90, np.uint8)
    assert (decode_picture(encode_png(crop)) == 90).all()


def test_thumbnails_keep_the_proportions(astronaut: np.ndarray) -> None:
    assert thumbnail(astronaut[:256], 100).shape == (50, 100, 3)
    assert thumbnail(astronaut[:, :5], 100).shape == (100, 1, 3)
    assert thumbnail(astronaut, 1000) is astronaut
