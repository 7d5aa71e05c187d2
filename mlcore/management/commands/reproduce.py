import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore.errors import MLCoreError
from mlcore.progress import epoch_line
from mlcore.reproduction import published_with, reproduce, reproduction_page


class Command(BaseCommand):
    """Trains what earlier systems published, and writes down what came of it."""

    help = "Train the recipes of the published figures and write docs/reproduction.md."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data",
            type=Path,
            required=True,
            help="folder with fer2013.csv, fer2013new.csv, CK+48/ and, if to be had, MMA/",
        )
        parser.add_argument(
            "--out", type=Path, help="folder for runs and models (default: DATA_DIR/reproduction)"
        )
        parser.add_argument(
            "--page",
            type=Path,
            default=settings.BASE_DIR / "docs" / "reproduction.md",
            help="the page to write (default: docs/reproduction.md)",
        )
        parser.add_argument(
            "--quick", action="store_true", help="a few epochs each: two hours on two cores"
        )
        parser.add_argument(
            "--only", nargs="+", metavar="RECIPE", help="run these; the page has all that are done"
        )
        parser.add_argument(
            "--page-only", action="store_true", help="run nothing; write the page from what is done"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        out = options["out"] or settings.DATA_DIR / "reproduction"
        published = published_with(options["data"])
        every = [name for row in published for name in (row.recipe, row.honest)]
        names = options["only"] or every
        if unknown := [name for name in names if name not in every]:
            raise CommandError(
                f"No published figure belongs to {', '.join(unknown)}; there are: "
                f"{', '.join(every)}."
            )
        try:
            if not options["page_only"]:
                reproduce(
                    names,
                    published,
                    options["data"],
                    out,
                    quick=options["quick"],
                    bar=sys.stderr.isatty(),
                    on_epoch=lambda epochs, row: self.stdout.write(epoch_line(row, epochs)),
                )
            options["page"].write_text(reproduction_page(published, out))
        except (MLCoreError, OSError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("\nStopped. The same command goes on where it was.")
            sys.exit(130)
        self.stdout.write(self.style.SUCCESS(f"{options['page']} is written."))
