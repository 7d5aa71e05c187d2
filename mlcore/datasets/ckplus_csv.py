"""The csv of CK+'s 48x48 faces that people share, often as ckextended.csv."""

from pathlib import Path

import numpy as np

from mlcore.datasets.faces import FaceDataset
from mlcore.datasets.importing import DEFAULT_SIZE, ImportReport, Progress, leave_out_contempt
from mlcore.datasets.pixel_csv import read_pixel_csv
from mlcore.errors import DatasetError
from mlcore.labels import FERPLUS_EXPRESSIONS


def load_ckplus_csv(
    path: Path,
    *,
    size: int = DEFAULT_SIZE,
    refuse_contempt: bool = False,
    progress: Progress | None = None,
    report: ImportReport | None = None,
) -> FaceDataset:
    """Load a csv with the columns emotion, pixels, Usage.

    The numbers of the expressions are ours, and 7 is contempt, which is left out. Who is seen
    does not stand in the file: the frames of one person may lie on both sides of its splits.

    Args:
        refuse_contempt: stop where a face shows contempt.
        report: takes how many faces are left out.

    Raises:
        DatasetError: the file is missing, or a row of it is not what the format promises.
    """
    # Ours of FER2013 and, as the eighth, that of FER+: the same order.
    dataset = read_pixel_csv(path, len(FERPLUS_EXPRESSIONS), size=size, progress=progress)
    contempt = dataset.labels == FERPLUS_EXPRESSIONS.index("contempt")
    if not contempt.any():
        return dataset
    leave_out_contempt(path, int(contempt.sum()), refuse_contempt, report)
    if contempt.all():
        raise DatasetError(f"{path} holds no face but those of contempt.")
    return dataset.take(np.flatnonzero(~contempt))
