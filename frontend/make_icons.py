"""Draws static/icons/*.png, the shapes of static/icon.svg in the sizes that phones ask for.

    .venv/bin/python frontend/make_icons.py

A maskable icon fills its square and keeps its drawing in the middle, since phones cut off the edges
(https://www.w3.org/TR/appmanifest/#icon-masks); Apple's rounds the corners itself.
"""

from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "static" / "icons"
BACKGROUND, FRAME, FACE = "#0b6460", "#8be0d7", "#ffffff"
UNITS = 64
OVERSAMPLING = 8

Point = tuple[float, float]


def bezier(start: Point, first: Point, second: Point, end: Point, steps: int = 60) -> list[Point]:
    """Points on a cubic curve."""

    def at(t: float, axis: int) -> float:
        a, b, c, d = start[axis], first[axis], second[axis], end[axis]
        return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d

    return [(at(i / steps, 0), at(i / steps, 1)) for i in range(steps + 1)]


def corner(x: float, y: float, dx: int, dy: int) -> list[Point]:
    """A corner of the frame around (x, y), whose arms run towards (dx, dy); rounded by 2 units."""
    bend = bezier((x, y + 2 * dy), (x, y + 0.9 * dy), (x + 0.9 * dx, y), (x + 2 * dx, y))
    return [(x, y + 8 * dy), *bend, (x + 8 * dx, y)]


def icon(size: int, *, rounded: bool, share: float = 1.0) -> Image.Image:
    """`share` of the square is what the drawing takes."""
    pixels = size * OVERSAMPLING
    scale = pixels / UNITS
    image = Image.new("RGBA", (pixels, pixels))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, pixels - 1, pixels - 1), 16 * scale if rounded else 0, BACKGROUND)

    def place(point: Point) -> Point:
        x, y = ((value - UNITS / 2) * share + UNITS / 2 for value in point)
        return x * scale, y * scale

    def dot(centre: Point, radius: float, colour: str) -> None:
        x, y = place(centre)
        r = radius * share * scale
        draw.ellipse((x - r, y - r, x + r, y + r), colour)

    def stroke(points: list[Point], colour: str) -> None:
        # A round brush at each place: Pillow's lines have neither round joints nor round ends.
        for (x0, y0), (x1, y1) in pairwise(points):
            steps = max(1, round(max(abs(x1 - x0), abs(y1 - y0)) * OVERSAMPLING))
            for i in range(steps + 1):
                dot((x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps), 2, colour)

    for x, y, dx, dy in ((14, 14, 1, 1), (50, 14, -1, 1), (50, 50, -1, -1), (14, 50, 1, -1)):
        stroke(corner(x, y, dx, dy), FRAME)
    for eye in ((25, 28), (39, 28)):
        dot(eye, 3.5, FACE)
    stroke(bezier((23, 37), (27.5, 43), (36.5, 43), (41, 37)), FACE)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    icons = {
        "icon-192.png": icon(192, rounded=True),
        "icon-512.png": icon(512, rounded=True),
        "maskable-192.png": icon(192, rounded=False, share=0.8),
        "maskable-512.png": icon(512, rounded=False, share=0.8),
        "apple-touch-icon.png": icon(180, rounded=False, share=0.9),
    }
    for name, image in icons.items():
        image.convert("RGBA").quantize(64).save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    main()
