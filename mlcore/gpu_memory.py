"""Several processes on one card."""

import os


def share_gpu_memory() -> None:
    """Have TensorFlow take a card's memory as it needs it; to be called before it is imported.

    It takes all of it at its first use otherwise, and leaves none to another worker or to dlib
    (https://www.tensorflow.org/guide/gpu#limiting_gpu_memory_growth). By the environment and not
    by a call: it then holds whoever in the process comes to use TensorFlow first.
    """
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
