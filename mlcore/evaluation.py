"""How right a network is, and how well its probabilities can be believed.

Works on logits, so the same code judges a Keras network and an exported one.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mlcore.abstention import area_under_risk, curve_points
from mlcore.artifacts import Metadata, read_verified
from mlcore.calibration import (
    Calibration,
    Logits,
    brier_score,
    classwise_calibration_error,
    combine,
    expected_calibration_error,
    jensen_shannon,
    kullback_leibler,
    log_loss,
    reliability,
    softmax,
)
from mlcore.datasets.faces import TRAINING, FaceDataset, known_from
from mlcore.labels import EXPRESSIONS
from mlcore.preprocessing import Preprocessing
from mlcore.views import Views

if TYPE_CHECKING:
    import keras

Report = dict[str, Any]
"""What `evaluate` measured; plain values, so that it can be written as JSON."""

_OF_VOTES = ("kl_votes", "js_votes", "nll_votes", "brier_votes", "ece_classes")


class Asked(Protocol):
    """What gives logits: an exported network, or one in Keras.

    Attributes:
        heads: name and number of classes of each head.
    """

    @property
    def heads(self) -> Mapping[str, int]: ...

    def logits(self, faces: NDArray[np.float32]) -> Logits:
        """Logits of each head, (N, classes), for (N, size, size, channels) standardised faces."""
        ...


def predict_logits(
    model: "keras.Model", faces: NDArray[np.uint8], preprocessing: Preprocessing
) -> Logits:
    """Logits of a Keras network for the uint8 faces that `preprocessing.to_input` takes."""
    logits: Logits = model.predict(preprocessing.to_input(faces), batch_size=256, verbose=0)
    return logits


def head_accuracies(logits: Logits, dataset: FaceDataset) -> dict[str, float]:
    """Share of right answers of each head: `fer2013` against its label, `ferplus` against strict
    majority; only the latter needs votes."""
    accuracies = {}
    for head, values in logits.items():
        targets = dataset.labels if head == "fer2013" else dataset.strict_majority()
        counted = targets >= 0
        accuracies[head] = float((values.argmax(axis=1) == targets)[counted].mean())
    return accuracies


def export_loss(
    model: "keras.Model", preprocessing: Preprocessing, exported: Logits, dataset: FaceDataset
) -> dict[str, float]:
    """By how much each head of the exported network is less often right than `model`, the network
    that it was made from; `exported` are its logits for one crop of each face."""
    trained = head_accuracies(predict_logits(model, dataset.images, preprocessing), dataset)
    after = head_accuracies(exported, dataset)
    return {head: round(trained[head] - after[head], 6) for head in after}


def head_losses(logits: Logits, dataset: FaceDataset) -> dict[str, float]:
    """Mean cross-entropy of each head against what it learns from, without smoothing: `fer2013`
    against the label, `ferplus` against the votes of the faces that have usable ones."""
    losses = {}
    for head, values in logits.items():
        if head == "fer2013":
            targets = np.eye(len(EXPRESSIONS), dtype=np.float32)[dataset.labels]
            counted = np.ones(len(dataset), bool)
        else:
            targets, weights = dataset.vote_distribution()
            counted = weights > 0
        logs = np.log(np.maximum(softmax(values), np.finfo(np.float32).tiny))
        losses[head] = float(-(targets * logs).sum(axis=1)[counted].mean())
    return losses


def seven_votes(dataset: FaceDataset) -> NDArray[np.float32]:
    """(N, 7) shares of the FER+ votes without contempt, as the served answer is without it.

    Single votes are dropped (see `FaceDataset.vote_distribution`). All 0 where nothing is left or
    where most people saw no face.
    """
    distribution, usable = dataset.vote_distribution()
    seven = distribution[:, : len(EXPRESSIONS)] * usable[:, None]
    totals = seven.sum(axis=1, keepdims=True)
    return np.asarray(seven / np.maximum(totals, np.finfo(np.float32).tiny), np.float32)


def agreed_expression(dataset: FaceDataset) -> NDArray[np.int64]:
    """(N,) what a served answer should be: of the seven the one with FER+'s strict majority, else
    -1; without votes the label."""
    if dataset.votes is None:
        return dataset.labels
    majority = dataset.strict_majority()
    return np.where(majority < len(EXPRESSIONS), majority, -1)


def evaluate(
    network: Asked,
    preprocessing: Preprocessing,
    calibration: Calibration,
    *,
    views: Views,
    dataset: FaceDataset,
    training: FaceDataset,
    threshold: float | None = None,
) -> Report:
    """Judge a network, as it is served, on one split.

    Args:
        network, preprocessing, calibration, views: what a model's folder holds.
        dataset: the faces of the split. Without FER+ votes, what is measured against them is
            left out, and so is what the network has no head for.
        training: the faces that the network was trained on. Those of `dataset` that are the same
            to the pixel are left out in a second measurement.
        threshold: the probability below which an answer is called uncertain, if any.

    Returns:
        `split`; `faces`; `all` and `without_copies`, each {measure: {faces, value}} with the
        measures of `mlcore.reports.MEASURES`; `recall` {fer2013: {expression: {faces, value}},
        served: the same against FER+}; `confusion`, (7, 7) counts of the FER2013 head with
        all views, a row for each label; `confusion_served`, the same of the served answer, a row
        for each FER+ majority; `reliability`, {against, error, bins} of the served answer against
        the votes, or the labels where there are none; `risk_coverage`, {against, faces, area,
        points} against the majority, or the labels.
    """
    report, _ = evaluate_answers(
        network,
        preprocessing,
        calibration,
        views=views,
        dataset=dataset,
        training=training,
        threshold=threshold,
    )
    return report


def evaluate_answers(
    network: Asked,
    preprocessing: Preprocessing,
    calibration: Calibration,
    *,
    views: Views,
    dataset: FaceDataset,
    training: FaceDataset,
    threshold: float | None = None,
) -> tuple[Report, NDArray[np.float32]]:
    """`evaluate`, and the (N, 7) served probabilities that it judged."""
    # Mirrored in any case: that measure is reported whether or not it is served.
    looks = replace(views, flip=True).of(dataset.images)
    logits = [network.logits(preprocessing.to_input(look)) for look in looks]
    of_views = logits if views.flip else logits[::2]
    answers = {}
    for head in network.heads:
        answers[head] = logits[0][head].argmax(axis=1)
        answers[f"{head}_flip"] = _averaged(logits[:2], head).argmax(axis=1)
        answers[f"{head}_views"] = _averaged(of_views, head).argmax(axis=1)
    served = combine(of_views, calibration)
    return judge(answers, served, dataset, training, threshold), served


def judge(
    answers: dict[str, NDArray[np.int64]],
    served: NDArray[np.float32],
    dataset: FaceDataset,
    training: FaceDataset,
    threshold: float | None = None,
) -> Report:
    """The report of `evaluate` on answers that were given, by whatever gave them.

    Args:
        answers: (N,) for each head: to one crop by the head's name, with the mirror image by
            `{head}_flip`, with all views by `{head}_views`.
        served: (N, 7) calibrated probabilities.
        dataset, training, threshold: see `evaluate`.
    """
    new = ~known_from(dataset, training)
    everything = np.ones(len(dataset), bool)
    recall = {"fer2013": _recall(answers["fer2013_views"], dataset.labels)}
    agreed = agreed_expression(dataset)
    if dataset.votes is not None:
        recall["served"] = _recall(served.argmax(axis=1), agreed)
    report = {
        "split": str(dataset.splits[0]),
        "faces": len(dataset),
        "all": _measures(answers, served, dataset, everything, threshold),
        "without_copies": _measures(answers, served, dataset, new, threshold),
        "recall": recall,
        "confusion": _confusion(answers["fer2013_views"], dataset.labels).tolist(),
        "reliability": served_reliability(dataset, served),
        "risk_coverage": served_risk(dataset, served),
    }
    if dataset.votes is not None:
        counted = agreed >= 0
        confusion = _confusion(served[counted].argmax(axis=1), agreed[counted])
        report["confusion_served"] = confusion.tolist()
    return report


def served_reliability(dataset: FaceDataset, served: NDArray[np.float32]) -> dict[str, Any]:
    """`reliability` of `evaluate`'s report, from (N, 7) served probabilities."""
    targets: NDArray[Any] = dataset.labels
    if dataset.votes is not None:
        distribution, usable = dataset.vote_distribution()
        rows = usable > 0
        if rows.any():
            served, targets = served[rows], distribution[rows]
    return {
        "against": "the FER+ votes" if targets.ndim == 2 else "the labels",
        "error": round(expected_calibration_error(served, targets), 4),
        "bins": [
            {**row, "stated": round(row["stated"], 4), "right": round(row["right"], 4)}
            for row in reliability(served, targets)
        ],
    }


