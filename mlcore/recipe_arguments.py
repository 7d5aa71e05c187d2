"""Recipes as commands take them: a name, and fields that are changed with `--set`."""

from argparse import ArgumentParser
from collections.abc import Sequence

from mlcore.recipes import Recipe, get_recipe, recipe_override


def add_set_argument(parser: ArgumentParser, whose: str = "the recipe") -> None:
    """`--set FIELD=VALUE`, for `recipe_as_set`."""
    parser.add_argument(
        *("--set", "-s"),
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help=f"change a field of {whose}; may be given again",
    )


def recipe_as_set(name: str, changes: Sequence[str]) -> Recipe:
    """The recipe of that name with what was given to `--set`.

    Raises:
        RecipeError: there is no such recipe or field, or the text does not fit the field.
    """
    return recipe_override(get_recipe(name), dict(change.partition("=")[::2] for change in changes))
