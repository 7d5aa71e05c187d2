"""Learning rates over the steps of a run, beyond those that Keras brings."""

import math
from typing import Any

from mlcore.backend import keras


class CosineThenCosine(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A schedule, and from a step on a second cosine to zero, usually lower and shorter.

    A warm restart (Loshchilov & Hutter 2016, https://arxiv.org/abs/1608.03983): it leaves the
    minimum that the first descent ended in and often settles in a better one near by.

    Args:
        first: the schedule before the restart.
        start: the step of the restart.
        steps: steps from there to zero.
        peak: the learning rate at the restart.
    """

    def __init__(
        self,
        first: "keras.optimizers.schedules.LearningRateSchedule",
        start: int,
        steps: int,
        peak: float,
    ) -> None:
        super().__init__()
        self.first, self.start, self.steps, self.peak = first, start, steps, peak

    def __call__(self, step: Any) -> Any:
        ops = keras.ops
        step = ops.cast(step, "float32")
        share = ops.clip((step - self.start) / self.steps, 0.0, 1.0)
        second = self.peak * 0.5 * (1.0 + ops.cos(math.pi * share))
        return ops.where(step < self.start, self.first(step), second)

    def get_config(self) -> dict[str, Any]:
        first = keras.saving.serialize_keras_object(self.first)
        return {"first": first, "start": self.start, "steps": self.steps, "peak": self.peak}
