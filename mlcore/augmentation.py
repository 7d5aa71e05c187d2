"""Random changes of training faces that leave their expression as it is."""

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.occluders import occlude


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
        light: largest relative change of contrast, and of brightness as a share of 255.
        noise: largest deviation of Gaussian noise, as a share of 255.
        blur: largest deviation of a Gaussian blur, in pixels.
        occlude: share of faces that get glasses, a cap or a hand drawn over them.
        erase: share of faces that lose a rectangle.
        erase_side: smallest and largest side of that rectangle as a share of the face's.
    """

    flip: float = 0.5
    rotation: float = 15.0
    scale: float = 0.18
    shift: float = 0.085
    shear: float = 0.1
    light: float = 0.3
    noise: float = 0.0
    blur: float = 0.0
    occlude: float = 0.0
    erase: float = 0.5
    erase_side: tuple[float, float] = (0.125, 0.375)

    def __call__(self, faces: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
        """Changed copies of `faces`, (N, side, side) or (N, side, side, 3) uint8."""
        side = faces.shape[1]
        warps = self._warps(len(faces), side, random)
        contrast = random.uniform(1 - self.light, 1 + self.light, len(faces))
        brightness = random.uniform(-self.light, self.light, len(faces)) * 255
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
