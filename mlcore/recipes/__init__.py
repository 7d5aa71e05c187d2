"""Training runs, one Python file each, whose docstring says the command, the hardware and time it
took, and the score it reached."""

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from mlcore.errors import RecipeError
from mlcore.recipes.base import HEADS, Recipe

__all__ = ["Recipe", "get_recipe", "recipe_names", "recipe_override"]

_BOOLEANS = {"true": True, "false": False}
_PLAIN = {int, float, str, bool}
_GROUPS = ("preprocessing", "augmentation")


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

    Fields of the preprocessing and of the augmentation are named with a dot, as in
    `augmentation.flip=0`; those of several values take them with commas between, as in
    `augmentation.erase_side=0.1,0.4`, and those of any number of them, as `teachers`, also as a
    list: `zooms=[1,1.1]`. The architecture's options, as in `options.depth=4`, are read as JSON,
    and as text if they are none. `heads=fer2013,ferplus` takes names of
    `mlcore.recipes.base.HEADS`.

    Raises:
        RecipeError: the field does not exist, or the text does not fit it.
    """
    values: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    options = dict(recipe.options)
    for name, text in changes.items():
        group, _, field = name.partition(".")
        if group in _GROUPS and field:
            value = _parsed(recipe, getattr(recipe, group), field, name, text)
            nested.setdefault(group, {})[field] = value
        elif group == "options" and field:
            options[field] = _json_or_text(text)
        elif name == "heads":
            values["heads"] = _heads(text)
        else:
            values[name] = _parsed(recipe, recipe, name, name, text)
    for group, inner in nested.items():
        try:
            values[group] = replace(getattr(recipe, group), **inner)
        except ValueError as error:
            given = " and ".join(f"{group}.{field}={value!r}" for field, value in inner.items())
            raise RecipeError(f"The recipe {recipe.name} cannot take {given}: {error}.") from error
    return replace(recipe, **values, options=options)


def _parsed(recipe: Recipe, owner: Any, field: str, name: str, text: str) -> Any:
    """`text` as a value of `field` of `owner`, which is the recipe or a part of it; messages call
    the field `name`."""
    fields = _plain_fields(owner)
    if field not in fields:
        names = [name.removesuffix(field) + known for known in fields]
        if owner is recipe:
            names += ["heads", "options.NAME", *(f"{group}.FIELD" for group in _GROUPS)]
        raise RecipeError(
            f"The recipe {recipe.name} has no field {name!r} to set; there are: {', '.join(names)}."
        )
    kinds = fields[field]
    parts = text.split(",") if len(kinds) > 1 else [text]
    if several := kinds[-1] is ...:
        parts = _listed(text)
        kinds = kinds[:1] * len(parts)
    try:
        values = tuple(
            _BOOLEANS[part] if kind is bool else kind(part)
            for kind, part in zip(kinds, parts, strict=True)
        )
    except (ValueError, KeyError) as error:
        fitting = ",".join("..." if kind is ... else kind.__name__ for kind in fields[field])
        raise RecipeError(f"{name}={text!r} is not of the type {fitting}.") from error
    return values if several or len(kinds) > 1 else values[0]


def _plain_fields(owner: Any) -> dict[str, tuple[Any, ...]]:
    """The types that each field of plain values is declared with: one, or those of a tuple, which
    are a type and `...` where it holds any number of values."""
    kinds = {
        # Not the type of its value, which may be an int where any number fits.
        name: get_args(kind) if get_origin(kind) is tuple else (kind,)
        for name, kind in get_type_hints(type(owner)).items()
    }
    return {name: types for name, types in kinds.items() if set(types) <= {*_PLAIN, ...}}


def _listed(text: str) -> list[str]:
    """The values of `a,b`, of `[a,b]` or of `["a", "b"]`; none of an empty text or list."""
    inner = text.strip().removeprefix("[").removesuffix("]").strip()
    return [part.strip().strip("\"'") for part in inner.split(",")] if inner else []


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _heads(text: str) -> dict[str, int]:
    names = text.split(",")
    if not set(names) <= set(HEADS):
        raise RecipeError(
            f"heads={text!r} must be one or more of {', '.join(HEADS)}, with commas between."
        )
    return {name: classes for name, classes in HEADS.items() if name in names}
