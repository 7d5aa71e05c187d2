"""Networks by name. Each file has one `build`; it is imported when its network is asked for,
because importing Keras takes seconds."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlcore.errors import RecipeError

if TYPE_CHECKING:
    import keras

ARCHITECTURES: tuple[str, ...] = ("compact_vgg",)


def build(name: str, **options: Any) -> "keras.Model":
    """Build the untrained network `name`; raises `RecipeError` if there is none of that name."""
    if name not in ARCHITECTURES:
        raise RecipeError(
            f"There is no architecture {name!r}; there are: {', '.join(ARCHITECTURES)}."
        )
    model: keras.Model = import_module(f"mlcore.architectures.{name}").build(**options)
    return model
