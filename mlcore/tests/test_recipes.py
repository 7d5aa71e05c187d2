import json
from typing import Any

import pytest

from mlcore.errors import RecipeError
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe, get_recipe, recipe_names, recipe_override
from mlcore.recipes.base import LABELS_ONLY


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_has_its_files_name_and_can_be_written_down(name: str) -> None:
    recipe = get_recipe(name)
    assert recipe.name == name
    json.dumps(recipe.to_dict())


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(RecipeError, match="compact_vgg"):
        get_recipe("../compact_vgg")


def test_fields_are_read_as_their_kind() -> None:
    changed = recipe_override(get_recipe("compact_vgg"), {"epochs": "3", "ema": "0.9"})
    assert changed.epochs == 3
    assert changed.ema == 0.9
    assert get_recipe("compact_vgg").epochs != 3
    for text, value in (("true", True), ("false", False)):
        recipe = recipe_override(get_recipe("compact_vgg"), {"class_weights": text})
        assert recipe.class_weights is value


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": "many"},
        {"epochs": "1.5"},
        {"class_weights": "perhaps"},
        {"augmentation": "no"},
        {"nothing": "1"},
        {"optimizer": "adagrad"},
        {"schedule": "steps"},
    ],
)
def test_a_change_that_fits_no_field_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(RecipeError, match=next(iter(change))):
        recipe_override(get_recipe("compact_vgg"), change)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"optimizer": "lion"}, "optimizer 'lion'; it must be one of: sgd, adam, nadam"),
        ({"schedule": "linear"}, "schedule 'linear'; it must be one of: cosine, constant, plateau"),
        ({"early_stopping": -1}, "0 or more"),
        ({"heads": {}}, "has the heads {}"),
        ({"heads": {"fer2013": 8}}, "they must be {'fer2013': 7, 'ferplus': 8} or {'fer2013': 7}"),
        ({"heads": {"ferplus": 8}}, "has the heads {'ferplus': 8}"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError) as refused:
        Recipe(name="toy", architecture="vgg9", **fields)
    assert "The recipe toy" in str(refused.value)
    assert message in str(refused.value)


def test_a_recipe_that_was_written_down_is_read_again() -> None:
    recipe = Recipe(
        name="toy",
        architecture="vgg9",
        heads=LABELS_ONLY,
        preprocessing=Preprocessing(channels=3),
        optimizer="adam",
    )
    written = json.loads(json.dumps(recipe.to_dict()))
    assert json.loads(json.dumps(Recipe.from_dict(written).to_dict())) == written
    del written["optimizer"], written["preprocessing"]["channels"]
    earlier = Recipe.from_dict(written)
    assert earlier.optimizer == "sgd"
    assert earlier.preprocessing.channels == 1
