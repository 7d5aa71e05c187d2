"""What an answer rests on: for one face and one expression, a map over the face."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mlcore.artifacts import load_metadata
from mlcore.calibration import Calibration
from mlcore.errors import ArtifactError, TrainingDependencyError
from mlcore.labels import EXPRESSIONS

if TYPE_CHECKING:
    import keras

CELLS = 12
"""Rows and columns of the grid on which a face is covered: cells of 4 pixels at 48x48."""

PATCHES = (0.25, 0.375, 0.5)
"""Sides of what covers it, as shares of the face's: 12, 18 and 24 pixels at 48x48. The first whose
largest drop reaches `FAINT` is used. On 60 faces of FER2013's PublicTest, covering the fifth of a
face that the map ranks highest costs 41 points of probability more than covering a fifth elsewhere
with the first size, and 31 to 32 with the others; but one face in ten, such as a broad smile, is
so plain that only the larger ones change its answer."""

BATCH = 48
"""Most covered faces at once, so that a network of large faces does not fill the memory."""

FAINT = 0.05
"""A drop below this says little; a map of such drops is not stretched to the full scale."""


class Classifier(Protocol):
    """What answers for faces: `mlcore.recognizer.Recognizer`, or a toy."""

    def classify(
        self, faces: Sequence[NDArray[np.uint8]], *, zooms: bool = True
    ) -> NDArray[np.float32]: ...


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What covering each place of a face does to its answer.

    Attributes:
        probabilities: (7,) of the whole face.
        drops: (7, CELLS, CELLS), by how much each expression's probability falls when a patch
            covers that cell and its neighbours; below 0 where it rises. The cells tile the face.
        patch: the patch's side as a share of the face's, one of `PATCHES`.
    """

    probabilities: NDArray[np.float32]
    drops: NDArray[np.float32]
    patch: float


def occlude(classifier: Classifier, face: NDArray[np.uint8]) -> Occlusion:
    """Cover a (height, width) grey face place by place and look what it does to the answer.

    That is the occlusion of Zeiler & Fergus 2014 (https://arxiv.org/abs/1311.2901), which needs
    nothing but the answers: it works wherever the exported network does. The patch has the face's
    mean grey, which standardising turns to 0, and at the border reaches beyond the face, so that
    the grid covers all of it. One run serves all seven expressions.

    For speed the answers are averaged over the face and its mirror image, where the model does so,
    and not over its zooms: 144 covered faces take about half a second, so `probabilities` may
    differ a little from the served ones.
    """
    (whole,) = classifier.classify([face], zooms=False)
    for patch in PATCHES:
        answers = _answers(classifier, _covered(face, patch))
        drops = (whole - answers).T.reshape(-1, CELLS, CELLS)
        if drops[whole.argmax()].max() >= FAINT:
            break
    return Occlusion(np.asarray(whole, np.float32), np.asarray(drops, np.float32), patch)


def occlusion_map(
    classifier: Classifier, face: NDArray[np.uint8], expression: str
) -> NDArray[np.float32]:
    """A (height, width) map of -1 to 1 over a grey face: above 0 where the answer rests on it.

    The drops of `occlude` between the cells' centres are interpolated. The largest, of either
    sign, is 1, unless it is below `FAINT`.
    """
    drops = occlude(classifier, face).drops[EXPRESSIONS.index(expression)]
    smooth = _stretched(drops / max(float(np.abs(drops).max()), FAINT), face.shape)
    return np.clip(smooth, -1, 1)


