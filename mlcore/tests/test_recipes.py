import json

import pytest

from mlcore.errors import RecipeError
from mlcore.recipes import get_recipe, recipe_names, recipe_override


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


@pytest.mark.parametrize(
    "change", [{"epochs": "many"}, {"epochs": "1.5"}, {"augmentation": "no"}, {"nothing": "1"}]
)
def test_a_change_that_fits_no_field_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(RecipeError, match=next(iter(change))):
        recipe_override(get_recipe("compact_vgg"), change)
