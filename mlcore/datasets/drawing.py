"""A dataset for the eye: a sheet of samples and the balance of its classes."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mlcore.datasets.checks import DatasetCheck
from mlcore.datasets.faces import SPLITS, FaceDataset
from mlcore.errors import TrainingDependencyError
from mlcore.labels import EXPRESSIONS

SAMPLES = 12
_TILE, _GAP, _NAMES_WIDTH = 72, 4, 112

_COLOURS = dict(zip(SPLITS, ("#0072b2", "#d55e00", "#009e73"), strict=True))
"""Of Okabe & Ito's palette, which colour-blind people tell apart."""


def sample_sheet(dataset: FaceDataset, samples: int = SAMPLES) -> NDArray[np.uint8]:
    """A (height, width, 3) RGB sheet: a row for each expression, with its name and count.

    The samples of a row lie evenly over the data, so the frames of one person do not fill it.
    """
    step = _TILE + _GAP
    size = (_NAMES_WIDTH + samples * step + _GAP, len(EXPRESSIONS) * step + _GAP)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    name_font, count_font = ImageFont.load_default(17), ImageFont.load_default(13)
    for label, name in enumerate(EXPRESSIONS):
        top = _GAP + label * step
        rows = np.flatnonzero(dataset.labels == label)
        middle = top + _TILE // 2
        draw.text((10, middle), name, "black", name_font, anchor="ls")
        faces = f"{len(rows):,} face{'s' * (len(rows) != 1)}" if len(rows) else "no face"
        draw.text((10, middle + 18), faces, "#555555", count_font, anchor="ls")
        chosen = np.unique(np.linspace(0, len(rows) - 1, samples).round().astype(int))
        for column, row in enumerate(rows[chosen] if len(rows) else ()):
            tile = Image.fromarray(dataset.images[row])
            tile = tile.resize((_TILE, _TILE), Image.Resampling.BICUBIC)
            sheet.paste(tile, (_NAMES_WIDTH + column * step, top))
    return np.asarray(sheet)


def balance_plot(check: DatasetCheck, title: str) -> bytes:
    """A PNG of bars: how many faces of each expression each split holds.

    Raises:
        TrainingDependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TrainingDependencyError(
            "Plots need matplotlib, which this installation lacks: run `make install-full`."
        ) from error
    figure = Figure(figsize=(11, 5), layout="constrained")
    FigureCanvasAgg(figure)  # no window and no state that others share
    axes = figure.add_subplot()
    places = np.arange(len(EXPRESSIONS))
    width = min(0.6, 0.86 / len(check.counts))
    for number, (split, counts) in enumerate(check.counts.items()):
        offset = (number - (len(check.counts) - 1) / 2) * width
        heights = [counts[name] for name in EXPRESSIONS]
        bars = axes.bar(places + offset, heights, width, label=split, color=_COLOURS[split])
        axes.bar_label(bars, [f"{height:,}" for height in heights], padding=2, fontsize=8)
    axes.set_xticks(places, EXPRESSIONS)
    axes.set_xlabel("expression")
    axes.set_ylabel("faces")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.margins(x=0.01, y=0.1)
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#dddddd")
    if len(check.counts) > 1:
        axes.legend(title="split", frameon=False)
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=110)
    return target.getvalue()