def grad_cam(
    artifact_folder: Path, face: NDArray[np.uint8], expression: str
) -> NDArray[np.float32]:
    """A (height, width) map of 0 to 1 over a grey face, from the network's own gradients.

    Grad-CAM, Selvaraju et al. 2017 (https://arxiv.org/abs/1610.02391): the maps of the last
    convolution, each weighed by the mean gradient of the expression's score, added up, and what
    speaks against the expression cut off. Taken after the convolution's normalisation and
    activation, since the paper's convolutions include theirs. The score is that of the served
    mixture of heads, before the softmax; one look, at the face as it is.

    Needs the trained network, Keras and TensorFlow; serving has none of them.

    Args:
        artifact_folder: a trained model with its `model.keras`.

    Raises:
        ArtifactError: the model is not whole, or has no convolution.
        TrainingDependencyError: Keras is missing, or runs on another backend than TensorFlow.
    """
    from mlcore.backend import keras, load_network

    if keras.backend.backend() != "tensorflow":
        raise TrainingDependencyError("Grad-CAM needs TensorFlow: set KERAS_BACKEND=tensorflow.")
    import tensorflow as tf

    metadata = load_metadata(artifact_folder)
    model = load_network(artifact_folder)
    probe = keras.Model(model.input, [_last_features(model), model.output])
    preprocessing = metadata.preprocessing
    inputs = tf.constant(preprocessing.to_input(preprocessing.resize(face)[None]))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        features, logits = probe(inputs, training=False)
        score = _score(logits, metadata.calibration, EXPRESSIONS.index(expression))
    gradients = np.asarray(tape.gradient(score, features), np.float32)[0]
    weights = gradients.mean(axis=(0, 1))
    heat = np.maximum(np.asarray(features, np.float32)[0] @ weights, 0)
    smooth = _stretched(heat / max(float(heat.max()), 1e-12), face.shape)
    return np.clip(smooth, 0, 1)


def draw(face: NDArray[np.uint8], heat: NDArray[np.float32], side: int = 288) -> NDArray[np.uint8]:
    """A (side, 2 side, 3) RGB picture: the face, and beside it the face with the map over it.

    From dark to bright the answer rests the more on a place; colours that the colour-blind tell
    apart too. What is below 0 counts as 0.
    """
    grey = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC)
    levels = np.round(np.clip(heat, 0, 1) * 255).astype(np.uint8)
    levels = np.asarray(cv2.resize(levels, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    plain = np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2)
    mixed = cv2.addWeighted(plain, 0.5, colours, 0.5, 0)
    return np.asarray(np.hstack([plain, mixed]), np.uint8)


def _covered(face: NDArray[np.uint8], patch: float) -> list[NDArray[np.uint8]]:
    """The face with each of its cells covered, row by row."""
    grey = round(float(face.mean()))
    faces = []
    for top, bottom in _places(face.shape[0], patch):
        for left, right in _places(face.shape[1], patch):
            covered = face.copy()
            covered[top:bottom, left:right] = grey
            faces.append(covered)
    return faces


def _places(side: int, patch: float) -> list[tuple[int, int]]:
    """From where to where the patch lies along a side, for each cell."""
    centres = (np.arange(CELLS) + 0.5) * side / CELLS
    starts = np.maximum(np.round(centres - patch * side / 2), 0).astype(int)
    ends = np.minimum(np.round(centres + patch * side / 2), side).astype(int)
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _answers(classifier: Classifier, faces: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    parts = [
        classifier.classify(faces[start : start + BATCH], zooms=False)
        for start in range(0, len(faces), BATCH)
    ]
    return np.concatenate(parts)


def _stretched(grid: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A grid whose cells tile a face, at each of its pixels."""
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _last_features(model: "keras.Model") -> "keras.KerasTensor":
    """What the last convolution over places gives on, after its normalisation, its activation and
    the attention to its channels; those of attention itself see one place only."""
    from mlcore.backend import keras

    kinds = keras.layers
    convolutions = (kinds.Conv2D, kinds.SeparableConv2D, kinds.DepthwiseConv2D)
    finishing = (kinds.BatchNormalization, kinds.ReLU, kinds.Activation, kinds.LeakyReLU)
    last = None
    for layer in model.layers:
        if isinstance(layer, convolutions) and max(layer.output.shape[1:3]) > 1:
            last = layer.output
        elif isinstance(layer, kinds.Multiply):
            last = layer.output if any(one is last for one in layer.input) else last
        elif isinstance(layer, finishing):
            last = layer.output if layer.input is last else last
    if last is None:
        raise ArtifactError(f"The network {model.name} has no convolution to look into.")
    return last


def _score(logits: dict[str, "keras.KerasTensor"], calibration: Calibration, place: int):  # type: ignore[no-untyped-def]
    """The expression's logit in the served mixture of heads, each at its temperature."""
    return sum(
        weight * logits[head][:, place] / calibration.temperatures[head]
        for head, weight in calibration.mixture.items()
    )
