import json
from dataclasses import replace
from typing import Any

import pytest

from mlcore.augmentation import Augmentation
from mlcore.errors import RecipeError
from mlcore.preprocessing import Preprocessing
from mlcore.recipes import Recipe, get_recipe, recipe_names, recipe_override
from mlcore.recipes.base import HEADS, LABELS_ONLY


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


def test_fields_of_a_part_are_read_as_their_kind() -> None:
    whole_numbers = replace(get_recipe("compact_vgg"), augmentation=Augmentation(flip=0))
    changes = {
        "augmentation.flip": "0.25",
        "augmentation.erase_side": "0.1,0.4",
        "preprocessing.channels": "3",
        "preprocessing.standardize": "unit",
        "options.depth": "4",
        "options.filters": "[4, 8]",
        "options.norm": "layer",
    }
    changed = recipe_override(whole_numbers, changes)
    assert changed.augmentation == Augmentation(flip=0.25, erase_side=(0.1, 0.4))
    assert changed.preprocessing == Preprocessing(channels=3, standardize="unit")
    assert changed.options == {"depth": 4, "filters": [4, 8], "norm": "layer"}
    again = recipe_override(changed, {"options.depth": "null"})
    assert again.options == {"depth": None, "filters": [4, 8], "norm": "layer"}
    assert changed.options["depth"] == 4


@pytest.mark.parametrize(
    ("text", "teachers"),
    [
        ("compact_vgg", ("compact_vgg",)),
        ("compact_vgg,large_vgg_seed1", ("compact_vgg", "large_vgg_seed1")),
        ("[compact_vgg, large_vgg_seed1]", ("compact_vgg", "large_vgg_seed1")),
        ('["compact_vgg"]', ("compact_vgg",)),
    ],
)
def test_fields_of_any_number_of_values_are_lists(text: str, teachers: tuple[str, ...]) -> None:
    changes = {"teachers": text, "distillation": "0.5", "zooms": "1,1.1"}
    changed = recipe_override(get_recipe("compact_vgg"), changes)
    assert changed.teachers == teachers
    assert changed.zooms == (1.0, 1.1)
    alone = recipe_override(changed, {"teachers": "", "distillation": "0", "zooms": "[1]"})
    assert alone.teachers == ()
    assert alone.zooms == (1.0,)


def test_parts_that_fit_only_together_are_changed_together() -> None:
    changes = {"augmentation.erase_side": "0.5,0.6", "augmentation.erase": "1"}
    changed = recipe_override(get_recipe("compact_vgg"), changes)
    assert changed.augmentation == Augmentation(erase=1, erase_side=(0.5, 0.6))


def test_heads_are_given_by_name() -> None:
    recipe = get_recipe("compact_vgg")
    assert recipe_override(recipe, {"heads": "fer2013"}).heads == LABELS_ONLY
    both = recipe_override(recipe, {"heads": "ferplus,fer2013"}).heads
    assert list(both.items()) == list(HEADS.items())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": "many"}, "epochs='many' is not of the type int"),
        ({"epochs": "1.5"}, "epochs='1.5' is not of the type int"),
        ({"class_weights": "perhaps"}, "class_weights='perhaps' is not of the type bool"),
        ({"augmentation": "no"}, "no field 'augmentation' to set; there are: name, .*augmentation"),
        ({"heads.fer2013": "7"}, "no field 'heads.fer2013' to set; there are: .*, heads, options"),
        ({"nothing": "1"}, "no field 'nothing' to set"),
        ({"options": "{}"}, "no field 'options' to set; .*options.NAME"),
        ({"options.": "1"}, "no field 'options.' to set"),
        ({"optimizer": "adagrad"}, "optimizer 'adagrad'; it must be one of"),
        ({"schedule": "steps"}, "schedule 'steps'; it must be one of"),
        ({"zooms": "1,much"}, "zooms='1,much' is not of the type float,..."),
        ({"zooms": "1.2"}, "cannot be served: zooms are 1 or more, and the first is 1"),
        ({"zooms": ""}, "cannot be served: zooms are"),
        ({"teachers": "compact_vgg"}, "has 1 teachers and the distillation 0.0"),
        ({"heads": "emotion"}, "heads='emotion' must be one or more of fer2013, ferplus"),
        ({"heads": ""}, "heads='' must be"),
        ({"augmentation.turn": "1"}, "no field 'augmentation.turn' .*: augmentation.flip, "),
        ({"augmentation.flip": "yes"}, "augmentation.flip='yes' is not of the type float"),
        ({"augmentation.flip": "2"}, "take augmentation.flip=2.0: flip must be from 0 to 1"),
        ({"augmentation.rotation": "-3"}, "rotation must be 0 or more, not -3.0"),
        ({"augmentation.erase_side": "0.1"}, "side='0.1' is not of the type float,float"),
        ({"augmentation.erase_side": "0.1,0.2,0.3"}, "is not of the type float,float"),
        ({"preprocessing.channels": "2"}, "preprocessing.channels=2: faces have 1 or 3 channels"),
        ({"preprocessing.equalize": "no"}, "preprocessing.equalize='no': there is no equalisation"),
    ],
)
def test_a_change_that_fits_no_field_is_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(RecipeError, match=message) as refused:
        recipe_override(get_recipe("compact_vgg"), change)
    assert str(refused.value).endswith(".")


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
