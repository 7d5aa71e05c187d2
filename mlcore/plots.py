"""The pictures of a training run's report, and the balance of a dataset.

matplotlib comes with the whole product, not with serving, and takes a third of a second to import:
only this module does, and only commands import it, where they plot.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mlcore.datasets.faces import SPLITS
from mlcore.errors import TrainingDependencyError
from mlcore.labels import EXPRESSIONS

try:
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib.figure import Figure
except ImportError as error:
    raise TrainingDependencyError(
        "Plots need matplotlib, which this installation lacks: run `make install-full`."
    ) from error

# Fonts and lines that can be read when the plot is half a page wide, and blind-safe colours
# (Okabe & Ito 2008, https://jfly.uni-koeln.de/color/).
STYLE: Any = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.prop_cycle": cycler(color=["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9"]),
    "savefig.dpi": 120,
}

_SPLIT_COLOURS = {split: f"C{number}" for number, split in enumerate(SPLITS)}
"""Of the cycle, so that a split keeps its colour where another is missing."""


def plot_balance(
    counts: Mapping[str, Mapping[str, int]], title: str, target: Path | IO[bytes]
) -> None:
    """Bars: how many faces of each expression each split holds.

    Args:
        counts: by split and expression, the number of faces.
        target: of the PNG.
    """
    with mpl.rc_context({**STYLE, "axes.grid.axis": "y", "axes.axisbelow": True}):
        figure = Figure(figsize=(11, 5), layout="constrained")
        axes = figure.add_subplot()
        places = np.arange(len(EXPRESSIONS))
        width = min(0.6, 0.86 / len(counts))
        for number, (split, faces) in enumerate(counts.items()):
            offset = (number - (len(counts) - 1) / 2) * width
            heights = [faces[name] for name in EXPRESSIONS]
            colour = _SPLIT_COLOURS[split]
            bars = axes.bar(places + offset, heights, width, label=split, color=colour)
            axes.bar_label(bars, [f"{height:,}" for height in heights], padding=2, fontsize=8)
        axes.set_xticks(places, EXPRESSIONS)
        axes.set(title=title, xlabel="expression", ylabel="faces")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.margins(x=0.01, y=0.1)
        if len(counts) > 1:
            # Beside the bars: in them there may be no free place.
            figure.legend(title="split", frameon=False, loc="outside right upper")
        figure.savefig(target, format="png")


def plot_curves(
    history: Sequence[Mapping[str, float]],
    panels: Mapping[str, Mapping[str, str]],
    path: Path,
) -> None:
    """Values over epochs, a panel for each kind.

    Args:
        history: a row for each epoch, with its number as `epoch`.
        panels: {title of the panel: {column of the history: its name}}; columns that the history
            lacks are left out.
        path: of the PNG.
    """
    epochs = [row["epoch"] for row in history]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5 * len(panels), 3.8), layout="constrained")
        for place, (title, columns) in enumerate(panels.items(), start=1):
            axes = figure.add_subplot(1, len(panels), place)
            for column, name in columns.items():
                if column in history[0]:
                    axes.plot(epochs, [row[column] for row in history], label=name)
            axes.set(title=title, xlabel="epoch")
            axes.legend(frameon=False)
        figure.savefig(path)


def plot_confusion(counts: NDArray[np.int64], path: Path) -> None:
    """A confusion matrix, (7, 7) with a row for each label: counts, and per cent of the row."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with mpl.rc_context({**STYLE, "axes.grid": False}):
        figure = Figure(figsize=(7.4, 6.2), layout="constrained")
        axes = figure.add_subplot()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        places = range(len(EXPRESSIONS))
        axes.set_xticks(places, EXPRESSIONS, rotation=40, ha="right")
        axes.set_yticks(places, EXPRESSIONS)
        axes.set(xlabel="recognised", ylabel="label")
        for row, column in np.ndindex(counts.shape):
            axes.text(
                column,
                row,
                f"{shares[row, column]:.0%}\n{counts[row, column]:,}",
                ha="center",
                va="center",
                fontsize=8.5,
                color="white" if shares[row, column] > 0.5 else "black",
            )
        figure.savefig(path)


def plot_reliability(bins: Sequence[Mapping[str, Any]], error: float, path: Path) -> None:
    """A reliability diagram (DeGroot & Fienberg 1983): the share of right answers over what was
    stated.

    Args:
        bins: {stated, right, faces} of each bin that is not empty, the first two as means.
        error: the expected calibration error, for the title.
        path: of the PNG.
    """
    stated = [row["stated"] for row in bins]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5, 5.6), layout="constrained")
        upper, lower = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
        upper.plot([0, 1], [0, 1], color="0.5", linestyle="--", label="perfectly calibrated")
        upper.plot(stated, [row["right"] for row in bins], marker="o", label="served answer")
        upper.set(title=f"calibration error {error:.3f}", ylabel="share of right answers")
        upper.set(xlim=(0, 1), ylim=(0, 1))
        upper.legend(frameon=False, loc="upper left")
        lower.bar(stated, [row["faces"] for row in bins], width=0.04)
        lower.set(xlabel="stated probability", ylabel="faces")
        figure.savefig(path)


def plot_risk_coverage(
    points: Sequence[Mapping[str, float]],
    area: float,
    path: Path,
    threshold: float | None = None,
) -> None:
    """The share of wrong answers over the share of faces that are answered.

    Args:
        points: {coverage, threshold, risk}, by coverage.
        area: under the curve, for the title.
        path: of the PNG.
        threshold: the chosen one, which is marked, if any.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5, 4.2), layout="constrained")
        axes = figure.add_subplot()
        coverages = [point["coverage"] for point in points]
        axes.plot(coverages, [point["risk"] for point in points], marker="o", markersize=4)
        if threshold is not None and points:
            # Between the points, whose thresholds fall as their coverages rise.
            falling = [point["threshold"] for point in points]
            place = float(np.interp(threshold, falling[::-1], coverages[::-1]))
            label = f"uncertain below {threshold:.2f}"
            axes.axvline(place, color="C1", linestyle="--", label=label)
            axes.legend(frameon=False, loc="upper left")
        axes.set(title=f"area under risk {area:.4f}", xlim=(0, 1.02))
        axes.set_ylim(bottom=0)
        axes.set(xlabel="share of faces answered", ylabel="share of wrong answers")
        figure.savefig(path)
