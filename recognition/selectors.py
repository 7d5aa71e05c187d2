"""Reads that are more than a queryset call."""

import logging
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import User
from mlcore.artifacts import (
    find_artifact,
    kept_folder,
    list_artifacts,
    list_kept_artifacts,
    load_metadata,
)
from mlcore.errors import ArtifactError
from mlcore.labels import EXPRESSIONS
from recognition.models import TrainedModel
from records.models import Media, Timeline

PRACTICE_SHOWN = 100
"""Sessions of practice that are listed one by one."""

RECENT = 5
"""Rounds that count as how somebody does now."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AvailableModel:
    """A model that a recognition can be asked for.

    Attributes:
        active: recognises where none is asked for.
    """

    name: str
    version: str
    folder: Path
    active: bool

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def active_model() -> TrainedModel | None:
    """The model that was activated last, if any was and it is still there."""
    return _activated().first()


def previous_model() -> TrainedModel | None:
    """The model that recognised before the active one.

    That is the one that was activated before it or, where none was, the one that the settings
    name. None if the active one is this very model, or if none was ever activated.
    """
    activated = list(_activated()[:2])
    if len(activated) != 1:
        return activated[-1] if activated else None
    try:
        folder = find_artifact(settings.MODEL, settings.MODEL_DIRS)
    except ArtifactError:
        return None
    named = TrainedModel.objects.filter(folder=str(folder), is_present=True)
    return named.exclude(pk=activated[0].pk).first()


def active_model_folder() -> Path:
    """Where the model lies that recognises new pictures.

    Raises:
        ArtifactError: none was activated, and no folder has the one that the settings name.
    """
    model = active_model()
    if model is not None:
        folder = Path(model.folder)
        # A newer model of its name may have taken its place since it was listed.
        for place in (folder, kept_folder(folder, model.version)):
            if _version_in(place) == model.version:
                return place
        logger.error("The active model %s is gone; using the one of the settings", model)
    return find_artifact(settings.MODEL, settings.MODEL_DIRS)


def models_available() -> list[AvailableModel]:
    """The models whose folders are there now, by name; of one name the newest first.

    Read from the folders: the table `TrainedModel` is only brought up to date by who activates.
    """
    try:
        metadata = load_metadata(active_model_folder())
        active = (metadata.name, metadata.version)
    except ArtifactError:
        active = ("", "")
    found: dict[tuple[str, str], tuple[str, AvailableModel]] = {}
    for folder in (
        *list_artifacts(settings.MODEL_DIRS),
        *list_kept_artifacts(settings.MODEL_DIRS),
    ):
        try:
            metadata = load_metadata(folder)
        except ArtifactError:
            continue  # `models_discover` logs it
        key = (metadata.name, metadata.version)
        model = AvailableModel(*key, folder, key == active)
        found.setdefault(key, (metadata.created_at, model))
    newest_first = sorted(found.values(), key=lambda pair: pair[0], reverse=True)
    return sorted((model for _, model in newest_first), key=lambda model: model.name)


def model_find(text: str) -> AvailableModel | None:
    """The model NAME@VERSION, or the newest of NAME; None if there is none."""
    name, _, version = text.partition("@")
    for model in models_available():
        if model.name == name and version in {"", model.version}:
            return model
    return None


def practice_of(user: User) -> dict[str, Any]:
    """How a person's practice goes; see `recognition.api.practice.PracticeSerializer`."""
    rows = (
        Timeline.objects.visible_to(user)
        .filter(record__kind=Media.Kind.PRACTICE, practice__isnull=False)
        .order_by("record__created_at", "pk")
        .values_list("record_id", "record__created_at", "practice")
    )
    scores: dict[str, list[float]] = {name: [] for name in EXPRESSIONS}
    history = []
    for record, created_at, practice in rows.iterator(chunk_size=500):
        rounds = practice["rounds"]
        for one in rounds:
            scores[one["expression"]].append(one["score"])
        entry = {
            "record": record,
            "created_at": created_at,
            "mean_score": _mean([one["score"] for one in rounds]),
            "rounds": rounds,
        }
        history.append(entry)
    return {
        "rounds_total": sum(map(len, scores.values())),
        "expressions": [
            {"expression": name, **_progress(of_one)} for name, of_one in scores.items()
        ],
        "history": history[: -PRACTICE_SHOWN - 1 : -1],
    }


def _progress(scores: list[float]) -> dict[str, Any]:
    """Of one expression, the earliest round first."""
    recent, before = scores[-RECENT:], scores[-2 * RECENT : -RECENT]
    return {
        "rounds": len(scores),
        "mean_score": _mean(scores),
        "best_score": max(scores, default=None),
        "recent_mean": _mean(recent),
        "trend": fmean(recent) - fmean(before) if before else None,
    }


def _mean(scores: list[float]) -> float | None:
    return fmean(scores) if scores else None


def _version_in(folder: Path) -> str | None:
    try:
        return load_metadata(folder).version
    except ArtifactError:
        return None


def _activated() -> QuerySet[TrainedModel]:
    present = TrainedModel.objects.filter(is_present=True, activated_at__isnull=False)
    return present.order_by("-activated_at")
