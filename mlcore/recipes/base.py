"""The fields of a training run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mlcore.augmentation import Augmentation
from mlcore.labels import EXPRESSIONS, FERPLUS_EXPRESSIONS
from mlcore.preprocessing import Preprocessing

HEADS: Mapping[str, int] = {"fer2013": len(EXPRESSIONS), "ferplus": len(FERPLUS_EXPRESSIONS)}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run, but for the data's place.

    Attributes:
        name: also the name of the artifact it makes.
        architecture: a name in `mlcore.architectures`.
        options: what the architecture's `build` takes beside the heads.
        epochs, batch_size, seed: as usual.
        learning_rate: the peak, reached after `warmup_steps`, then a cosine to zero.
        weight_decay: per unit of learning rate, on kernels only, decoupled from the gradient
            (Loshchilov & Hutter 2017, https://arxiv.org/abs/1711.05101).
        ema: momentum of the running average of weights, which is what is evaluated and kept.
        precision: a Keras dtype policy.
    """

    name: str
    architecture: str
    options: Mapping[str, Any] = field(default_factory=dict)
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    augmentation: Augmentation = field(default_factory=Augmentation)
    epochs: int = 40
    batch_size: int = 128
    learning_rate: float = 0.08
    warmup_steps: int = 500
    momentum: float = 0.9
    weight_decay: float = 5e-3
    clip_norm: float = 5.0
    label_smoothing: float = 0.1
    ema: float = 0.999
    precision: str = "mixed_bfloat16"
    seed: int = 1

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
