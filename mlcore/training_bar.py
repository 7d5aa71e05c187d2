"""How far an epoch is, and how the run goes, for a person who watches."""

import sys
import time
from typing import Any

from tqdm import tqdm

from mlcore.backend import keras


class TrainingBar(keras.callbacks.Callback):  # type: ignore[misc]
    """A bar for each epoch: loss, accuracy, faces a second, and the time left of epoch and run.

    Args:
        steps: batches of an epoch.
        batch_size: faces of a batch.
        epochs: of the whole run.
    """

    def __init__(self, steps: int, batch_size: int, epochs: int) -> None:
        super().__init__()
        self.steps, self.batch_size, self.epochs = steps, batch_size, epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch, self.started = epoch, time.monotonic()
        self.bar = tqdm(
            desc=f"epoch {epoch + 1} of {self.epochs}",
            total=self.steps * self.batch_size,
            unit=" faces",
            leave=False,
            file=sys.stderr,
            dynamic_ncols=True,
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        accuracy = logs.get("accuracy", logs.get("fer2013_accuracy", 0.0))
        batches_left = (self.epochs - self.epoch) * self.steps - batch - 1
        seconds = (time.monotonic() - self.started) / (batch + 1) * batches_left
        self.bar.set_postfix_str(
            f"loss {float(logs['loss']):.3f}, accuracy {float(accuracy):.3f}, "
            f"run {tqdm.format_interval(seconds)} left",
            refresh=False,
        )
        self.bar.update(self.batch_size)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.bar.close()
