"""Keras, for whoever trains; serving never imports this module.

Keras and its backend take seconds and half a gigabyte to import, and `make serve` does not install
them.
"""

import contextlib
import os
from collections.abc import Iterator

from mlcore.errors import TrainingDependencyError

# TensorFlow greets with pages of warnings about hardware that is not there.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@contextlib.contextmanager
def without_noise() -> Iterator[None]:
    """Silence stderr, also for TensorFlow's C++ parts, which write to its file descriptor."""
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


try:
    with without_noise():
        import keras
except ImportError as error:
    raise TrainingDependencyError(
        "Training, evaluating and exporting networks need TensorFlow and Keras, which this "
        "installation lacks: run `make install-full`, or `pip install -r requirements.txt`."
    ) from error

__all__ = ["keras", "without_noise"]
