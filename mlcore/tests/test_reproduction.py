"""The page of published figures, and the runs that it is written from."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mlcore import reproduction
from mlcore.datasets import FaceDataset
from mlcore.datasets.protocols import PROTOCOLS
from mlcore.recipes import Recipe, get_recipe
from mlcore.reproduction import MMA_MISSING, PUBLISHED, Published, quick_recipe, reproduction_page


def test_every_published_figure_has_its_recipes() -> None:
    for row in (*PUBLISHED, MMA_MISSING):
        ours, honest = get_recipe(row.recipe), get_recipe(row.honest)
        assert honest.data.endswith("honest")
        assert {ours.data, honest.data} <= set(PROTOCOLS)
        # Nothing else may tell the two apart.
        assert replace(honest, name=ours.name, data=ours.data) == ours
        assert quick_recipe(row.honest, [row]).epochs < honest.epochs
        assert float(row.figure.split()[-2]) == pytest.approx(row.value * 100)


def test_fer2013_takes_the_place_of_mma_where_that_is_missing(tmp_path: Path) -> None:
    assert reproduction.published_with(tmp_path)[-1] == MMA_MISSING
    (tmp_path / "MMA").mkdir()
    assert reproduction.published_with(tmp_path) == PUBLISHED


def test_a_page_without_runs_has_no_figures_of_ours(tmp_path: Path) -> None:
    page = reproduction_page(PUBLISHED, tmp_path)
    assert "87.375 % | - | - | - |" in page


@pytest.mark.training
def test_runs_are_trained_once_and_written_down(
    toy_recipe: Recipe,
    toy_faces: FaceDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("keras")
    recipes = {name: replace(toy_recipe, name=name) for name in ("toy", "toy_honest")}
    monkeypatch.setattr(reproduction, "get_recipe", recipes.__getitem__)
    monkeypatch.setattr(reproduction, "load_protocol", lambda *_: toy_faces)
    published = [Published("A toy", "50 %", 0.5, "toys", "toy", "toy_honest", quick={"epochs": 1})]
    out, epochs = tmp_path / "out", []

    def run(*names: str, quick: bool) -> str:
        reproduction.reproduce(
            names,
            published,
            tmp_path,
            out,
            quick=quick,
            on_epoch=lambda planned, row: epochs.append((planned, row["epoch"])),
        )
        return reproduction_page(published, out)

    page = run("toy", "toy_honest", quick=True)
    assert epochs == [(1, 1), (1, 1)]
    assert page.count("%".join([" ", " \\*"])) == 3
    assert "| `toy` | `fer2013` | 1 of 2 epochs, 0 min |" in page
    assert "known to Training by their pixels or their person." in page

    run("toy", quick=True)  # is done already
    assert len(epochs) == 2
    page = run("toy", quick=False)
    assert epochs[2:] == [(2, 1), (2, 2)]
    assert "| `toy` | `fer2013` | 2 epochs, 0 min |" in page
    assert page.count("%".join([" ", " \\*"])) == 1
    assert re.search(r"worth [+-]\d+\.\d\d points\. Ours is [+-]\d+\.\d\d points from", page)
    scores = reproduction.find_result(out, "toy")
    assert scores is not None
    assert f"{scores.value('PrivateTest') * 100:.2f} %" in page


def test_the_command_names_what_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="belongs to compact_vgg; there are: vgg9_hybrid"):
        call_command("reproduce", data=tmp_path, only=["compact_vgg"], page=tmp_path / "page.md")
    with pytest.raises(CommandError, match=r"fer2013\.csv"):
        call_command("reproduce", data=tmp_path, out=tmp_path, page=tmp_path / "page.md")
    assert not (tmp_path / "page.md").exists()


def test_the_command_writes_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], write_fer2013: Callable[..., Path]
) -> None:
    page = tmp_path / "page.md"
    call_command("reproduce", data=tmp_path, out=tmp_path, page=page, page_only=True)
    assert page.read_text() == reproduction_page(reproduction.published_with(tmp_path), tmp_path)
