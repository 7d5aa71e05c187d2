"""The answers of a trained network calibrated anew, without training: needs no TensorFlow."""

import datetime as dt
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlcore.abstention import Abstention, fit_threshold
from mlcore.artifacts import EXPORTED, Metadata, load_metadata, read_verified, save_artifact
from mlcore.calibration import Calibration, Logits, combine, fit
from mlcore.datasets.faces import TEST, TRAINING, VALIDATION, FaceDataset
from mlcore.errors import ArtifactError
from mlcore.evaluation import agreed_expression, evaluate, seven_votes
from mlcore.network import Network

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


def recalibrate(folder: Path, target: Path, dataset: FaceDataset) -> Metadata:
    """Write the model of `folder` to `target` with mixture, temperatures and threshold fitted anew.

    They are fitted on PublicTest; PrivateTest is measured once, afterwards. The network stays as it
    is, to the byte, and the version is a new one. `target` may be `folder`.

    Returns:
        The metadata as written.

    Raises:
        ArtifactError: `folder` is no whole model, or `target` cannot be written.
        DatasetError: a split is empty, or a FER+ head is to be calibrated without votes.
    """
    metadata = load_metadata(folder)
    for name in metadata.files:
        read_verified(folder, metadata, name)  # a damaged file must not get a fresh hash
    by_votes = "ferplus" in metadata.heads
    if by_votes:
        dataset.require_votes()
    content = read_verified(folder, metadata)
    network = Network(content, metadata.heads, os.cpu_count() or 1)
    validation = dataset.split(VALIDATION)
    side = metadata.preprocessing.size
    if dataset.images.shape[1:3] != (side, side):
        raise ArtifactError(f"{folder} takes faces of {side} pixels, and the data has others.")
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
    fresh = replace(
        metadata,
        calibration=calibration,
        abstention=abstention.to_dict(),
        scores=scores,
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        trained_at=metadata.trained_at or metadata.created_at,
    )
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / REPORT
        report.write_text(json.dumps(scores, indent=2) + "\n")
        files = {name: folder / name for name in (EXPORTED, *metadata.files)}
        return save_artifact(target, fresh, {**files, REPORT: report})
