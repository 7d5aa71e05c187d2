"""Pictures put together from known faces, so that what a detector should find is known.

A face's picture is pasted whole. Around it its edge is continued and fades into the background:
the straight, sharp edges of a bare square are gradients that no photo has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.boxes import Box
from mlcore.crops import crop

Picture = NDArray[np.uint8]

FADE = 0.1
"""Width of the faded edge around a pasted face, as a share of its side."""

NOISE = 3.0
"""Deviation of a dark picture's noise in grey levels, as of a camera that runs out of light."""

_PLACES = 200
"""Places that are tried for a face before it is left out."""


@dataclass(frozen=True)
class FaceArea:
    """Where the face lies in the pictures of a collection, which frames all faces alike.

    Attributes:
        centre_x, centre_y, side: of the square about the face, as shares of the picture's side.
    """

    centre_x: float
    centre_y: float
    side: float


WILD_AREA = FaceArea(0.5, 0.55, 0.85)
"""In pictures that OpenCV's cascade cut out of photos, as those of `wild` are: between that
cascade's box, which is the whole picture, and dlib's, which leaves out the forehead. It depends on
no detector, and both lie well above the overlap that a match needs."""

WHOLE_AREA = FaceArea(0.5, 0.5, 1.0)
"""The picture is the face, as in FER2013."""


@dataclass(frozen=True)
class Conditions:
    """How faces are taken.

    Attributes:
        heights: smallest and largest height of a face's area in pixels.
        tilt: the largest angle in degrees by which a face leans to either side.
        light: share of the light that is left.
        blur: deviation of a Gaussian blur of the whole scene, as a share of the smallest face.
    """

    heights: tuple[int, int] = (40, 200)
    tilt: float = 0.0
    light: float = 1.0
    blur: float = 0.0


@dataclass(frozen=True)
class PlacedFace:
    """A face in a scene.

    Attributes:
        source: number of its picture.
        box: the face's area; of a tilted face the upright square about the same centre.
        tile: the whole pasted picture, before it was tilted.
        angle: degrees by which it leans, counterclockwise.
    """

    source: int
    box: Box
    tile: Box
    angle: float


@dataclass(frozen=True, eq=False)
class Scene:
    """A (height, width, 3) RGB picture and the faces that are in it."""

    picture: Picture
    faces: list[PlacedFace]


def compose(
    pictures: Sequence[Picture],
    sources: Sequence[int],
    seed: int,
    size: tuple[int, int] = (640, 480),
    area: FaceArea = WILD_AREA,
    conditions: Conditions = Conditions(),
) -> Scene:
    """A scene with some of `pictures` in it; the same arguments give the same scene.

    Args:
        pictures: square faces, (side, side, 3) RGB or (side, side) grey.
        sources: numbers of those to place, the first ones first; one for which no place is left
            is left out.
        seed: background, places, sizes and angles follow from it.
        size: the scene's width and height.
        area: where the face lies in each picture.
        conditions: how the faces are taken.
    """
    random = np.random.default_rng(seed)
    scene = background(random, size, pictures).astype(np.float32)
    placed: list[PlacedFace] = []
    taken: list[Box] = []
    for source in sources:
        height = int(random.integers(conditions.heights[0], conditions.heights[1] + 1))
        angle = float(random.uniform(-conditions.tilt, conditions.tilt))
        side = round(height / area.side)
        place = _free_place(random, size, side, taken)
        if place is None:
            continue
        taken.append(place)
        fade = round(FADE * side)
        tile = Box(place.x + fade, place.y + fade, side, side)
        _paste(scene, pictures[source], tile, fade, angle)
        placed.append(PlacedFace(source, _area_box(tile, area, angle), tile, angle))
    if conditions.blur:
        blurred = cv2.GaussianBlur(scene, (0, 0), conditions.blur * conditions.heights[0])
        scene = np.asarray(blurred, np.float32)
    if conditions.light < 1:
        scene *= np.float32(conditions.light)
        scene += random.normal(0, NOISE, scene.shape)
    return Scene(np.clip(scene.round(), 0, 255).astype(np.uint8), placed)


def background(
    random: np.random.Generator, size: tuple[int, int], pictures: Sequence[Picture] = ()
) -> Picture:
    """A (height, width, 3) RGB picture without a face, of one kind of five by chance.

    Gradients, smooth noise, fine noise, overlapping shapes with sharp edges, and a quilt of
    blurred corners of `pictures` (where there are any), which have colours and textures of photos.
    """
    kinds = [_gradient, _smooth_noise, _fine_noise, _shapes]
    kind = int(random.integers(len(kinds) + bool(len(pictures))))
    if kind == len(kinds):
        return _quilt(random, size, pictures)
    return kinds[kind](random, size)


