"""Words on pictures: OpenCV's strokes for English, a font of the machine's for everything else."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

STROKES = cv2.FONT_HERSHEY_SIMPLEX

FONT_SIZE = 30.0
"""Of a font, in pixels, as large as OpenCV's letters are at scale 1."""

FONT_FOLDERS = (
    *("~/.local/share/fonts", "~/Library/Fonts", "/usr/local/share/fonts", "/usr/share/fonts"),
    *("/System/Library/Fonts", "/Library/Fonts"),
)

FONTS = (
    *("NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "NotoSansCJKsc-Regular.otf"),
    *("SourceHanSansSC-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc"),
    *("DroidSansFallbackFull.ttf", "PingFang.ttc", "Arial Unicode.ttf", "NotoSans-Regular.ttf"),
    *("DejaVuSans.ttf", "LiberationSans-Regular.ttf"),
)
"""Those that have many letters; the first ones Chinese ones, too."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@cache
def can_be_written(text: str) -> bool:
    """Whether this machine has every letter of `text`."""
    return text.isascii() or _font_file(text) is not None


def measure(text: str, scale: float, thickness: int) -> tuple[int, int, int]:
    """Width, height above the base line and depth below it, in pixels."""
    if text.isascii():
        (width, height), depth = cv2.getTextSize(text, STROKES, scale, thickness)
        return width, height, depth
    font = _font(text, scale)
    left, top, right, bottom = font.getbbox(text, anchor="ls")
    return round(right - min(left, 0)), round(-top), max(0, round(bottom))


def write(
    canvas: NDArray[np.uint8],
    text: str,
    origin: tuple[int, int],
    scale: float,
    thickness: int,
    ink: tuple[int, int, int],
) -> None:
    """Write on a (height, width, 3) picture; `origin` is the left end of the base line."""
    if text.isascii():
        cv2.putText(canvas, text, origin, STROKES, scale, ink, thickness, cv2.LINE_AA)
        return
    picture = Image.fromarray(canvas)
    ImageDraw.Draw(picture).text(origin, text, fill=ink, font=_font(text, scale), anchor="ls")
    canvas[:] = np.asarray(picture)


def _font(text: str, scale: float) -> Font:
    return _loaded(_font_file(text), max(6, round(FONT_SIZE * scale)))


@cache
def _loaded(path: Path | None, size: int) -> Font:
    return ImageFont.load_default(size) if path is None else ImageFont.truetype(path, size)


@cache
def _font_file(text: str) -> Path | None:
    """The first font that has all letters of `text`."""
    return next((path for path in _font_files() if _has(path, text)), None)


@cache
def _font_files() -> list[Path]:
    found: dict[str, Path] = {}
    for folder in (Path(name).expanduser() for name in FONT_FOLDERS):
        for path in sorted(folder.rglob("*.[to]t[fc]")) if folder.is_dir() else ():
            found.setdefault(path.name, path)
    return [found[name] for name in FONTS if name in found]


def _has(path: Path, text: str) -> bool:
    try:
        font = _loaded(path, 24)
    except OSError:
        return False
    missing = bytes(font.getmask("\U0010ffff"))
    return all(letter.isspace() or bytes(font.getmask(letter)) != missing for letter in set(text))
