"""Whole epochs as one compiled program, for training on JAX with the faces on the device.

`fit` calls the device once a step and hands every weight back to Python in between, which on a
fast card takes longer than the step. Here the steps of an epoch, and the running average of the
weights with them, are one `jax.lax.scan`. What a step does is Keras's own `train_step`.
"""

from typing import Any

import jax
import numpy as np
from jax import numpy as jnp

from mlcore.device_batches import OnDevice, RowBatches
from mlcore.run_folder import Average

Arrays = list[Any]
"""Of `jax.Array`, one for each variable."""


class CompiledEpochs:
    """Trains a compiled `OnDevice` epoch by epoch.

    Args:
        model: its weights and its optimizer's state are as after `fit` when an epoch ends.
        batches: what it is fitted on; shuffle them before each epoch.
        average: is brought up to date when an epoch ends.
        momentum: of the average, see `mlcore.training.WeightAverage`; here it is updated at
            every step. 0 keeps the weights at the end of the epoch.
    """

    def __init__(
        self, model: OnDevice, batches: RowBatches, average: Average, momentum: float
    ) -> None:
        self.model, self.batches, self.average, self.momentum = model, batches, average, momentum
        # Its variables, and those of the metrics, must be there before the program is traced.
        model.evaluate(batches, steps=1, verbose=0)
        model.optimizer.build(model.trainable_variables)
        places = {
            id(variable): place
            for place, variable in enumerate(
                [*model.trainable_variables, *model.non_trainable_variables]
            )
        }
        self._averaged = [places[id(variable)] for variable in model.network.weights]
        self._program = jax.jit(self._steps, donate_argnums=(0, 1))

    def __call__(self) -> dict[str, float]:
        """Train for an epoch; what `fit` writes into its history, of that epoch."""
        model, average = self.model, self.average
        model.reset_metrics()
        variables = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        )
        state = tuple([variable.value for variable in group] for group in variables)
        # A copy: the program takes the memory of what it is given.
        means = [jnp.array(mean) for mean in average.weights or model.network.get_weights()]
        steps = [self.batches[index] for index in range(len(self.batches))]
        data = jax.tree.map(lambda *values: np.stack(values), *steps)
        state, means, logs = self._program(state, means, average.updates, data)
        for group, values in zip(variables, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        average.weights = [np.asarray(mean) for mean in means]
        average.updates += len(steps)
        return {name: float(values[-1]) for name, values in logs.items()}

    def _steps(
        self, state: tuple[Arrays, ...], means: Arrays, updates: Any, data: Any
    ) -> tuple[tuple[Arrays, ...], Arrays, dict[str, Any]]:
        """All steps of an epoch; the logs hold a value for each."""

        def step(carried: Any, batch: Any) -> Any:
            state, means, updates = carried
            logs, state = self.model.train_step(state, batch)
            weights = [*state[0], *state[1]]
            momentum = jnp.minimum(self.momentum, (1 + updates) / (10 + updates))
            means = [
                mean + (1 - momentum) * (weights[place] - mean)
                for mean, place in zip(means, self._averaged, strict=True)
            ]
            return (state, means, updates + 1), logs

        (state, means, _), logs = jax.lax.scan(step, (state, means, updates), data)
        return state, means, logs