def _gradient(random: np.random.Generator, size: tuple[int, int]) -> Picture:
    corners = random.integers(20, 236, (2, 2, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(corners, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _smooth_noise(random: np.random.Generator, size: tuple[int, int]) -> Picture:
    # A grain of 20 to 80 pixels, about that of a face's parts, is what fools detectors.
    grain = int(random.integers(20, 81))
    shape = (size[1] // grain + 2, size[0] // grain + 2, 3)
    noise = random.integers(30, 226, shape, dtype=np.uint8)
    return np.asarray(cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _fine_noise(random: np.random.Generator, size: tuple[int, int]) -> Picture:
    base = _gradient(random, size).astype(np.float32)
    base += random.normal(0, 20, (size[1], size[0], 1))
    return np.clip(base, 0, 255).astype(np.uint8)


def _shapes(random: np.random.Generator, size: tuple[int, int]) -> Picture:
    picture = _gradient(random, size)
    for _ in range(60):
        x, y = (int(random.integers(side)) for side in size)
        width, height = (int(side) for side in random.integers(10, 160, 2))
        colour = tuple(int(level) for level in random.integers(0, 256, 3))
        if random.random() < 0.5:
            cv2.rectangle(picture, (x, y), (x + width, y + height), colour, -1)
        else:
            turned = int(random.integers(180))
            cv2.ellipse(picture, (x, y), (width // 2, height // 2), turned, 0, 360, colour, -1)
    return picture


def _quilt(
    random: np.random.Generator, size: tuple[int, int], pictures: Sequence[Picture]
) -> Picture:
    patch = 80
    quilt = np.empty((size[1] + patch, size[0] + patch, 3), np.uint8)
    for y in range(0, size[1], patch):
        for x in range(0, size[0], patch):
            picture = _rgb(pictures[int(random.integers(len(pictures)))])
            fifth = max(1, picture.shape[0] // 5)  # of a corner: no more than an ear
            corner = picture[:fifth, :fifth] if random.random() < 0.5 else picture[:fifth, -fifth:]
            quilt[y : y + patch, x : x + patch] = cv2.resize(corner, (patch, patch))
    return np.asarray(cv2.GaussianBlur(quilt[: size[1], : size[0]], (0, 0), 4), np.uint8)


def _free_place(
    random: np.random.Generator, size: tuple[int, int], side: int, taken: Sequence[Box]
) -> Box | None:
    """A place for a tile of `side` and its faded edge, inside the scene and apart from others."""
    whole = side + 2 * round(FADE * side)
    if whole > min(size):
        return None
    for _ in range(_PLACES):
        x, y = (int(random.integers(limit - whole + 1)) for limit in size)
        if all(
            abs((2 * x + whole) - (2 * other.x + other.width)) >= whole + other.width
            or abs((2 * y + whole) - (2 * other.y + other.height)) >= whole + other.height
            for other in taken
        ):
            return Box(x, y, whole, whole)
    return None


def _paste(
    scene: NDArray[np.float32], picture: Picture, tile: Box, fade: int, angle: float
) -> None:
    side = tile.width
    kernel = cv2.INTER_AREA if side < picture.shape[0] else cv2.INTER_LINEAR
    face = np.asarray(cv2.resize(_rgb(picture), (side, side), interpolation=kernel), np.uint8)
    whole = side + 2 * fade
    # A tilted face's corners reach further out than its edge; there the place's own end fades.
    wide = np.stack(
        [crop(face[:, :, channel], Box(-fade, -fade, whole, whole)) for channel in range(3)],
        axis=2,
    ).astype(np.float32)
    far = np.maximum(0, np.abs(np.arange(whole) - (whole - 1) / 2) - (side - 1) / 2)
    mask = np.maximum(0, 1 - np.hypot(far[:, None], far[None, :]) / max(fade, 1))
    mask = mask.astype(np.float32)
    if angle:
        middle = (whole - 1) / 2
        turn = cv2.getRotationMatrix2D((middle, middle), angle, 1)
        wide, mask = (
            np.asarray(cv2.warpAffine(layer, turn, (whole, whole), borderMode=border), np.float32)
            for layer, border in ((wide, cv2.BORDER_REPLICATE), (mask, cv2.BORDER_CONSTANT))
        )
    top, left = tile.y - fade, tile.x - fade
    below = scene[top : top + whole, left : left + whole]
    below += (wide - below) * mask[:, :, None]


def _area_box(tile: Box, area: FaceArea, angle: float) -> Box:
    side = tile.width * area.side
    right = (area.centre_x - 0.5) * tile.width
    down = (area.centre_y - 0.5) * tile.height
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    x = tile.x + tile.width / 2 + right * cosine + down * sine
    y = tile.y + tile.height / 2 - right * sine + down * cosine
    return Box(round(x - side / 2), round(y - side / 2), round(side), round(side))


def _rgb(picture: Picture) -> Picture:
    if picture.ndim == 3:
        return picture
    return np.repeat(picture[:, :, None], 3, axis=2)
