"""The random changes of `mlcore.augmentation`, on the device that trains.

Written in `keras.ops`, so that every backend compiles them into its training step: the processor
then sends row numbers instead of changed faces, and the network sets the pace.
"""

import math
from typing import Any, NamedTuple

from mlcore.augmentation import Augmentation
from mlcore.backend import keras
from mlcore.errors import RecipeError

ops = keras.ops

Tensor = Any
"""A tensor of whatever backend Keras runs on."""

COLUMNS = 17
"""Uniform numbers that the changes of one face take; see `DeviceAugmentation.draw`."""


class Changes(NamedTuple):
    """What is done to N faces of (side, side, channels); what a recipe leaves off is None.

    Attributes:
        warps: (N, 2, 3) affine maps of a pixel (x, y) to its new place, as OpenCV takes them.
        contrast: (N,) factors of the difference from a face's mean.
        brightness: (N,) grey levels added.
        blur: (N,) deviations of a Gaussian, in pixels.
        noise: (N, side, side, channels) grey levels added.
        boxes: (N, 4) top, left, height and width of the rectangles, in pixels; without height
            where none is erased.
        greys: (N,) grey levels that fill them.
    """

    warps: Tensor = None
    contrast: Tensor = None
    brightness: Tensor = None
    blur: Tensor = None
    noise: Tensor = None
    boxes: Tensor = None
    greys: Tensor = None


class DeviceAugmentation:
    """An `Augmentation` of batches of tensors: the same fields, meanings and distributions.

    Two things differ by less than a grey level: nothing is rounded between the changes, and a blur
    is cut off where the recipe's largest one would be, not where each face's own would.

    Args:
        augmentation: what to change, and how far.
        side: of the square faces, in pixels.
        channels: 1 for grey faces, 3 for RGB.

    Raises:
        RecipeError: `augmentation` draws things over the faces, which OpenCV does.
    """

    def __init__(self, augmentation: Augmentation, side: int, channels: int = 1) -> None:
        if augmentation.occlude > 0:
            raise RecipeError(
                f"The augmentation has occlude {augmentation.occlude}, which OpenCV draws; on the "
                "device there is none: set it to 0 or augment on the host."
            )
        self.augmentation = augmentation
        self.side = side
        self.channels = channels

    def __call__(self, faces: Tensor, seed: "keras.random.SeedGenerator") -> Tensor:
        """Changed copies of `faces`, (N, side, side, channels) uint8 or float32 from 0 to 255.

        Returns:
            Faces of that shape, float32 from 0 to 255.
        """
        return self.apply(faces, self.draw(ops.shape(faces)[0], seed))

    def draw(self, count: int | Tensor, seed: "keras.random.SeedGenerator") -> Changes:
        """Draw the changes of `count` faces."""
        drawn = self.augmentation
        # One call for all of them: PyTorch waits for the device whenever it reads the seed.
        uniform = keras.random.uniform((count, COLUMNS), seed=seed)

        def between(column: int, low: float, high: float) -> Tensor:
            return low + (high - low) * uniform[:, column]

        def whole(column: int, low: int, high: Any) -> Tensor:
            """From `low` to `high`, both included."""
            return low + ops.floor((high - low + 1) * uniform[:, column])

        changes = {}
        warped = (drawn.flip, drawn.rotation, drawn.scale, drawn.shift, drawn.shear, drawn.zoom)
        if any(warped):
            angle = between(0, -math.radians(drawn.rotation), math.radians(drawn.rotation))
            changes["warps"] = affine_maps(
                self.side,
                angle=angle,
                scale=between(1, 1 - drawn.scale, 1 + drawn.scale),
                shear=between(2, -drawn.shear, drawn.shear),
                mirror=ops.where(uniform[:, 3] < drawn.flip, -1.0, 1.0),
                zoom_x=between(4, 1 - drawn.zoom, 1 + drawn.zoom),
                zoom_y=between(5, 1 - drawn.zoom, 1 + drawn.zoom),
                shift_x=between(6, -drawn.shift, drawn.shift) * self.side,
                shift_y=between(7, -drawn.shift, drawn.shift) * self.side,
            )
        if drawn.contrast > 0:
            changes["contrast"] = between(8, 1 - drawn.contrast, 1 + drawn.contrast)
        if drawn.brightness > 0:
            # Half, as on the host: the field is the share of 255 that would be the whole range.
            changes["brightness"] = between(9, -drawn.brightness, drawn.brightness) * 255 / 2
        if drawn.blur > 0:
            changes["blur"] = ops.maximum(between(10, 0, drawn.blur), 0.05)
        if drawn.noise > 0:
            deviation = ops.reshape(between(11, 0, drawn.noise * 255), (-1, 1, 1, 1))
            shape = (count, self.side, self.side, self.channels)
            changes["noise"] = deviation * keras.random.normal(shape, seed=seed)
        if drawn.erase > 0:
            low, high = (round(share * self.side) for share in drawn.erase_side)
            height, width = whole(12, low, high), whole(13, low, high)
            top, left = whole(14, 0, self.side - height), whole(15, 0, self.side - width)
            # The chosen share and the grey come from one number: the grey is uniform within it.
            share = uniform[:, 16] / drawn.erase
            height = ops.where(share < 1, height, 0.0)
            changes["boxes"] = ops.stack([top, left, height, width], axis=1)
            changes["greys"] = ops.floor(share * 256)
        return Changes(**changes)

    def apply(self, faces: Tensor, changes: Changes) -> Tensor:
        """Change `faces` so, in the order of the host: warp, light, blur, noise, rectangle."""
        faces = ops.cast(faces, "float32")
        if changes.warps is not None:
            faces = warp(faces, changes.warps)
        if changes.contrast is not None or changes.brightness is not None:
            faces = ops.clip(_lit(faces, changes), 0, 255)
        if changes.blur is not None:
            reach = min(math.ceil(3 * self.augmentation.blur), self.side - 1)
            faces = blur(faces, changes.blur, reach)
        if changes.noise is not None:
            faces = ops.clip(faces + changes.noise, 0, 255)
        if changes.boxes is not None:
            faces = erase(faces, changes.boxes, changes.greys)
        return faces


