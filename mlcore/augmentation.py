"""Random changes of training faces that leave their expression as it is."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.occluders import occlude

_SHARES = ("flip", "shift", "shear", "contrast", "brightness", "noise", "occlude", "erase")


@dataclass(frozen=True)
class Augmentation:
    """One affine warp, a change of light, and things that spoil or hide a part of each face.

    The ranges follow published FER2013 recipes (Khaireddin & Chen 2021,
    https://arxiv.org/abs/2105.03588; erasing after Zhong et al. 2017,
    https://arxiv.org/abs/1708.04896).

    Attributes:
        flip: share of faces that are mirrored.
        rotation: largest turn in degrees.
        scale: largest relative change of size.
        shift: largest move as a share of the side.
        shear: largest shear factor.
        zoom: largest relative change of width and of height, drawn apart, as the `zoom_range` of
            Keras's ImageDataGenerator; it changes the proportions, which `scale` keeps.
        contrast: largest relative change of contrast.
        brightness: largest change of brightness, as a share of half the grey levels (127.5).
        noise: largest deviation of Gaussian noise, as a share of 255.
        blur: largest deviation of a Gaussian blur, in pixels.
        occlude: share of faces that get glasses, a cap or a hand drawn over them.
        erase: share of faces that lose a rectangle.
        erase_side: smallest and largest side of that rectangle as a share of the face's.

    Raises:
        ValueError: a field has a value that it cannot take.
    """

    flip: float = 0.5
    rotation: float = 15.0
    scale: float = 0.18
    shift: float = 0.085
    shear: float = 0.1
    zoom: float = 0.0
    contrast: float = 0.3
    brightness: float = 0.3
    noise: float = 0.0
    blur: float = 0.0
    occlude: float = 0.0
    erase: float = 0.5
    erase_side: tuple[float, float] = (0.125, 0.375)

    def __post_init__(self) -> None:
        for name in ("rotation", "blur"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)!r}")
        for name in ("scale", "zoom"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be 0 or more and below 1, not {getattr(self, name)}")
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, not {getattr(self, name)!r}")
        if not 0 <= self.erase_side[0] <= self.erase_side[1] <= 1:
            raise ValueError(
                "erase_side must be two shares from 0 to 1, the smaller first, not "
                f"{self.erase_side!r}"
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Augmentation":
        """What `asdict` gave, also through JSON and of a time when contrast and brightness were
        one field, `light`; a field that came later has its default."""
        values = dict(values)
        if "light" in values:
            values["contrast"] = values["brightness"] = values.pop("light")
        if "erase_side" in values:
            values["erase_side"] = tuple(values["erase_side"])
        return cls(**values)

    def __call__(self, faces: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
        """Changed copies of `faces`, (N, side, side) or (N, side, side, 3) uint8."""
        side = faces.shape[1]
        warps = self._warps(len(faces), side, random)
        contrast = random.uniform(1 - self.contrast, 1 + self.contrast, len(faces))
        brightness = random.uniform(-self.brightness, self.brightness, len(faces)) * 255
        changed = np.empty_like(faces)
        for index, face in enumerate(faces):
            warped = cv2.warpAffine(
                face, warps[index], (side, side), borderMode=cv2.BORDER_REPLICATE
            )
            # Contrast about the face's own mean, so that the two changes stay apart.
            mean = float(warped.mean())
            shifted = (1 - contrast[index]) * mean + brightness[index] / 2
            changed[index] = np.clip(warped * contrast[index] + shifted, 0, 255)
        # In this order, so that what a drawing hides is neither blurred into sight nor lit apart.
        if self.occlude > 0:
            chosen = random.random(len(faces)) < self.occlude
            for face in itertools.compress(changed, chosen):
                occlude(face, random)
        if self.blur > 0:
            for face, sigma in zip(changed, random.uniform(0, self.blur, len(faces)), strict=True):
                face[:] = cv2.GaussianBlur(face, (0, 0), max(sigma, 0.05))
        if self.noise > 0:
            deviation = random.uniform(0, self.noise * 255, len(faces))
            noise = random.standard_normal(changed.shape)
            noisy = changed + noise * deviation.reshape(-1, *[1] * (faces.ndim - 1))
            changed = np.clip(noisy, 0, 255).astype(np.uint8)
        self._erase(changed, random)
        return changed

    def _warps(self, count: int, side: int, random: np.random.Generator) -> NDArray[np.float64]:
        """(count, 2, 3) affine maps about the centre of the picture."""
        angle = np.deg2rad(random.uniform(-self.rotation, self.rotation, count))
        scale = random.uniform(1 - self.scale, 1 + self.scale, count)
        shear = random.uniform(-self.shear, self.shear, count)
        mirror = np.where(random.random(count) < self.flip, -1.0, 1.0)
        cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
        linear = np.empty((count, 2, 2))
        linear[:, 0, 0] = cos * mirror
        linear[:, 0, 1] = cos * shear - sin
        linear[:, 1, 0] = sin * mirror
        linear[:, 1, 1] = sin * shear + cos
        centre = np.full(2, (side - 1) / 2)
        shift = random.uniform(-self.shift, self.shift, (count, 2)) * side
        if self.zoom > 0:
            # Along the picture's sides, after the turn, as Keras does it.
            linear *= random.uniform(1 - self.zoom, 1 + self.zoom, (count, 2, 1))
        offset = centre - linear @ centre + shift
        return np.concatenate([linear, offset[..., None]], axis=2)

    def _erase(self, faces: NDArray[np.uint8], random: np.random.Generator) -> None:
        side = faces.shape[1]
        low, high = (round(share * side) for share in self.erase_side)
        for index in np.flatnonzero(random.random(len(faces)) < self.erase):
            height, width = random.integers(low, high, 2, endpoint=True)
            top = random.integers(0, side - height, endpoint=True)
            left = random.integers(0, side - width, endpoint=True)
            faces[index, top : top + height, left : left + width] = random.integers(0, 256)
