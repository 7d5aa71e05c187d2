"""A dataset for the eye: a sheet of samples and the balance of its classes."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mlcore.datasets.checks import DatasetCheck
from mlcore.datasets.faces import FaceDataset
from mlcore.labels import EXPRESSIONS
from mlcore.tiles import face_tile

SAMPLES = 12
_TILE, _GAP, _NAMES_WIDTH = 72, 4, 112


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
            tile = face_tile(dataset.images[row], _TILE)
            sheet.paste(tile, (_NAMES_WIDTH + column * step, top))
    return np.asarray(sheet)


def balance_plot(check: DatasetCheck, title: str) -> bytes:
    """A PNG of bars: how many faces of each expression each split holds.

    Raises:
        TrainingDependencyError: matplotlib is not installed.
    """
    from mlcore.plots import plot_balance  # imports matplotlib

    target = io.BytesIO()
    plot_balance(check.counts, title, target)
    return target.getvalue()
