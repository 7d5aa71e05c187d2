"""Training on faces that lie on the device and are changed there.

A batch is row numbers and targets, some kilobytes; the faces are gathered, changed, standardised
and mixed inside the compiled training step, so that the network and not Python sets the pace. It
runs on every backend of Keras.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcore.backend import keras
from mlcore.device_augmentation import DeviceAugmentation, Tensor
from mlcore.errors import RecipeError
from mlcore.mixup import mixup
from mlcore.preprocessing import LUMA, Preprocessing
from mlcore.recipes.base import Recipe

ops = keras.ops

Batch = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]], dict[str, NDArray[Any]]]

TAUGHT = "taught_"
"""Before a head's name: what a teacher says of the faces, among the answers of an `OnDevice`."""


class Teacher(NamedTuple):
    """A trained network whose answers another learns from while both see the same changed faces.

    Attributes:
        network: takes what the pupil takes.
        temperatures: that its heads' logits are divided by.
    """

    network: "keras.Model"
    temperatures: Mapping[str, float]

    def answers(self, inputs: Tensor, heads: Sequence[str]) -> dict[str, Tensor]:
        """(N, classes) probabilities of each head for (N, size, size, channels) inputs."""
        logits = self.network(inputs, training=False)
        return {
            head: ops.stop_gradient(ops.softmax(logits[head] / self.temperatures.get(head, 1.0)))
            for head in heads
        }


