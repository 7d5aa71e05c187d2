"""The protocols of published systems on small data of the same layout."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mlcore.datasets import protocols
from mlcore.datasets.faces import SPLITS, TEST, TRAINING, known_from, merged
from mlcore.datasets.protocols import PROTOCOLS, load_protocol
from mlcore.datasets.splits import leaking
from mlcore.errors import DatasetError
from mlcore.labels import EXPRESSIONS
from mlcore.preprocessing import Preprocessing


@pytest.fixture
def data(write_noise: Callable[..., Path], write_ckplus48: Callable[[int], Path]) -> Path:
    """210 faces of FER2013 with votes that agree with the labels, and 15 people of CK+48."""
    labels = [row % 7 if row % 7 != 1 or row % 3 == 0 else 3 for row in range(210)]
    write_ckplus48(15)
    return write_noise(labels, [SPLITS[row % 3] for row in range(210)])


@pytest.fixture(autouse=True)
def _small_hybrid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "HYBRID_FACES", 340)


def test_fer2013_keeps_its_splits_and_votes(data: Path) -> None:
    dataset = load_protocol("fer2013", data, 1, Preprocessing())

    assert [(dataset.splits == name).sum() for name in SPLITS] == [70, 70, 70]
    assert dataset.votes is not None


def test_the_published_hybrid_is_balanced_and_leaks(data: Path) -> None:
    dataset = load_protocol("hybrid_as_published", data, 1, Preprocessing())

    assert len(dataset) == 340
    counts = np.bincount(dataset.labels)
    assert counts.max() - counts.min() <= 12
    assert (dataset.splits == TRAINING).mean() == pytest.approx(0.7, abs=0.02)
    assert leaking(dataset).sum() > 10


@pytest.mark.parametrize("name", ["hybrid_honest", "fer2013_ckplus_honest"])
def test_honest_protocols_do_not_leak(data: Path, name: str) -> None:
    dataset = load_protocol(name, data, 1, Preprocessing())

    assert not leaking(dataset).any()
    test = dataset.split(TEST)
    assert not known_from(test, dataset.split(TRAINING)).any()
    assert len({face.tobytes() for face in test.images}) == len(test)


def test_the_honest_hybrid_balances_training_alone(data: Path) -> None:
    dataset = load_protocol("hybrid_honest", data, 1, Preprocessing())

    assert len(set(np.bincount(dataset.split(TRAINING).labels))) == 1
    assert len(set(np.bincount(dataset.split(TEST).labels, minlength=7))) > 1


def test_more_disgust_is_drawn_before_the_published_split(data: Path) -> None:
    dataset = load_protocol("fer2013_ckplus_as_published", data, 1, Preprocessing())

    disgust = EXPRESSIONS.index("disgust")
    counts = np.bincount(dataset.labels)
    assert counts[disgust] == np.delete(counts, disgust).min()
    leaks = leaking(dataset)
    assert (dataset.labels[leaks] == disgust).sum() > 0


def test_merging_keeps_who_and_drops_votes_that_not_all_have(data: Path) -> None:
    faces = load_protocol("fer2013", data, 1, Preprocessing())
    people = load_protocol("fer2013_ckplus_honest", data, 1, Preprocessing())

    both = merged(faces, people)

    assert len(both) == len(faces) + len(people)
    assert both.votes is None
    assert both.subjects is not None
    assert set(both.subjects[: len(faces)]) == {""}


@pytest.mark.parametrize("name", [name for name in PROTOCOLS if not name.startswith("folders")])
def test_faces_are_of_the_size_that_is_asked_for(data: Path, name: str) -> None:
    dataset = load_protocol(name, data, 1, Preprocessing(size=32))

    assert dataset.images.shape[1:] == (32, 32)
    assert len(dataset) == len(load_protocol(name, data, 1, Preprocessing()))


def test_pictures_in_folders_are_too(tmp_path: Path) -> None:
    for split in ("train", "val"):
        folder = tmp_path / split / "happy"
        folder.mkdir(parents=True)
        Image.linear_gradient("L").save(folder / "face.png")
    for name, count in (("folders", 2), ("folders_honest", 1)):
        dataset = load_protocol(name, tmp_path, 1, Preprocessing(size=64, channels=3))
        assert dataset.images.shape == (count, 64, 64, 3)


def test_an_unknown_protocol_and_missing_data_are_said(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no data protocol 'x'"):
        load_protocol("x", data, 1, Preprocessing())
    with pytest.raises(DatasetError):
        load_protocol("hybrid_honest", tmp_path / "nowhere", 1, Preprocessing())


def test_the_honest_official_split_lacks_what_leaks(
    data: Path, write_fer2013: Callable[..., Path]
) -> None:
    published = load_protocol("fer2013", data, 1, Preprocessing())
    first = np.flatnonzero(published.splits == TRAINING)[0]
    rows = [
        (str(label), " ".join(map(str, face.ravel())), str(split))
        for face, label, split in zip(
            published.images, published.labels, published.splits, strict=True
        )
    ]
    copied = rows[first]
    (data / "fer2013new.csv").unlink()
    write_fer2013(*rows, (copied[0], copied[1], TEST))

    with_copy, honest = (
        load_protocol(name, data, 1, Preprocessing()) for name in ("fer2013", "fer2013_honest")
    )
    assert leaking(with_copy).sum() == 1
    assert not leaking(honest).any()
    assert len(honest) == len(with_copy) - 1
    assert (honest.splits == TEST).sum() == (with_copy.splits == TEST).sum()
