"""What a model learned from: its own data, and that of the models it starts from or learns from."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mlcore.artifacts import PACKAGED_MODELS, DataSource, find_artifact, load_metadata
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION
from mlcore.errors import ArtifactError
from mlcore.recipes import get_recipe, recipe_names
from mlcore.recipes.base import Recipe

_LICENCES: Mapping[str, tuple[str, str]] = {
    "FER2013": (
        "for research; the rights in the photos are their owners'",
        "https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-"
        "recognition-challenge",
    ),
    "FER+": ("MIT (the votes)", "https://github.com/microsoft/FERPlus"),
    "CK+": (
        "for research, non-commercial",
        "Lucey et al. 2010, https://doi.org/10.1109/CVPRW.2010.5543262",
    ),
    "image folders": ("as their owner says", "the folder that was given"),
}
"""Licence and source of what a model can be made from."""

LICENCE = (
    "MIT, as the product; the photos it learned from were collected for research, so take advice "
    "before commercial use"
)
NON_COMMERCIAL = "for research, non-commercial, as CK+, which it learned from"


def data_sources(
    recipe: Recipe, model_dirs: Iterable[Path] = (PACKAGED_MODELS,)
) -> tuple[DataSource, ...]:
    """What a model of the recipe learns from, each data once.

    Args:
        recipe: its own data comes first, then that of the models that it names.
        model_dirs: where those may lie. A run can be finished where they are not; of such a model
            the recipe of its name says what it learned from, and where there is none, nothing.
    """
    model_dirs = list(model_dirs)
    found = {source.name: source for source in _own_sources(recipe)}
    for name in filter(None, (recipe.start_from, *recipe.teachers)):
        for source in _sources_of_model(name, model_dirs):
            found.setdefault(source.name, replace(source, split=f"by way of the model {name}"))
    return tuple(found.values())


def licence_for(sources: Iterable[DataSource]) -> str:
    """The licence of a model that learned from them."""
    return NON_COMMERCIAL if "CK+" in {source.name for source in sources} else LICENCE


def _own_sources(recipe: Recipe) -> Iterator[DataSource]:
    roles = f"{TRAINING}, {VALIDATION} (selection, calibration), {TEST} (report)"
    for name in _own_names(recipe):
        yield DataSource(name, f"{roles}; divided as {recipe.data}", *_LICENCES[name])


def _own_names(recipe: Recipe) -> list[str]:
    if recipe.data.startswith("folders"):
        return ["image folders"]
    names = ["FER2013"]
    # The hybrid takes its labels from the votes.
    if "ferplus" in recipe.heads or recipe.data.startswith("hybrid"):
        names.append("FER+")
    return [*names, "CK+"] if "ckplus" in recipe.data or "hybrid" in recipe.data else names


def _sources_of_model(name: str, model_dirs: list[Path]) -> tuple[DataSource, ...]:
    try:
        known = load_metadata(find_artifact(name, model_dirs)).data
    except ArtifactError:
        known = ()
    if known:
        return known
    # Networks that were not exported were once kept without their data.
    plain_name = re.sub(r"_seed\d+$", "", name)
    return data_sources(get_recipe(plain_name), model_dirs) if plain_name in recipe_names() else ()