def served_risk(dataset: FaceDataset, served: NDArray[np.float32]) -> dict[str, Any]:
    """`risk_coverage` of `evaluate`'s report, from (N, 7) served probabilities."""
    agreed = agreed_expression(dataset)
    rows = agreed >= 0
    stated, right = served.max(axis=1)[rows], (served.argmax(axis=1) == agreed)[rows]
    return {
        "against": "the labels" if dataset.votes is None else "FER+ strict majority of 7",
        "faces": int(rows.sum()),
        "area": round(area_under_risk(stated, right), 4) if rows.any() else 0.0,
        "points": curve_points(stated, right) if rows.any() else [],
    }


def evaluate_artifact(folder: Path, metadata: Metadata, dataset: FaceDataset, split: str) -> Report:
    """`evaluate` for a model's folder, on one split of `dataset`.

    Raises:
        ArtifactError: the folder's network is not the one that `metadata` describes.
        DatasetError: the split, or Training, is empty.
    """
    # Here and not above: a machine that only trains may lack LiteRT.
    from mlcore.network import Network

    content = read_verified(folder, metadata)
    return evaluate(
        Network(content, metadata.heads, num_threads=os.cpu_count() or 1),
        metadata.preprocessing,
        metadata.calibration,
        views=metadata.views,
        dataset=dataset.split(split),
        training=dataset.split(TRAINING),
        threshold=None if metadata.abstention is None else metadata.abstention["threshold"],
    )


