import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mlcore.datasets import (
    KINDS,
    FaceDataset,
    ImportReport,
    check_dataset,
    check_text,
    detect_kind,
    load_dataset,
)
from mlcore.datasets.drawing import balance_plot, sample_sheet
from mlcore.detectors import DETECTORS
from mlcore.errors import MLCoreError
from mlcore.pictures import encode_png
from mlcore.progress import progress_bar


class Command(BaseCommand):
    """Shows data before anybody trains on it; needs no TensorFlow."""

    help = "Import a dataset, check it, and show samples and the balance of its classes."
    # The checks are of the server; a model that is missing must not keep one from looking at data.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a folder, or a csv")
        parser.add_argument("--kind", choices=KINDS, help="default: told by what is there")
        parser.add_argument("--json", action="store_true", help="print the check as JSON")
        parser.add_argument("--sheet", type=Path, metavar="FILE.png", help="write samples")
        parser.add_argument(
            "--balance", type=Path, metavar="FILE.png", help="write a plot of the classes"
        )
        parser.add_argument(
            "--rgb", action="store_true", help="keep the colours of the faces; default: grey"
        )
        parser.add_argument(
            "--detector", choices=tuple(DETECTORS), help="what cuts out the faces (ckplus, jaffe)"
        )
        parser.add_argument(
            "--neutral",
            action="store_true",
            help="take the first frame of a sequence as neutral (ckplus)",
        )
        parser.add_argument(
            "--refuse-contempt",
            action="store_true",
            help="stop at faces of contempt, which are left out otherwise",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        given = {
            name: options[name]
            for name in ("detector", "neutral", "refuse_contempt")
            if options[name]
        }
        channels = 3 if options["rgb"] else 1
        report = ImportReport()
        try:
            kind = options["kind"] or detect_kind(path)
            with progress_bar("reading") as progress:
                dataset = load_dataset(
                    kind, path, channels=channels, progress=progress, report=report, **given
                )
            self._show(path, kind, dataset, report, options)
        except MLCoreError as error:
            raise CommandError(str(error)) from error

    def _show(
        self,
        path: Path,
        kind: str,
        dataset: FaceDataset,
        report: ImportReport,
        options: dict[str, Any],
    ) -> None:
        check = check_dataset(dataset, report.unreadable)
        if options["json"]:
            answer = {"path": str(path), "kind": kind, **asdict(check)}
            self.stdout.write(json.dumps({**answer, "left_out": dict(report.left_out)}))
        else:
            self.stdout.write(f"{path}, {kind}: {check_text(check)}")
            for name, faces in report.left_out.items():
                words = "face of {} is" if faces == 1 else "faces of {} are"
                self.stdout.write(f"\n{faces:,} {words.format(name)} left out.")
        if sheet := options["sheet"]:
            self._write(sheet, encode_png(sample_sheet(dataset)), options["json"])
        if balance := options["balance"]:
            plot = balance_plot(check, f"{path.resolve().name}, {kind}: {len(dataset):,} faces")
            self._write(balance, plot, options["json"])

    def _write(self, target: Path, content: bytes, quiet: bool) -> None:
        try:
            target.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from error
        if not quiet:
            self.stdout.write(f"\n{target} is written.")