def affine_maps(
    side: int,
    *,
    angle: Tensor,
    scale: Tensor,
    shear: Tensor,
    mirror: Tensor,
    zoom_x: Tensor,
    zoom_y: Tensor,
    shift_x: Tensor,
    shift_y: Tensor,
) -> Tensor:
    """(N, 2, 3) maps about the centre of a picture, from (N,) radians, factors and pixels."""
    cos, sin = ops.cos(angle) * scale, ops.sin(angle) * scale
    linear = (
        (cos * mirror * zoom_x, (cos * shear - sin) * zoom_x),
        (sin * mirror * zoom_y, (sin * shear + cos) * zoom_y),
    )
    centre = (side - 1) / 2
    rows = [
        ops.stack([of_x, of_y, centre - (of_x + of_y) * centre + shift], axis=1)
        for (of_x, of_y), shift in zip(linear, (shift_x, shift_y), strict=True)
    ]
    return ops.stack(rows, axis=1)


def warp(faces: Tensor, warps: Tensor) -> Tensor:
    """Move the pixels of (N, side, side, channels) float32 by (N, 2, 3) maps.

    Bilinear, with the edge repeated outside, as `cv2.warpAffine` with BORDER_REPLICATE. Gathered,
    because `keras.ops.image.affine_transform` is slow under JAX and differs between backends.
    """
    side, channels = faces.shape[1], faces.shape[3]
    a, b, c, d = (warps[:, row, column, None] for row in (0, 1) for column in (0, 1))
    determinant = a * d - b * c
    places = ops.arange(side * side, dtype="int32")
    x = ops.cast(places % side, "float32")[None] - warps[:, 0, 2, None]
    y = ops.cast(places // side, "float32")[None] - warps[:, 1, 2, None]
    from_x = ops.clip((d * x - b * y) / determinant, 0, side - 1)
    from_y = ops.clip((a * y - c * x) / determinant, 0, side - 1)
    left, above = ops.floor(from_x), ops.floor(from_y)
    to_right, below = (from_x - left)[..., None], (from_y - above)[..., None]
    first = ops.arange(ops.shape(faces)[0], dtype="int32")[:, None] * (side * side)
    left, above = ops.cast(left, "int32"), first + side * ops.cast(above, "int32")
    right = ops.minimum(left + 1, side - 1)
    under = ops.minimum(above + side, first + side * (side - 1))
    flat = ops.reshape(faces, (-1, channels))

    def at(row: Tensor, column: Tensor) -> Tensor:
        picked = ops.take(flat, ops.reshape(row + column, (-1,)), axis=0)
        return ops.reshape(picked, (-1, side * side, channels))

    upper = at(above, left) * (1 - to_right) + at(above, right) * to_right
    lower = at(under, left) * (1 - to_right) + at(under, right) * to_right
    return ops.reshape(upper * (1 - below) + lower * below, (-1, side, side, channels))


def blur(faces: Tensor, deviations: Tensor, reach: int) -> Tensor:
    """Blur each of (N, side, side, channels) float32 by a Gaussian of its own (N,) deviation.

    It is cut off `reach` pixels away; outside the faces are mirrored, as `cv2.GaussianBlur` does.
    """
    side = faces.shape[1]
    offsets = ops.arange(-reach, reach + 1, dtype="float32")
    taps = ops.exp(-(offsets[None] ** 2) / (2 * deviations[:, None] ** 2))
    taps = taps / ops.sum(taps, axis=1, keepdims=True)
    weights = [taps[:, tap, None, None, None] for tap in range(2 * reach + 1)]
    padded = ops.pad(faces, ((0, 0), (reach, reach), (0, 0), (0, 0)), mode="reflect")
    faces = sum(weight * padded[:, tap : tap + side] for tap, weight in enumerate(weights))
    padded = ops.pad(faces, ((0, 0), (0, 0), (reach, reach), (0, 0)), mode="reflect")
    return sum(weight * padded[:, :, tap : tap + side] for tap, weight in enumerate(weights))


def erase(faces: Tensor, boxes: Tensor, greys: Tensor) -> Tensor:
    """Fill the (N, 4) boxes top, left, height, width of (N, side, side, channels) with a grey."""
    places = ops.arange(faces.shape[1], dtype="float32")[None]
    top, left, height, width = (boxes[:, side, None] for side in range(4))
    rows = ops.logical_and(places >= top, places < top + height)[:, :, None, None]
    columns = ops.logical_and(places >= left, places < left + width)[:, None, :, None]
    return ops.where(ops.logical_and(rows, columns), greys[:, None, None, None], faces)


def _lit(faces: Tensor, changes: Changes) -> Tensor:
    """Contrast about each face's own mean, so that it stays apart from brightness."""
    if changes.contrast is not None:
        contrast = changes.contrast[:, None, None, None]
        mean = ops.mean(faces, axis=(1, 2, 3), keepdims=True)
        faces = faces * contrast + (1 - contrast) * mean
    if changes.brightness is not None:
        faces = faces + changes.brightness[:, None, None, None]
    return faces
