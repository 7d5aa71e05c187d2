"""Keras, for whoever trains; serving never imports this module.

Keras and its backend take seconds and half a gigabyte to import, and `make serve` does not install
them.
"""

import contextlib
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from mlcore.artifacts import WEIGHTS, load_metadata, read_verified
from mlcore.errors import TrainingDependencyError
from mlcore.gpu_memory import share_gpu_memory

# TensorFlow greets with pages of warnings about hardware that is not there.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
share_gpu_memory()


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

__all__ = ["describe_hardware", "keras", "load_network", "without_noise"]


def load_network(artifact_folder: Path) -> "keras.Model":
    """The network of a model's folder in full precision, to train on from or to look into.

    Raises:
        ArtifactError: the folder is no whole model, or its file is not the one that was trained.
    """
    read_verified(artifact_folder, load_metadata(artifact_folder), WEIGHTS)
    with without_noise():
        return keras.saving.load_model(artifact_folder / WEIGHTS, compile=False)


def describe_hardware() -> str:
    """This machine's processor, the accelerators that Keras sees, and what it runs on, in words."""
    processor = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        ]
        processor = names[0] if names else processor
    parts = [*gpu_names(), f"{os.cpu_count()} cores of {processor or platform.machine()}"]
    return f"{', '.join(parts)}, Keras {keras.__version__} on {keras.backend.backend()}"


def gpu_names() -> list[str]:
    """The names of the GPUs that Keras's backend sees."""
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            details = map(
                tf.config.experimental.get_device_details,
                tf.config.list_physical_devices("GPU"),
            )
            return [detail.get("device_name", "GPU") for detail in details]
        case "jax":
            import jax

            return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
        case "torch":
            import torch

            return [
                torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())
            ]
    return []