def taught(teachers: Sequence[Teacher], inputs: Tensor, heads: Sequence[str]) -> dict[str, Tensor]:
    """Probabilities {head: (N, classes)} of N inputs; each teacher answers to its part of them."""
    count, share = ops.shape(inputs)[0], len(teachers)
    answers = [
        teacher.answers(inputs[count * place // share : count * (place + 1) // share], heads)
        for place, teacher in enumerate(teachers)
    ]
    return {head: ops.concatenate([answer[head] for answer in answers]) for head in heads}


def device_training(
    recipe: Recipe,
    network: "keras.Model",
    images: NDArray[np.uint8],
    targets: Mapping[str, NDArray[np.float32]],
    weights: Mapping[str, NDArray[np.float32]],
    teachers: Sequence[Teacher] = (),
) -> tuple["OnDevice", "RowBatches"]:
    """Put the training faces on the device, around the network that learns from them.

    Args:
        recipe: what to change, and how the network is fed; its preprocessing is fitted.
        network: from (N, size, size, channels) to a dict of logits (N, classes), one per head.
        images: (M, size, size) uint8 grey, or (M, size, size, 3) uint8 RGB.
        targets: {head: (M, classes)} float32.
        weights: {head: (M,)} float32.
        teachers: who answers to the faces as they are changed, see `OnDevice`.

    Returns:
        What to compile with the network's optimizer and losses, and what to fit it on; call
        `shuffle(epoch)` on the latter before each epoch.

    Raises:
        RecipeError: the recipe asks for something that OpenCV does on the host.
    """
    model = OnDevice(recipe, network, images, teachers)
    return model, RowBatches(recipe, model, targets, weights)


def device_can_change(recipe: Recipe) -> bool:
    """Whether `device_training` takes the recipe: it has nothing that OpenCV must do."""
    return recipe.augmentation.occlude == 0 and recipe.preprocessing.equalize == "none"


class OnDevice(keras.Model):  # type: ignore[misc]
    """A network that is fed by row numbers of the faces that it holds.

    While training it changes them; otherwise it takes them as they are. Its weights are those of
    `network`: save, average and evaluate that one. Files of this model's weights hold the
    network's, and the optimizer's state, but no faces.

    Where there are teachers, each target is mixed with what one of them says of the very input
    that the network is shown, as "a patient and consistent teacher" does (Beyer et al. 2021,
    https://arxiv.org/abs/2106.05237). They take turns: each is asked about its part of every
    batch, which costs one teacher and not all of them, and over the epochs, since cross-entropy
    is linear in its target, teaches what their mean answer would.

    Args:
        recipe, network, images, teachers: see `device_training`.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: "keras.Model",
        images: NDArray[np.uint8],
        teachers: Sequence[Teacher] = (),
    ) -> None:
        # Whatever the network computes in, its faces are changed in full precision.
        super().__init__(name=f"{network.name}_on_device", dtype="float32")
        if recipe.preprocessing.equalize != "none":
            raise RecipeError(
                f"The recipe {recipe.name} has equalize {recipe.preprocessing.equalize!r}, which "
                "OpenCV does; on the device there is none: augment on the host."
            )
        if images.ndim == 3:
            images = images[..., None]
        self.preprocessing = recipe.preprocessing
        self.augmentation = DeviceAugmentation(
            recipe.augmentation, images.shape[1], images.shape[3]
        )
        self.network = network
        self.distillation = recipe.distillation
        for teacher in teachers:
            teacher.network.trainable = False
        # Kept as variables, which JAX must be told of, and not as layers, whose weights every
        # checkpoint would hold.
        self.teachers_weights = [
            weight for teacher in teachers for weight in teacher.network.weights
        ]
        self.teach = partial(taught, tuple(teachers)) if teachers else None
        # A variable and not a constant, which JAX would compile into its program.
        self.images = keras.Variable(
            images, dtype="uint8", trainable=False, autocast=False, name="images"
        )
        self.seed = recipe.seed
        self.seed_generator = keras.random.SeedGenerator(recipe.seed)
        self.built = True

    def start_epoch(self, epoch: int) -> None:
        """Seed the changes: the same epoch of the same seed draws the same on one backend."""
        drawn = np.random.SeedSequence((self.seed, epoch)).generate_state(1)[0]
        # Below 2**30: the state is signed on some backends, and PyTorch adds the counter to it.
        self.seed_generator.state.assign([int(drawn) % 2**30, 0])

    def call(self, inputs: dict[str, Tensor], training: bool | None = None) -> dict[str, Tensor]:
        """Logits {head: (N, classes)} of the faces at `rows` (N,).

        With `mixing` (N, N), each input of the network is a sum of the batch's, at these shares.
        While training, `TAUGHT` answers of the teachers stand beside the logits.
        """
        faces = ops.take(self.images, inputs["rows"], axis=0)
        if training:
            faces = self.augmentation(faces, self.seed_generator)
        faces = to_input(self.preprocessing, faces)
        if "mixing" in inputs:
            flat = ops.reshape(faces, (-1, int(np.prod(faces.shape[1:]))))
            faces = ops.reshape(ops.matmul(inputs["mixing"], flat), (-1, *faces.shape[1:]))
        logits: dict[str, Tensor] = dict(self.network(faces, training=training))
        if training and self.teach:
            answers = self.teach(faces, list(logits))
            logits.update({f"{TAUGHT}{head}": answer for head, answer in answers.items()})
        return logits

    def compute_loss(
        self,
        x: Any = None,
        y: dict[str, Tensor] | None = None,
        y_pred: dict[str, Tensor] | None = None,
        sample_weight: dict[str, Tensor] | None = None,
        training: bool = True,
    ) -> Tensor:
        """Keras's, with the targets mixed with what the teachers say."""
        assert y is not None
        assert y_pred is not None
        targets, logits = dict(y), {}
        for head, target in y.items():
            logits[head] = y_pred[head]
            if f"{TAUGHT}{head}" in y_pred:
                taught = y_pred[f"{TAUGHT}{head}"]
                targets[head] = target + self.distillation * (taught - target)
        return super().compute_loss(x, targets, logits, sample_weight, training)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: dict[str, Tensor], sample_weight: Any = None
    ) -> dict[str, Tensor]:
        """Keras's, of the labels alone."""
        logits = {head: y_pred[head] for head in y}
        metrics: dict[str, Tensor] = super().compute_metrics(x, y, logits, sample_weight)
        return metrics

    def get_weights(self) -> list[NDArray[np.float32]]:
        """The network's, so that whoever averages weights does not copy the faces too."""
        weights: list[NDArray[np.float32]] = self.network.get_weights()
        return weights

    def set_weights(self, weights: list[NDArray[np.float32]]) -> None:
        self.network.set_weights(weights)

    def save_own_variables(self, store: Any) -> None:
        """Nothing: the faces come from the dataset."""

    def load_own_variables(self, store: Any) -> None:
        """Nothing, see `save_own_variables`."""


class RowBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Shuffled batches for an `OnDevice`: ({rows, mixing}, {head: target}, {head: weight}).

    Of the same faces in the same order as those that are changed on the host.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: OnDevice,
        targets: Mapping[str, NDArray[np.float32]],
        weights: Mapping[str, NDArray[np.float32]],
    ) -> None:
        super().__init__(workers=1)
        self.recipe = recipe
        self.model = model
        self.targets = dict(targets)
        self.weights = dict(weights)
        self.count = int(model.images.shape[0])
        self.shuffle(0)

    def __len__(self) -> int:
        return self.count // self.recipe.batch_size or 1

    def shuffle(self, epoch: int) -> None:
        """Draw the order of an epoch, and seed its changes."""
        self.epoch = epoch
        random = np.random.default_rng((self.recipe.seed, epoch))
        self.order = random.permutation(self.count).astype(np.int32)
        self.model.start_epoch(epoch)

    def __getitem__(self, index: int) -> Batch:
        size = self.recipe.batch_size
        rows = self.order[index * size : (index + 1) * size]
        targets = {head: values[rows] for head, values in self.targets.items()}
        weights = {head: values[rows] for head, values in self.weights.items()}
        if not self.recipe.mixup:
            return {"rows": rows}, targets, weights
        random = np.random.default_rng((self.recipe.seed, self.epoch, index))
        # Mixing the unit vectors gives the shares that mix the faces, once they are changed.
        single = np.eye(len(rows), dtype=np.float32)[:, None, None]
        mixing, targets, weights = mixup(single, targets, weights, self.recipe.mixup, random)
        return {"rows": rows, "mixing": mixing[:, 0, 0]}, targets, weights


def to_input(preprocessing: Preprocessing, faces: Tensor) -> Tensor:
    """As `Preprocessing.to_input`, of a tensor (N, size, size, 1 or 3) from 0 to 255."""
    values = ops.cast(faces, "float32")
    if values.shape[-1] > preprocessing.channels:
        # Not a product of matrices, which GPUs round to ten bits.
        values = ops.sum(values * ops.convert_to_tensor(LUMA), axis=-1, keepdims=True)
    match preprocessing.standardize:
        case "per_image":
            mean = ops.mean(values, axis=(1, 2, 3), keepdims=True)
            deviation = ops.std(values, axis=(1, 2, 3), keepdims=True)
            inputs = (values - mean) / ops.maximum(deviation, 1.0)
        case "dataset":
            inputs = (values - preprocessing.mean) / preprocessing.deviation
        case "unit":
            inputs = values / 255
        case kind:
            raise RecipeError(f"On the device there is no standardisation {kind!r}.")
    return ops.repeat(inputs, preprocessing.channels // inputs.shape[-1], axis=-1)
