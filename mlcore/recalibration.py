"""The answers of a trained network calibrated anew, without training.

Needs no TensorFlow, unless the network is to be exported anew too.
"""

import datetime as dt
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlcore.abstention import Abstention, fit_threshold
from mlcore.artifacts import (
    EXPORTED,
    WEIGHTS,
    Metadata,
    load_metadata,
    read_verified,
    save_artifact,
)
from mlcore.calibration import Calibration, Logits, combine, fit
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION, FaceDataset
from mlcore.errors import ArtifactError
from mlcore.evaluation import agreed_expression, evaluate, seven_votes
from mlcore.network import Network
from mlcore.views import Views

REPORT = "report.json"


def calibrate(
    views: Sequence[Logits], validation: FaceDataset, *, by_votes: bool = True
) -> tuple[Calibration, Abstention]:
    """Mixture, temperatures and threshold, all fitted on PublicTest.

    Args:
        views: the network's logits for each look at the faces of `validation`.
        by_votes: whether the FER+ votes are what is to be said, where there are some; if not,
            the labels are.
    """
    voted = by_votes and validation.votes is not None
    calibration = fit(
        views,
        validation.labels,
        seven_votes(validation) if voted else None,
        f"{VALIDATION}: {'labels and FER+ votes' if voted else 'labels'}",
    )
    targets = agreed_expression(validation) if voted else validation.labels
    against = "FER+ strict majority" if voted else "labels"
    abstention = fit_threshold(combine(views, calibration), targets, f"{VALIDATION}: {against}")
    return calibration, abstention


def recalibrate(
    folder: Path,
    target: Path,
    dataset: FaceDataset,
    *,
    views: Views | None = None,
    precision: str | None = None,
) -> Metadata:
    """Write the model of `folder` to `target` with mixture, temperatures and threshold fitted anew.

    They are fitted on PublicTest; PrivateTest is measured once, afterwards. The version is a new
    one. `target` may be `folder`.

    Args:
        views: the looks that it is to average over; as it does now if None.
        precision: export its network anew, with weights as `mlcore.export.export_without_loss`
            stores them; None leaves the exported network as it is, to the byte.

    Returns:
        The metadata as written.

    Raises:
        ArtifactError: `folder` is no whole model, or `target` cannot be written.
        DatasetError: a split is empty, or a FER+ head is to be calibrated without votes.
        TrainingDependencyError: `precision` is given, and there is no Keras on TensorFlow.
    """
    metadata = load_metadata(folder)
    for name in metadata.files:
        read_verified(folder, metadata, name)  # a damaged file must not get a fresh hash
    by_votes = "ferplus" in metadata.heads
    if by_votes:
        dataset.require_votes()
    validation = dataset.split(VALIDATION)
    side = metadata.preprocessing.size
    if dataset.images.shape[1:3] != (side, side):
        raise ArtifactError(f"{folder} takes faces of {side} pixels, and the data has others.")
    files = {name: folder / name for name in (EXPORTED, *metadata.files)}
    with tempfile.TemporaryDirectory() as place:
        if precision is not None:
            files[EXPORTED] = Path(place) / EXPORTED
            metadata = _export(folder, files[EXPORTED], metadata, validation, precision)
        if views is not None:
            metadata = replace(metadata, flip=views.flip, zooms=views.zooms)
        fresh = _fitted(metadata, files[EXPORTED].read_bytes(), dataset, by_votes)
        files[REPORT] = Path(place) / REPORT
        files[REPORT].write_text(json.dumps(fresh.scores, indent=2) + "\n")
        return save_artifact(target, fresh, files)


def _export(
    folder: Path, path: Path, metadata: Metadata, validation: FaceDataset, precision: str
) -> Metadata:
    if WEIGHTS not in metadata.files:
        raise ArtifactError(f"{folder} has no {WEIGHTS} to export a network from.")
    # Not at the top: they import Keras.
    from mlcore.backend import load_network
    from mlcore.export import export_without_loss

    export = export_without_loss(
        load_network(folder), path, metadata.preprocessing, validation, precision
    )
    return replace(metadata, precision=export.precision, export_loss=export.lost)


def _fitted(metadata: Metadata, content: bytes, dataset: FaceDataset, by_votes: bool) -> Metadata:
    """`metadata` with the calibration and the scores of the exported network in `content`."""
    network = Network(content, metadata.heads, os.cpu_count() or 1)
    validation = dataset.split(VALIDATION)
    views = [
        network.logits(metadata.preprocessing.to_input(view))
        for view in metadata.views.of(validation.images)
    ]
    calibration, abstention = calibrate(views, validation, by_votes=by_votes)
    scores = {
        split: evaluate(
            network,
            metadata.preprocessing,
            calibration,
            views=metadata.views,
            dataset=dataset.split(split),
            training=dataset.split(TRAINING),
            threshold=abstention.threshold,
        )
        for split in (VALIDATION, TEST)
    }
    return replace(
        metadata,
        calibration=calibration,
        abstention=abstention.to_dict(),
        scores=scores,
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        trained_at=metadata.trained_at or metadata.created_at,
    )
