"""What a person may choose where another room knows the choices.

`accounts` must not import that room; the room says at its start what there is.
"""

from collections.abc import Callable

_detectors: list[Callable[[], list[str]]] = []


def detectors_register(choices: Callable[[], list[str]]) -> None:
    """Name the function that lists the face detectors."""
    _detectors[:] = [choices]


def detector_choices() -> list[str]:
    return [name for choices in _detectors for name in choices()]