def _measures(
    answers: dict[str, NDArray[np.int64]],
    served: NDArray[np.float32],
    dataset: FaceDataset,
    chosen: NDArray[np.bool_],
    threshold: float | None,
) -> dict[str, dict[str, Any]]:
    labels = dataset.labels
    served_answers = served.argmax(axis=1)
    measured = {
        "fer2013": _share(answers["fer2013"] == labels, chosen),
        "fer2013_flip": _share(answers["fer2013_flip"] == labels, chosen),
        "fer2013_views": _share(answers["fer2013_views"] == labels, chosen),
        "served_fer2013": _share(served_answers == labels, chosen),
        "ece_fer2013": _calibration_error(served, labels, chosen),
    }
    given = served.max(axis=1) >= (threshold or 0)
    if threshold is not None:
        measured["answered"] = _share(given, chosen)
        measured["sure_fer2013"] = _share(served_answers == labels, chosen & given)
    if dataset.votes is None:
        return measured
    majority = dataset.strict_majority()
    counted = chosen & (majority >= 0)
    seven = counted & (majority < len(EXPRESSIONS))
    distribution, usable = dataset.vote_distribution()
    measured |= {
        "served_ferplus": _share(served_answers == majority, seven),
        "ece_votes": _calibration_error(served, distribution, chosen & (usable > 0)),
        "ece_majority": _calibration_error(served, majority, seven),
        "aurc_majority": _value(
            area_under_risk(served.max(axis=1)[seven], (served_answers == majority)[seven])
            if seven.any()
            else 0.0,
            seven,
        ),
        **_vote_measures(served, seven_votes(dataset), chosen),
    }
    if threshold is not None:
        measured["sure_ferplus"] = _share(served_answers == majority, seven & given)
    if "ferplus" in answers:
        measured |= {
            "ferplus": _share(answers["ferplus"] == majority, counted),
            "ferplus_flip": _share(answers["ferplus_flip"] == majority, counted),
            "ferplus_views": _share(answers["ferplus_views"] == majority, counted),
        }
    return measured


def _vote_measures(
    served: NDArray[np.float32], votes: NDArray[np.float32], chosen: NDArray[np.bool_]
) -> dict[str, dict[str, Any]]:
    """How far the served answers are from (N, 7) `votes`; 0 where no chosen face has any."""
    rows = chosen & (votes.sum(axis=1) > 0)
    if not rows.any():
        return {name: _value(0.0, rows) for name in _OF_VOTES}
    chances, shares = served[rows], votes[rows]
    values = (
        float(kullback_leibler(shares, chances).mean()),
        float(jensen_shannon(shares, chances).mean()),
        float(log_loss(chances, shares).mean()),
        float(brier_score(chances, shares).mean()),
        classwise_calibration_error(chances, shares),
    )
    return {name: _value(value, rows) for name, value in zip(_OF_VOTES, values, strict=True)}


def _value(value: float, rows: NDArray[np.bool_]) -> dict[str, Any]:
    return {"faces": int(rows.sum()), "value": round(value, 4)}


def _calibration_error(
    served: NDArray[np.float32], targets: NDArray[Any], rows: NDArray[np.bool_]
) -> dict[str, Any]:
    error = expected_calibration_error(served[rows], targets[rows]) if rows.any() else 0.0
    return _value(error, rows)


def _share(right: NDArray[np.bool_], rows: NDArray[np.bool_]) -> dict[str, Any]:
    return _value(float(right[rows].mean()) if rows.any() else 0.0, rows)


def _recall(answers: NDArray[np.int64], labels: NDArray[np.int64]) -> dict[str, dict[str, Any]]:
    return {
        name: _share(answers == labels, labels == index) for index, name in enumerate(EXPRESSIONS)
    }


def _confusion(answers: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    count = len(EXPRESSIONS)
    return np.bincount(labels * count + answers, minlength=count**2).reshape(count, count)


def _averaged(views: list[Logits], head: str) -> NDArray[np.float32]:
    chances = np.stack([softmax(logits[head]) for logits in views])
    return np.asarray(chances.mean(axis=0), np.float32)
