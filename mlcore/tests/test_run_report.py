import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mlcore.artifacts import PACKAGED_MODELS, load_metadata
from mlcore.calibration import reliability
from mlcore.datasets.faces import FaceDataset, merged
from mlcore.run_report import (
    classification_rows,
    leak_lines,
    mistakes_sheet,
    write_run_report,
)


@pytest.fixture
def dataset() -> FaceDataset:
    """50 faces of PrivateTest."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 7, 50)
    return FaceDataset(
        images=random.integers(0, 256, (50, 48, 48), dtype=np.uint8),
        labels=labels,
        splits=np.array(["PrivateTest"] * 50),
        votes=np.pad(np.eye(8, dtype=np.int64)[labels] * 10, ((0, 0), (0, 2))),
        names=np.array([f"line {row}" for row in range(50)]),
    )


@pytest.fixture
def run(dataset: FaceDataset) -> FaceDataset:
    """`dataset`, of which Training holds the first four faces too."""
    copies = dataset.take(np.arange(4))
    return merged(replace(copies, splits=np.array(["Training"] * 4)), dataset)


def test_every_file_of_a_report_is_written(run: FaceDataset, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    history = [
        {"epoch": 1, "loss": 2.0, "public_fer2013": 0.3},
        {"epoch": 2, "loss": 1.5, "public_fer2013": 0.4},
    ]
    served = np.random.default_rng(1).dirichlet(np.ones(7), 50).astype(np.float32)
    metadata = load_metadata(PACKAGED_MODELS / "compact_vgg")

    write_run_report(tmp_path, metadata, history, run, served)
    write_run_report(tmp_path, metadata, history, replace(run, votes=None), served)

    text = (tmp_path / "report.md").read_text()
    named = re.findall(r"\]\((\w+\.png)\)", text)
    pictures = ["confusion.png", "curves.png", "mistakes.png", "reliability.png"]
    assert sorted(named) == [*pictures, "risk_coverage.png"]
    for name in named:
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 100
    assert "Reliability of the served answer against the labels" in text
    assert "Against the labels, 50 faces; area under the curve" in text
    leaks = (tmp_path / "leaks.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in leaks] == ["face", *(f"line {n}" for n in range(4))]


def test_a_report_says_what_leaking_faces_are_worth() -> None:
    def report(value: float, fresh: float, faces: int) -> dict[str, Any]:
        return {
            "all": {"fer2013": {"faces": 100, "value": value}},
            "without_copies": {"fer2013": {"faces": faces, "value": fresh}},
        }

    (line,) = leak_lines(report(0.8, 0.725, 60), "hybrid_as_published")
    assert "hybrid_as_published, 40 of the 100 faces" in line
    assert "80.00% of all and on 72.50% of the others, so the leak is worth +7.50 points" in line
    assert leak_lines(report(0.8, 0.8, 100), "hybrid_honest")[0].startswith("None: ")
    assert "points" not in leak_lines(report(0.8, 0.0, 0), "folders")[0]


def test_precision_recall_and_f1() -> None:
    confusion = np.zeros((7, 7), np.int64)
    confusion[3, 3], confusion[3, 6], confusion[6, 3] = 6, 2, 4

    rows = classification_rows(confusion)

    assert "| happy | 0.600 | 0.750 | 0.667 | 8 |" in rows
    assert "| fear | 0.000 | 0.000 | 0.000 | 0 |" in rows


def test_the_surest_mistakes_come_first(dataset: FaceDataset) -> None:
    served = np.full((50, 7), 0.1, np.float32)
    served[np.arange(50), dataset.labels] = 0.4  # all right
    assert (np.asarray(mistakes_sheet(dataset, served)) == 255).all()

    wrong = (dataset.labels[7] + 1) % 7
    served[7, wrong] = 0.9
    sheet = mistakes_sheet(dataset, served)

    face = np.asarray(Image.fromarray(dataset.images[7]).resize((96, 96), Image.Resampling.BICUBIC))
    assert (np.asarray(sheet)[6:102, 6:102, 0] == face).all()


def test_bins_hold_every_face_once() -> None:
    chances = np.random.default_rng(2).dirichlet(np.ones(7), 500).astype(np.float32)

    bins = reliability(chances, np.zeros(500, int))

    assert sum(row["faces"] for row in bins) == 500
    assert [row["stated"] for row in bins] == sorted(row["stated"] for row in bins)
