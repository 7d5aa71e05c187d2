from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcore.datasets import FaceDataset, load_fer2013
from mlcore.datasets.faces import known_from, merged
from mlcore.errors import DatasetError

PIXELS = " ".join(["7"] * 48 * 48)
FERPLUS_HEADER = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
)
Write = Callable[..., Path]


def with_votes(*votes: tuple[int, ...]) -> FaceDataset:
    count = len(votes)
    return FaceDataset(
        images=np.zeros((count, 48, 48), np.uint8),
        labels=np.zeros(count, np.int64),
        splits=np.array(["Training"] * count),
        votes=np.array(votes, np.int64),
    )


def test_loads_faces_and_their_votes_in_our_order(write_fer2013: Write, tmp_path: Path) -> None:
    path = write_fer2013(("3", PIXELS, "Training"), ("6", PIXELS, "PrivateTest"))
    votes = tmp_path / "fer2013new.csv"
    votes.write_text(f"{FERPLUS_HEADER}\nTraining,a.png,1,9,0,0,0,0,0,0,0,0\n" + ",,2,,\n" * 0)
    with pytest.raises(DatasetError, match="belong together"):
        load_fer2013(path, votes)
    with votes.open("a") as target:
        target.write("PrivateTest,b.png,6,0,0,2,0,0,0,1,1,0\n")

    dataset = load_fer2013(path, votes)

    assert dataset.images.shape == (2, 48, 48)
    assert (dataset.images == 7).all()
    assert dataset.labels.tolist() == [3, 6]
    assert dataset.votes is not None
    assert dataset.votes.tolist() == [
        [0, 0, 0, 9, 0, 0, 1, 0, 0, 0],
        [0, 0, 0, 0, 2, 0, 6, 1, 1, 0],
    ]
    assert len(dataset.split("PrivateTest")) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("3", "7 7 7", "Training"), "3 pixels instead of 2304"),
        (("3", PIXELS.replace("7", "256", 1), "Training"), "outside 0 to 255"),
        (("3", PIXELS.replace("7", "-1", 1), "Training"), "outside 0 to 255"),
        (("7", PIXELS, "Training"), "no expression has the number '7'"),
        (("x", PIXELS, "Training"), "no expression has the number 'x'"),
        (("3", PIXELS.replace("7", "x", 1), "Training"), "line 2"),
        (("3", PIXELS), "cut short"),
    ],
)
def test_a_bad_row_is_named(write_fer2013: Write, row: tuple[str, str, str], message: str) -> None:
    path = write_fer2013(row)
    with pytest.raises(DatasetError, match=message) as refused:
        load_fer2013(path)
    assert str(refused.value).startswith(f"{path}, line 2: ")


def test_a_file_without_faces_columns_or_text_is_refused(
    write_fer2013: Write, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="holds no face"):
        load_fer2013(write_fer2013())
    with pytest.raises(DatasetError, match="lacks the column pixels"):
        load_fer2013(write_fer2013(header="emotion,Usage"))
    with pytest.raises(DatasetError, match="cannot be read"):
        load_fer2013(tmp_path / "nowhere.csv")
    (tmp_path / "binary.csv").write_bytes(b"emotion,pixels,Usage\n\xff\xfe\x00")
    with pytest.raises(DatasetError, match="cannot be read"):
        load_fer2013(tmp_path / "binary.csv")


def test_an_empty_split_and_missing_votes_are_refused(write_fer2013: Write) -> None:
    dataset = load_fer2013(write_fer2013(("3", PIXELS, "Training")))
    with pytest.raises(DatasetError, match="no face of the split PublicTest"):
        dataset.split("PublicTest")
    with pytest.raises(DatasetError, match=r"without FER\+ votes"):
        dataset.strict_majority()


def test_strict_majority_drops_single_votes_and_wants_more_than_half() -> None:
    dataset = with_votes(
        (6, 0, 0, 0, 0, 0, 4, 0, 0, 0),  # angry
        (5, 0, 0, 0, 0, 0, 5, 0, 0, 0),  # half is not more than half
        (4, 1, 1, 1, 0, 0, 3, 0, 0, 0),  # 4 of 7 once single votes are gone
        (0, 0, 0, 0, 0, 0, 4, 6, 0, 0),  # contempt is an expression
        (0, 0, 0, 0, 0, 0, 2, 0, 8, 0),  # unknown is none
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 10),  # not a face
        (1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    )
    assert dataset.strict_majority().tolist() == [0, -1, 0, 7, -1, -1, -1]


def test_vote_distributions_weigh_nothing_where_nobody_saw_an_expression() -> None:
    dataset = with_votes(
        (6, 0, 0, 0, 0, 0, 2, 0, 1, 1),
        (0, 0, 0, 0, 0, 0, 2, 0, 0, 8),
        (1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    )
    distribution, weight = dataset.vote_distribution()
    assert weight.tolist() == [1, 0, 0]
    assert distribution[0].tolist() == [0.75, 0, 0, 0, 0, 0, 0.25, 0]
    assert np.allclose(distribution.sum(axis=1), 1)


def test_known_from_are_the_same_to_the_pixel(toy_faces: FaceDataset) -> None:
    few = toy_faces.take(np.arange(3))
    nearly = few.images.copy()
    nearly[1, 0, 0] ^= 1
    other = FaceDataset(nearly, few.labels, few.splits)
    assert known_from(few, other).tolist() == [True, False, True]


def test_faces_of_one_form_alone_are_merged(toy_faces: FaceDataset) -> None:
    coloured = replace(toy_faces, images=np.repeat(toy_faces.images[..., None], 3, axis=3))
    smaller = replace(toy_faces, images=toy_faces.images[:, :8, :8])
    assert merged(coloured, coloured).images.shape == (400, 16, 16, 3)
    with pytest.raises(
        DatasetError, match="Faces of 16x16 RGB pixels and 16x16 grey pixels cannot be merged"
    ):
        merged(coloured, toy_faces)
    with pytest.raises(DatasetError, match="16x16 grey pixels and 8x8 grey pixels"):
        merged(toy_faces, smaller)
