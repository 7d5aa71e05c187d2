"""Fixtures for faces and networks; none needs Django or TensorFlow unless it says so."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mlcore.datasets import FaceDataset
from mlcore.pictures import decode_picture
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """A (512, 512, 3) RGB picture with one smiling face, about 90 pixels wide at (225, 125)."""
    return decode_picture(DATA / "astronaut.jpg")


@pytest.fixture
def toy_recipe() -> Recipe:
    """Two epochs of a network of 16x16 pixels and few layers: each run compiles its own."""
    return Recipe(
        name="toy",
        architecture="compact_vgg",
        options={"filters": (4, 8), "convs": (1, 1), "dense": 8},
        preprocessing=Preprocessing(size=16),
        epochs=2,
        batch_size=32,
        warmup_steps=2,
        precision="float32",
    )


@pytest.fixture
def toy_faces() -> FaceDataset:
    """200 faces of 16x16 whose brightness gradient gives their label away."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 7, 200)
    ramps = np.linspace(-1, 1, 16)[None, None, :] * (labels[:, None, None] - 3) * 30
    images = np.clip(128 + ramps + random.normal(0, 5, (200, 16, 16)), 0, 255).astype(np.uint8)
    votes = np.zeros((200, 10), np.int64)
    votes[np.arange(200), labels] = 8
    votes[:, 6] += 2
    splits = np.array(["Training"] * 120 + ["PublicTest"] * 40 + ["PrivateTest"] * 40)
    return FaceDataset(images, labels.astype(np.int64), splits, votes)


CKPLUS = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")


@pytest.fixture
def write_ckplus48(tmp_path: Path) -> Callable[[int], Path]:
    """Write CK+48/ with three frames of so many people, of whom some show contempt; its folder."""

    def write(people: int) -> Path:
        random = np.random.default_rng(0)
        for person in range(people):
            folder = tmp_path / "CK+48" / CKPLUS[person % 7]
            folder.mkdir(parents=True, exist_ok=True)
            for frame in range(3):
                pixels = random.integers(0, 256, (48, 48), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"S{person:03}_001_{frame:08}.png")
        return tmp_path

    return write


@pytest.fixture
def write_noise(write_fer2013: Callable[..., Path]) -> Callable[..., Path]:
    """Write fer2013.csv with faces of noise and fer2013new.csv with their votes; their folder.

    Of ten people `sure` see the expression of the label, and the others a neutral face.
    """

    def write(labels: Sequence[int], splits: Sequence[str], *, sure: int = 10) -> Path:
        random = np.random.default_rng(0)
        rows = [
            (str(label), " ".join(map(str, random.integers(0, 256, 48 * 48))), split)
            for label, split in zip(labels, splits, strict=True)
        ]
        folder = write_fer2013(*rows).parent
        places = (4, 5, 6, 1, 3, 2, 0)  # of our expressions in the columns of FER+
        columns = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
        with (folder / "fer2013new.csv").open("w") as target:
            target.write(f"Usage,Image name,{columns}\n")
            for label, split in zip(labels, splits, strict=True):
                votes = [0] * 10
                votes[0] = 10 - sure
                votes[places[label]] += sure
                target.write(f"{split},x.png,{','.join(map(str, votes))}\n")
        return folder

    return write


@pytest.fixture
def write_fer2013(tmp_path: Path) -> Callable[..., Path]:
    """Write fer2013.csv with the given rows (emotion, pixels, Usage) into `tmp_path`."""

    def write(*rows: tuple[str, str, str], header: str = "emotion,pixels,Usage") -> Path:
        path = tmp_path / "fer2013.csv"
        with path.open("w", newline="") as target:
            target.write(header + "\n")
            csv.writer(target).writerows(rows)
        return path

    return write
