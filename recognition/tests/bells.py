"""What hears a task's bells in place of a worker."""

from collections.abc import Callable


def hear(rung: list[str]) -> Callable[..., None]:
    """A task's `apply_async` that notes for which job it is called."""

    def bell(args: tuple[str, int], *, expires: float) -> None:
        rung.append(args[0])

    return bell
