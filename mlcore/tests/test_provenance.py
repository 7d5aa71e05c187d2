"""What models learned from, by themselves and through others."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mlcore.artifacts import METADATA, PACKAGED_MODELS, load_metadata
from mlcore.cross_validation import refuse_acquainted
from mlcore.datasets import FaceDataset
from mlcore.errors import RecipeError
from mlcore.provenance import LICENCE, NON_COMMERCIAL, data_sources, licence_for
from mlcore.recipes import Recipe, get_recipe


@pytest.fixture
def learned_from_ckplus(tmp_path: Path) -> Path:
    """A folder of models with one, "people", that learned from CK+ and has no recipe here."""
    values = json.loads((PACKAGED_MODELS / "compact_vgg" / METADATA).read_text())
    ckplus = {"name": "CK+", "split": "Training", "licence": "research", "source": "CK+"}
    folder = tmp_path / "models" / "people"
    folder.mkdir(parents=True)
    (folder / METADATA).write_text(json.dumps({**values, "name": "people", "data": [ckplus]}))
    return folder.parent


def names(recipe: Recipe, *model_dirs: Path) -> list[str]:
    return [source.name for source in data_sources(recipe, model_dirs)]


def test_a_models_own_data_comes_first() -> None:
    assert names(get_recipe("compact_vgg")) == ["FER2013", "FER+"]
    assert names(get_recipe("monitor_cnn_fer2013_honest")) == ["FER2013"]
    assert names(get_recipe("vgg9_hybrid")) == ["FER2013", "FER+", "CK+"]
    assert names(replace(get_recipe("compact_vgg"), data="folders")) == ["image folders"]
    assert names(get_recipe("compact_vgg_ckplus"), PACKAGED_MODELS) == ["FER2013", "CK+", "FER+"]


@pytest.mark.parametrize(
    "others",
    [{"start_from": "people"}, {"teachers": ("compact_vgg", "people"), "distillation": 0.5}],
    ids=["start_from", "teachers"],
)
def test_what_other_models_learned_from_is_learned_from(
    learned_from_ckplus: Path, others: dict[str, object]
) -> None:
    recipe = replace(get_recipe("compact_vgg"), **others)
    sources = data_sources(recipe, [learned_from_ckplus, PACKAGED_MODELS])
    assert [source.name for source in sources] == ["FER2013", "FER+", "CK+"]
    assert sources[-1].split == "by way of the model people"
    assert licence_for(sources) == NON_COMMERCIAL
    # Its folder may be gone when the run is finished.
    assert licence_for(data_sources(recipe, [PACKAGED_MODELS])) == LICENCE


@pytest.mark.parametrize("name", ["compact_vgg_ckplus", "compact_vgg_ckplus_seed12"])
def test_of_a_model_that_is_not_at_hand_its_recipe_says_it(name: str) -> None:
    recipe = replace(get_recipe("compact_vgg"), teachers=(name,), distillation=0.5)
    assert names(recipe) == ["FER2013", "FER+", "CK+"]
    assert names(get_recipe("compact_se_taught")) == ["FER2013", "FER+"]


@pytest.mark.training
def test_a_finished_model_says_what_it_learned_from_through_others(
    toy_recipe: Recipe, toy_faces: FaceDataset, learned_from_ckplus: Path, tmp_path: Path
) -> None:
    pytest.importorskip("keras")
    from mlcore.finishing import finish_run
    from mlcore.training import build_float32, train
    from mlcore.unexported import finish_unexported

    run = tmp_path / "runs" / "toy"
    train(replace(toy_recipe, epochs=1), toy_faces, run)
    model = build_float32(toy_recipe)
    recipe = replace(toy_recipe, start_from="people")
    for finish in (finish_run, finish_unexported):
        out = tmp_path / finish.__name__
        folder = finish(recipe, model, toy_faces, run, out, [learned_from_ckplus])
        assert [source.name for source in load_metadata(folder).data] == ["FER2013", "FER+", "CK+"]
        with pytest.raises(RecipeError, match=r"learned from CK\+"):
            refuse_acquainted(folder)
    assert load_metadata(tmp_path / "finish_run" / "toy").licence == NON_COMMERCIAL
