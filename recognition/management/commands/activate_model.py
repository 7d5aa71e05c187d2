from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mlcore.errors import ArtifactError
from recognition.models import TrainedModel
from recognition.services import model_activate, model_go_back, models_discover


class Command(BaseCommand):
    """The same as in the admin; every worker takes the model up with its next job."""

    help = "Have a trained model recognise new pictures."
    # The checks would refuse to run for want of the very model that is to be changed.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "model", nargs="?", help="its name, or its name and version: NAME@VERSION"
        )
        parser.add_argument("--back", action="store_true", help="the one that was active before")

    def handle(self, *args: Any, model: str | None, back: bool, **options: Any) -> None:
        if (model is None) != back:
            raise CommandError("Name a model, or pass --back.")
        models_discover()
        try:
            activated = _go_back() if back else _activate(str(model))
        except ArtifactError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{activated} is active."))


def _go_back() -> TrainedModel:
    activated = model_go_back(by=None)
    if activated is None:
        raise CommandError("No other model was active before.")
    return activated


def _activate(text: str) -> TrainedModel:
    found = _find(text)
    model_activate(model=found, by=None)
    return found


def _find(text: str) -> TrainedModel:
    name, _, version = text.partition("@")
    found = TrainedModel.objects.filter(name=name, is_present=True)
    if version:
        found = found.filter(version=version)
    newest = found.order_by("-metadata__created_at").first()
    if newest is None:
        raise CommandError(f"There is no trained model {text!r}; see list_models.")
    return newest
