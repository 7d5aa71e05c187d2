"""Training runs, one Python file each, whose docstring says the command, the hardware and time it
took, and the score it reached."""

from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from mlcore.errors import RecipeError
from mlcore.recipes.base import Recipe

__all__ = ["Recipe", "get_recipe", "recipe_names", "recipe_override"]

_BOOLEANS = {"true": True, "false": False}


def recipe_names() -> list[str]:
    return sorted(
        path.stem
        for path in Path(__file__).parent.glob("*.py")
        if path.stem not in {"__init__", "base"}
    )


def get_recipe(name: str) -> Recipe:
    """The recipe of that name; raises `RecipeError` if there is none."""
    if name not in recipe_names():
        raise RecipeError(f"There is no recipe {name!r}; there are: {', '.join(recipe_names())}.")
    recipe: Recipe = import_module(f"mlcore.recipes.{name}").RECIPE
    return recipe


def recipe_override(recipe: Recipe, changes: dict[str, str]) -> Recipe:
    """`recipe` with fields replaced by values as typed on a command line.

    Raises:
        RecipeError: the field does not exist, is not a plain value, or the text does not fit it.
    """
    values: dict[str, Any] = {}
    plain = {field.name: type(getattr(recipe, field.name)) for field in fields(recipe)}
    for name, text in changes.items():
        kind = plain.get(name)
        if kind not in (int, float, str, bool):
            raise RecipeError(f"The recipe {recipe.name} has no plain field {name!r}.")
        try:
            values[name] = _BOOLEANS[text] if kind is bool else kind(text)
        except (ValueError, KeyError) as error:
            raise RecipeError(f"{name}={text!r} is not of the type {kind.__name__}.") from error
    return replace(recipe, **values)
