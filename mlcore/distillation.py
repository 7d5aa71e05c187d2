"""What trained models answer to training faces, for another network to learn from.

Knowledge distillation (Hinton et al. 2015, https://arxiv.org/abs/1503.02531), with the answers of
each face taken once, before training, instead of at every step: on two cores a teacher that is run
beside its pupil would take most of the time. A network may learn from its own predecessor
(Furlanello et al. 2018, https://arxiv.org/abs/1805.04770).
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import load_metadata, read_verified
from mlcore.calibration import softmax
from mlcore.errors import RecipeError

CHUNK = 1024
"""Faces in one go; their looks take some ten megabytes."""


def teacher_answers(
    folders: Sequence[Path], images: NDArray[np.uint8], heads: Mapping[str, int]
) -> dict[str, NDArray[np.float32]]:
    """The mean calibrated answer of some models to each face, over all looks that they serve.

    Args:
        folders: of the teachers, see `mlcore.artifacts`.
        images: (N, size, size) uint8 grey, or (N, size, size, 3) RGB.
        heads: name and number of classes of each head of the pupil.

    Returns:
        {head: (N, classes)} float32, whose rows add up to 1.

    Raises:
        ArtifactError: a folder holds no whole model.
        RecipeError: no teacher has one of the heads.
    """
    # Here and not above: a machine that only trains may lack LiteRT.
    from mlcore.network import Network

    sums = {head: np.zeros((len(images), classes)) for head, classes in heads.items()}
    for folder in folders:
        metadata = load_metadata(folder)
        network = Network(
            read_verified(folder, metadata), metadata.heads, num_threads=os.cpu_count() or 1
        )
        for start in range(0, len(images), CHUNK):
            rows = slice(start, start + CHUNK)
            for look in metadata.views.of(images[rows]):
                logits = network.logits(metadata.preprocessing.to_input(look))
                for head in heads.keys() & logits.keys():
                    # A head that is not in the mixture has no temperature of its own.
                    temperature = metadata.calibration.temperatures.get(head, 1.0)
                    sums[head][rows] += softmax(logits[head], temperature)
    for head, total in sums.items():
        if not total.any():
            raise RecipeError(f"None of the teachers has a head {head}.")
    return {
        head: (total / total.sum(axis=1, keepdims=True)).astype(np.float32)
        for head, total in sums.items()
    }
