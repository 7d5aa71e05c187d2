"""A training run's folder: what an interrupted run goes on from, and what its model is made of.

history.csv        a row for each whole epoch
checkpoint/        the state after the last of them
best.weights.h5    the averaged weights of the best
hardware.txt       what it was trained on, a line for each machine
"""

import contextlib
import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlcore.errors import ArtifactError, RecipeError
from mlcore.recipes.base import Recipe

if TYPE_CHECKING:
    import keras

History = list[dict[str, float]]
"""A row for each finished epoch, in order."""

HISTORY, BEST, HARDWARE = "history.csv", "best.weights.h5", "hardware.txt"
NETWORK, OPTIMIZER = "network.npz", "optimizer.npz"
WHOLE = "model.weights.h5"
"""What checkpoints held before there were `NETWORK` and `OPTIMIZER`."""


@dataclass
class Average:
    """A running average of a network's weights, and how often it was updated."""

    weights: list[NDArray[np.float32]] = field(default_factory=list)
    updates: int = 0


def read_history(run_dir: Path) -> History:
    """The finished epochs of a run, as `history.csv` holds them; none where no epoch is whole."""
    if not (run_dir / HISTORY).exists():
        return []
    with open(run_dir / HISTORY, newline="") as lines:
        return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(lines)]


def read_hardware(run_dir: Path) -> str:
    """The machines that a run was trained on, in words."""
    path = run_dir / HARDWARE
    return ", then ".join(path.read_text().splitlines()) if path.exists() else "unknown hardware"


def note_hardware(run_dir: Path, hardware: str) -> None:
    """Add a machine to those that the run was trained on, if it is another than the last."""
    path = run_dir / HARDWARE
    known = path.read_text().splitlines() if path.exists() else []
    if known[-1:] != [hardware]:
        with writing(run_dir):
            path.write_text("\n".join([*known, hardware]) + "\n")


FINISHING = ("export", "zooms")
"""Fields of a recipe that training takes no notice of; a run may go on with other ones."""


def has_checkpoint(run_dir: Path) -> bool:
    return (run_dir / "checkpoint").is_dir()


def begin_anew(run_dir: Path) -> None:
    """Make the run's folder, without what an earlier run left there.

    Raises:
        ArtifactError: it cannot be written.
    """
    with writing(run_dir):
        if run_dir.exists():
            shutil.rmtree(run_dir)
        run_dir.mkdir(parents=True)


def save_best(run_dir: Path, model: "keras.Model") -> None:
    """Save under another name first: an interrupted save must not spoil the weights before it.

    Raises:
        ArtifactError: the folder cannot be written; what was there before stays.
    """
    unfinished = run_dir / "unfinished.weights.h5"
    with writing(run_dir):
        model.save_weights(unfinished)
        unfinished.replace(run_dir / BEST)


def save_checkpoint(
    run_dir: Path,
    recipe: Recipe,
    network: "keras.Model",
    optimizer: "keras.optimizers.Optimizer",
    average: Average,
    history: History,
) -> None:
    """Save what `restore_checkpoint` goes on from, in place of the checkpoint before it.

    The network's weights and the optimizer's state, and nothing of the model that is around the
    network where its faces are changed on the device: the run may go on without a GPU.

    Raises:
        ArtifactError: the folder cannot be written; the checkpoint before it stays.
    """
    fresh, current, old = (run_dir / f"checkpoint{end}" for end in (".new", "", ".old"))
    with writing(run_dir):
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        fresh.mkdir()
        np.savez(fresh / NETWORK, *network.get_weights())
        kept: dict[str, Any] = {}
        optimizer.save_own_variables(kept)
        np.savez(fresh / OPTIMIZER, **kept)
        np.savez(fresh / "average.npz", *average.weights)
        state = {"updates": average.updates, "history": history, "recipe": recipe.to_dict()}
        (fresh / "state.json").write_text(json.dumps(state))
        if current.exists():
            current.rename(old)
        fresh.rename(current)
        shutil.rmtree(old, ignore_errors=True)
        with open(run_dir / HISTORY, "w", newline="") as target:
            # A run may have been begun when fewer things were measured.
            writer = csv.DictWriter(target, fieldnames=list(history[0]), extrasaction="ignore")
            writer.writeheader()
            writer.writerows(history)


def restore_checkpoint(
    run_dir: Path, recipe: Recipe, model: "keras.Model", network: "keras.Model", average: Average
) -> History:
    """Bring `network`, the optimizer of `model`, which it is in, and `average` to the state of the
    checkpoint.

    Returns:
        The epochs that are done.

    Raises:
        RecipeError: the run was begun with other settings, or with an earlier program and where
            faces are changed elsewhere than now.
    """
    checkpoint = run_dir / "checkpoint"
    state = require_same_settings(run_dir, recipe)
    model.optimizer.build(model.trainable_variables)
    if (checkpoint / NETWORK).exists():
        with np.load(checkpoint / NETWORK) as arrays:
            network.set_weights([arrays[name] for name in arrays.files])
        with np.load(checkpoint / OPTIMIZER) as arrays:
            model.optimizer.load_own_variables(dict(arrays))
    else:
        _load_whole(checkpoint / WHOLE, model, on_device=model is not network)
    with np.load(checkpoint / "average.npz") as arrays:
        average.weights = [arrays[name] for name in arrays.files]
    average.updates = state["updates"]
    history: History = state["history"]
    return history


def _load_whole(path: Path, model: "keras.Model", *, on_device: bool) -> None:
    """Load a checkpoint of an earlier program, which holds the model around the network too."""
    try:
        model.load_weights(path)
    except ValueError as error:
        where = "host" if on_device else "device"
        raise RecipeError(
            f"The checkpoint {path} is an earlier program's, of faces that were changed on the "
            f"{where}; go on with --augment-on {where}, or begin anew."
        ) from error


def require_same_settings(run_dir: Path, recipe: Recipe) -> dict[str, Any]:
    """The state that the run's checkpoint describes, if it is one of `recipe`.

    Raises:
        RecipeError: the run was begun with other settings than those of `recipe`.
    """
    state: dict[str, Any] = json.loads((run_dir / "checkpoint" / "state.json").read_text())
    settings = plain(recipe)
    # A run from before this was kept has no recipe to compare.
    kept = plain(Recipe.from_dict(state["recipe"])) if "recipe" in state else settings
    changed = [name for name in settings if name not in FINISHING and kept[name] != settings[name]]
    if changed:
        raise RecipeError(
            f"The run in {run_dir} was begun with another {', '.join(changed)}; go on with the "
            "same settings, or begin anew."
        )
    return state


@contextlib.contextmanager
def writing(run_dir: Path) -> Iterator[None]:
    """Say where it was that a disk was full, or a folder not to be written."""
    try:
        yield
    except OSError as error:
        raise ArtifactError(f"The run {run_dir} cannot be written: {error}.") from error


def plain(recipe: Recipe) -> dict[str, Any]:
    """The recipe's fields as JSON gives them back."""
    values: dict[str, Any] = json.loads(json.dumps(recipe.to_dict()))
    return values
