import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mlcore import seed_command
from mlcore.errors import MLCoreError


class Command(BaseCommand):
    """Trains recipes with several seeds each, and measures them one by one and together."""

    help = seed_command.HELP
    # The checks are of the server; a model that is missing must not keep one from making it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        seed_command.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seed_command.run(
                options,
                data_dir=settings.DATA_DIR,
                model_dirs=settings.MODEL_DIRS,
                write=self.stdout.write,
            )
        except (MLCoreError, OSError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("\nStopped. The same command goes on after the last whole epoch.")
            sys.exit(130)
