import os
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.artifacts import WEIGHTS, Metadata, find_artifact
from mlcore.card_page import IMAGES, CardParts, card_page
from mlcore.conditions import FACES, measure_conditions
from mlcore.datasets.faces import TEST, VALIDATION, FaceDataset
from mlcore.datasets.protocols import load_protocol
from mlcore.detectors import DEFAULT_DETECTOR, DETECTORS, get_detector
from mlcore.errors import ArtifactError, MLCoreError, TrainingDependencyError
from mlcore.evaluation import export_loss
from mlcore.recipes import Recipe
from mlcore.recognizer import Recognizer
from mlcore.wild import WildReport, recognize_wild, wild_report


class Command(BaseCommand):
    """Writes docs/model-card.md from a model's metadata and from measurements made now."""

    help = "Write the model card of a trained model, with its plots."
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a name that list_models prints")
        parser.add_argument("--data", type=Path, required=True, help="folder of the data")
        parser.add_argument(
            "--wild", type=Path, help="folder of whole pictures with a labels.csv (file,expression)"
        )
        parser.add_argument("--detector", choices=DETECTORS, default=DEFAULT_DETECTOR)
        parser.add_argument(
            "--faces", type=int, default=FACES, help="how many are made worse in each way"
        )
        parser.add_argument("--models", type=Path, help="folder in which the model lies")
        parser.add_argument(
            "--output", type=Path, help="the page to write (default: docs/model-card.md)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        page = options["output"] or settings.BASE_DIR / "docs" / "model-card.md"
        try:
            self._write(page, options)
        except MLCoreError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{page} is written."))

    def _write(self, page: Path, options: Mapping[str, Any]) -> None:
        models = options["models"]
        folder = find_artifact(
            options["model"], settings.MODEL_DIRS if models is None else [models]
        )
        detector = get_detector(options["detector"])
        recognizer = Recognizer(folder, detector, num_threads=os.cpu_count() or 1)
        metadata = recognizer.metadata
        if "risk_coverage" not in metadata.scores.get(TEST, {}):
            raise ArtifactError(
                f"{folder} was measured by an earlier program; run calibrate_model first."
            )
        recipe = Recipe.from_dict(metadata.recipe)
        dataset = load_protocol(
            recipe.data,
            options["data"],
            recipe.seed,
            metadata.preprocessing,
        )
        lost = metadata.export_loss
        if lost is None:
            lost = self._export_loss(folder, metadata, recognizer, dataset.split(VALIDATION))
        parts = CardParts(
            conditions=measure_conditions(
                lambda faces: recognizer.classify(list(faces)),
                dataset.split(TEST),
                recognizer.threshold,
                most=options["faces"],
                progress=self.stdout.write,
            ),
            export_loss=lost,
            wild=self._wild(recognizer, options["wild"]),
            detector=detector.name,
        )
        images = page.parent / "images"
        images.mkdir(parents=True, exist_ok=True)
        _plot(metadata, images)
        page.write_text(card_page(metadata, parts))

    def _wild(self, recognizer: Recognizer, folder: Path | None) -> WildReport | None:
        if folder is None:
            return None
        self.stdout.write(f"the pictures of {folder}")
        return wild_report(recognize_wild(recognizer, folder))

    def _export_loss(
        self, folder: Path, metadata: Metadata, recognizer: Recognizer, dataset: FaceDataset
    ) -> Mapping[str, float] | None:
        """What the export cost, measured now; None without Keras."""
        if WEIGHTS not in metadata.files:
            return None
        try:
            from mlcore.backend import load_network
        except TrainingDependencyError:
            return None
        self.stdout.write("the network before its export")
        model = load_network(folder)
        preprocessing = metadata.preprocessing
        exported = recognizer.network.logits(preprocessing.to_input(dataset.images))
        return export_loss(model, preprocessing, exported, dataset)


def _plot(metadata: Metadata, images: Path) -> None:
    from mlcore import plots  # imports matplotlib

    report = metadata.scores[TEST]
    counts = np.array(report.get("confusion_served", report["confusion"]))
    plots.plot_confusion(counts, images / IMAGES["confusion"])
    trust, curve = report["reliability"], report["risk_coverage"]
    plots.plot_reliability(trust["bins"], trust["error"], images / IMAGES["reliability"])
    plots.plot_risk_coverage(
        curve["points"],
        curve["area"],
        images / IMAGES["risk_coverage"],
        None if metadata.abstention is None else metadata.abstention["threshold"],
    )
