"""Networks by name. Each file has one `build`; it is imported when its network is asked for,
because importing Keras takes seconds."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlcore.errors import RecipeError

if TYPE_CHECKING:
    import keras

ARCHITECTURES: tuple[str, ...] = (
    "cnn_lstm",
    "compact_vgg",
    "deep_cnn",
    "monitor_cnn",
    "nadam_cnn",
    "resnet",
    "vgg16",
    "vgg9",
)


def build(name: str, **options: Any) -> "keras.Model":
    """Build the untrained network `name`.

    Raises:
        RecipeError: there is none of that name, or it cannot be built with these options.
    """
    if name not in ARCHITECTURES:
        raise RecipeError(
            f"There is no architecture {name!r}; there are: {', '.join(ARCHITECTURES)}."
        )
    module = import_module(f"mlcore.architectures.{name}")
    try:
        model: keras.Model = module.build(**options)
    except TypeError as error:
        raise RecipeError(f"The architecture {name} has other options: {error}.") from error
    except ValueError as error:
        given = ", ".join(f"{option}={value!r}" for option, value in options.items())
        raise RecipeError(
            f"The architecture {name} cannot be built with {given}; its pools may leave nothing of "
            "so small an input."
        ) from error
    return model
