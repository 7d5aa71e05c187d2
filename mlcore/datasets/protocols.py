"""Which faces a training run sees, and how they are divided: data protocols by name.

Two protocols of one published system stand side by side. The one called `..._as_published` balances
first and splits at random afterwards, as its paper does, so copies of a face and frames of a person
stand on both sides; the one called `..._honest` splits what belongs together first and balances
Training alone. Both are measured with and without the faces that leak.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from mlcore.datasets.balance import resize_classes
from mlcore.datasets.faces import TRAINING, FaceDataset, merged
from mlcore.datasets.kinds import load_dataset
from mlcore.datasets.splits import Shares, groups, split_apart, split_at_random
from mlcore.errors import DatasetError
from mlcore.labels import EXPRESSIONS
from mlcore.preprocessing import Preprocessing

HYBRID_FACES = 21_573
"""Of the thesis system's hybrid of FER+ and CK+, all classes together."""

SEVENTY_THIRTY: Shares = (0.7, 0.15, 0.15)
"""The thesis's 70/30. It chose and reported on the same 30 %; ours chooses on one half of them."""

EIGHTY_TEN_TEN: Shares = (0.8, 0.1, 0.1)

Protocol = Callable[[Path, int, Preprocessing], FaceDataset]
"""From a folder with the data, a seed and what a network takes to faces in splits."""


def fer2013(path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """FER2013 in its official splits, with FER+ votes where they lie beside it."""
    return load_dataset("fer2013", path, size=preprocessing.size)


def folders(path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """Image folders in their own splits, such as MMA's."""
    return load_dataset("folders", path, size=preprocessing.size, channels=preprocessing.channels)


def fer2013_honest(path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """FER2013 in its official splits, Training without what the other two have a copy of."""
    return _training_apart(fer2013(path, seed, preprocessing))


def folders_honest(path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """Image folders in their own splits, Training without what the other two have a copy of."""
    return _training_apart(folders(path, seed, preprocessing))


def hybrid_as_published(path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """FER+ and CK+ together, balanced to 21,573 faces, then split at random."""
    return split_at_random(_balanced(_hybrid(path, preprocessing), seed), SEVENTY_THIRTY, seed)


def hybrid_honest(path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """FER+ and CK+ together, split by copies and people, then Training balanced."""
    divided = split_apart(_hybrid(path, preprocessing), SEVENTY_THIRTY, seed)
    training = divided.split(TRAINING)
    of_each = round(SEVENTY_THIRTY[0] * HYBRID_FACES / len(EXPRESSIONS))
    rest = divided.take(divided.splits != TRAINING)
    return merged(resize_classes(training, of_each, seed), rest)


def fer2013_ckplus_as_published(path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """FER2013 and CK+ together, disgust filled up with copies, then split at random."""
    return split_at_random(
        _with_more_disgust(_with_ckplus(path, preprocessing), seed), EIGHTY_TEN_TEN, seed
    )


def fer2013_ckplus_honest(path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """FER2013 and CK+ together, split by copies and people, then disgust filled up in Training."""
    divided = split_apart(_with_ckplus(path, preprocessing), EIGHTY_TEN_TEN, seed)
    training = _with_more_disgust(divided.split(TRAINING), seed)
    return merged(training, divided.take(divided.splits != TRAINING))


def ckplus_apart(path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """CK+ alone, split by copies and people; it has no neutral face and needs weights to start
    from."""
    return split_apart(_ckplus(path, preprocessing), EIGHTY_TEN_TEN, seed)


PROTOCOLS: Mapping[str, Protocol] = {
    protocol.__name__: protocol
    for protocol in (
        fer2013,
        fer2013_honest,
        folders,
        folders_honest,
        hybrid_as_published,
        hybrid_honest,
        fer2013_ckplus_as_published,
        fer2013_ckplus_honest,
        ckplus_apart,
    )
}


OFFICIAL = ("fer2013", "fer2013_honest", "folders", "folders_honest")
"""The protocols that divide by the data's own splits, alike for every seed."""


def load_protocol(name: str, path: Path, seed: int, preprocessing: Preprocessing) -> FaceDataset:
    """The faces of the protocol `name`, in the form that a network takes.

    Args:
        name: one of `PROTOCOLS`.
        path: a folder with fer2013.csv, fer2013new.csv and CK+48/, as far as the protocol needs
            them; of `folders`, the folder of the splits.
        seed: of what is drawn at random.
        preprocessing: the network's. Faces have its size; where it has 3 channels, the protocols
            of image folders give colours. The faces of FER2013 and of CK+'s export are grey in any
            case.

    Raises:
        DatasetError: there is no such protocol, or its data is not there or not right.
    """
    if name not in PROTOCOLS:
        raise DatasetError(
            f"There is no data protocol {name!r}; there are: {', '.join(PROTOCOLS)}."
        )
    return PROTOCOLS[name](path, seed, preprocessing)


def _training_apart(dataset: FaceDataset) -> FaceDataset:
    belongs = groups(dataset)
    in_training = dataset.splits == TRAINING
    return dataset.take(~(in_training & np.isin(belongs, belongs[~in_training])))


def _hybrid(path: Path, preprocessing: Preprocessing) -> FaceDataset:
    """FER2013's faces with the label that most people voted for, and CK+'s."""
    faces = load_dataset("fer2013", path, size=preprocessing.size)
    majority = faces.strict_majority()
    agreed = (majority >= 0) & (majority < len(EXPRESSIONS))
    relabelled = replace(faces, labels=majority, votes=None).take(agreed)
    return merged(relabelled, _ckplus(path, preprocessing))


def _with_ckplus(path: Path, preprocessing: Preprocessing) -> FaceDataset:
    faces = load_dataset("fer2013", path, size=preprocessing.size)
    return merged(replace(faces, votes=None), _ckplus(path, preprocessing))


def _ckplus(path: Path, preprocessing: Preprocessing) -> FaceDataset:
    return load_dataset("ckplus48", path / "CK+48", size=preprocessing.size)


def _balanced(dataset: FaceDataset, seed: int) -> FaceDataset:
    size = -(-HYBRID_FACES // len(EXPRESSIONS))
    balanced = resize_classes(dataset, size, seed)
    # 21,573 is no multiple of seven: leave out the few that are too many.
    return balanced.take(np.random.default_rng(seed).permutation(len(balanced))[:HYBRID_FACES])


def _with_more_disgust(dataset: FaceDataset, seed: int) -> FaceDataset:
    """Disgust filled up with copies to the size of the class next to it in size."""
    disgust = EXPRESSIONS.index("disgust")
    counts = np.bincount(dataset.labels, minlength=len(EXPRESSIONS))
    size = int(np.delete(counts, disgust).min())
    is_disgust = dataset.labels == disgust
    more = resize_classes(dataset.take(is_disgust), max(size, counts[disgust]), seed)
    return merged(dataset.take(~is_disgust), more)
