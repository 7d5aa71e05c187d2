"""The published figures, what our recipes reach by the same protocols, and what is left of it when
nothing leaks.

`reproduce` trains what is not there yet; `reproduction_page` writes docs/reproduction.md from the
models that are there, so no figure in it is typed by hand.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from mlcore.artifacts import METADATA, Metadata, load_metadata
from mlcore.datasets.faces import TEST, VALIDATION
from mlcore.datasets.protocols import load_protocol
from mlcore.recipes import Recipe, get_recipe
from mlcore.run_folder import History, read_history

logger = logging.getLogger(__name__)

FAST = {"schedule": "cosine", "learning_rate": 1e-3, "batch_size": 64}
"""Of a quick pass: the published rates would leave a few epochs near chance."""


@dataclass(frozen=True)
class Published:
    """A figure that an earlier system published, and the recipes beside it.

    Attributes:
        system: what was measured, in words.
        figure: as published.
        value: the same as a share.
        protocol: data and split, in words.
        recipe, honest: of our run by its protocol, and by one in which nothing leaks.
        split: which split the published figure is of; the honest one is PrivateTest's always.
        quick: fields of both recipes that a quick pass changes.
        note: what else must be said of the row.
    """

    system: str
    figure: str
    value: float
    protocol: str
    recipe: str
    honest: str
    split: str = TEST
    quick: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


HYBRID = "FER+ and CK+, 21,573 faces balanced, then split 70/30 at random"

PUBLISHED: tuple[Published, ...] = (
    Published(
        "Thesis system, nine convolutions (`vgg9`)",
        "87.375 %",
        0.87375,
        HYBRID,
        recipe="vgg9_hybrid",
        honest="vgg9_hybrid_honest",
        quick={**FAST, "epochs": 1},
    ),
    Published(
        "Its baseline, VGG-16 (`vgg16`)",
        "72 %",
        0.72,
        HYBRID,
        recipe="vgg16_hybrid",
        honest="vgg16_hybrid_honest",
        quick={**FAST, "epochs": 1},
    ),
    Published(
        "Three-mode web app (`deep_cnn`)",
        "82.45 %",
        0.8245,
        "FER2013 and CK+, disgust over-sampled, then split 80/10/10 at random",
        recipe="deep_cnn_fer2013_ckplus",
        honest="deep_cnn_fer2013_ckplus_honest",
        quick={**FAST, "epochs": 3},
    ),
    Published(
        "FER2013 CNN trained by NAdam (`nadam_cnn`)",
        "70.10 %",
        0.7010,
        "FER2013, official split",
        recipe="nadam_cnn_fer2013",
        honest="nadam_cnn_fer2013_honest",
        quick={**FAST, "epochs": 2},
    ),
    Published(
        "Personal real-time monitor (`monitor_cnn`)",
        "66 %",
        0.66,
        "FER2013, chosen and measured on PublicTest",
        recipe="monitor_cnn_fer2013",
        honest="monitor_cnn_fer2013_honest",
        split=VALIDATION,
        quick={"epochs": 5},
    ),
    Published(
        "Live multi-person app (`cnn_lstm`)",
        "about 65 %",
        0.65,
        "MMA's folders",
        recipe="cnn_lstm_mma",
        honest="cnn_lstm_mma_honest",
        quick={**FAST, "epochs": 2},
    ),
)

MMA_MISSING = replace(
    PUBLISHED[-1],
    protocol="FER2013, official split",
    recipe="cnn_lstm_fer2013",
    honest="cnn_lstm_fer2013_honest",
    note="published on the MMA faces; ours is on FER2013, where MMA was missing",
)
"""Of the last figure, where the folder of the data holds no `MMA`."""


def published_with(data: Path) -> tuple[Published, ...]:
    """The published figures, with the recipes for what lies in the folder `data`."""
    return PUBLISHED if (data / "MMA").is_dir() else (*PUBLISHED[:-1], MMA_MISSING)


def reproduce(
    names: Sequence[str],
    published: Sequence[Published],
    data: Path,
    out: Path,
    *,
    quick: bool,
    bar: bool = False,
    on_epoch: Callable[[int, dict[str, float]], None] = lambda epochs, row: None,
) -> None:
    """Train, finish and measure the runs `names`; one that is done is left, one begun goes on.

    Args:
        names: of recipes in `published`.
        data: fer2013.csv, fer2013new.csv and CK+48/, and MMA/ where it is to be had.
        out: runs and models go to its folders `full` and `quick`.
        quick: the scaled-down pass; a recipe whose whole run is done already is left.
        bar, on_epoch: see `mlcore.training.train`; `on_epoch` gets the number of epochs first.

    Raises:
        MLCoreError: data is missing, or a run cannot be gone on with, trained or saved.
    """
    # Not at the top: they import Keras, and the page is written without.
    from mlcore.backend import keras
    from mlcore.finishing import finish_run
    from mlcore.training import train

    for name in names:
        if has_model(out / "full", name) or (quick and has_model(out / "quick", name)):
            logger.info("%s is done.", name)
            continue
        place = out / ("quick" if quick else "full")
        recipe = quick_recipe(name, published) if quick else get_recipe(name)
        logger.info("%s: %d epochs.", name, recipe.epochs)
        dataset = load_protocol(
            recipe.data,
            data / "MMA" if recipe.data.startswith("folders") else data,
            recipe.seed,
            recipe.preprocessing,
        )
        run_dir = place / "runs" / name
        model = train(
            recipe,
            dataset,
            run_dir,
            resume=True,
            bar=bar,
            on_epoch=partial(on_epoch, recipe.epochs),
        )
        # Exporting needs TensorFlow; whoever trained elsewhere runs the same command there.
        if keras.backend.backend() == "tensorflow":
            finish_run(recipe, model, dataset, run_dir, place / "models")


def quick_recipe(name: str, published: Sequence[Published]) -> Recipe:
    """The recipe `name` as a quick pass trains it."""
    quick = next(row.quick for row in published if name in (row.recipe, row.honest))
    return replace(get_recipe(name), **quick)


def has_model(place: Path, name: str) -> bool:
    return (place / "models" / name / METADATA).exists()


@dataclass(frozen=True)
class Result:
    """A finished run, and whether it was a quick one."""

    metadata: Metadata
    history: History
    quick: bool

    def value(self, split: str, faces: str = "all") -> float:
        """The share of right answers to one crop, on all faces or on those `without_copies`."""
        value: float = self.metadata.scores[split][faces]["fer2013"]["value"]
        return value

    @property
    def effort(self) -> str:
        """Epochs and minutes."""
        minutes = sum(row["seconds"] for row in self.history) / 60
        planned = get_recipe(self.metadata.name).epochs
        epochs = f"{len(self.history)} of {planned}" if self.quick else f"{len(self.history)}"
        return f"{epochs} epochs, {minutes:.0f} min"


def find_result(out: Path, name: str) -> Result | None:
    """The whole run of the recipe `name`, else the quick one, else nothing."""
    for place in ("full", "quick"):
        folder = out / place / "models" / name
        if has_model(out / place, name):
            return Result(load_metadata(folder), read_history(folder), place == "quick")
    return None


def reproduction_page(published: Sequence[Published], out: Path) -> str:
    """docs/reproduction.md from the models under `out`."""
    lines = [
        "# The published figures, reproduced",
        "",
        "Written by `manage.py reproduce`; do not edit. Each figure is the share of right answers "
        "of the exported network to one crop, without test-time augmentation. *By their "
        "protocol* divides the faces as the source did, which mostly lets copies of a face and "
        "frames of a person stand on both sides; beside it the same network on the faces that "
        "Training does not know. *Honest* is a network trained after a division in which nothing "
        "leaks, chosen on PublicTest and measured on PrivateTest.",
        "",
        "| system | published | by their protocol | the same, without the leaking faces | honest |",
        "|---|---|---|---|---|",
    ]
    notes: list[str] = []
    efforts = ["| run | data | epochs and minutes | hardware |", "|---|---|---|---|"]
    for row in published:
        ours, honest = find_result(out, row.recipe), find_result(out, row.honest)
        lines.append(
            f"| {row.system}: {row.protocol} | {row.figure} "
            f"| {_cell(ours, row.split)} | {_cell(ours, row.split, 'without_copies')} "
            f"| {_cell(honest, TEST)} |"
        )
        notes += _notes(row, ours)
        for name, result in ((row.recipe, ours), (row.honest, honest)):
            if result is not None:
                hardware = result.metadata.hardware.rsplit(", ", 1)[0]
                protocol = result.metadata.recipe["data"]
                efforts.append(f"| `{name}` | `{protocol}` | {result.effort} | {hardware} |")
    return "\n".join(
        [
            *lines,
            "",
            "\\* a quick pass of a few epochs (`--quick`): it shows that the run works and where "
            'it is heading, not what the recipe reaches. "-" has not been run.',
            "",
            *notes,
            "",
            "## Runs",
            "",
            *efforts,
            "",
            "One standard error is 0.8 points where 3,589 faces are measured. One seed each.",
            "",
        ]
    )


def _cell(result: Result | None, split: str, faces: str = "all") -> str:
    if result is None:
        return "-"
    return f"{result.value(split, faces):.2%}".replace("%", " %") + (" \\*" if result.quick else "")


def _notes(row: Published, ours: Result | None) -> list[str]:
    """What the reader of a row must know."""
    notes = []
    if row.note:
        notes.append(f"- {row.system}: {row.note}.")
    if ours is None:
        return notes
    report = ours.metadata.scores[row.split]
    whole, fresh = (report[key]["fer2013"] for key in ("all", "without_copies"))
    leaks = whole["faces"] - fresh["faces"]
    note = (
        f"- {row.system}: {leaks:,} of {whole['faces']:,} test faces are known to Training by "
        "their pixels or their person"
    )
    if not ours.quick:
        worth, beyond = whole["value"] - fresh["value"], whole["value"] - row.value
        note += (
            f"; that is worth {worth * 100:+.2f} points. Ours is {beyond * 100:+.2f} points from "
            "the published figure"
        )
    notes.append(f"{note}.")
    return notes
