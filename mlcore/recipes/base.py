"""The fields of a training run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mlcore.artifacts import PRECISIONS
from mlcore.augmentation import Augmentation
from mlcore.datasets.balance import BALANCES
from mlcore.errors import RecipeError
from mlcore.labels import EXPRESSIONS, FERPLUS_EXPRESSIONS
from mlcore.preprocessing import Preprocessing
from mlcore.views import Views

HEADS: Mapping[str, int] = {"fer2013": len(EXPRESSIONS), "ferplus": len(FERPLUS_EXPRESSIONS)}
"""A head for the labels, and one for the votes."""

LABELS_ONLY: Mapping[str, int] = {"fer2013": HEADS["fer2013"]}
"""For data without votes, and for the published networks, which had one output."""

OPTIMIZERS = ("sgd", "adam", "nadam")
SCHEDULES = ("cosine", "constant", "plateau")
TEACHINGS = ("once", "each_step")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run, but for the data's place.

    Attributes:
        name: also the name of the artifact it makes.
        architecture: a name in `mlcore.architectures`.
        options: what the architecture's `build` takes beside the heads, size and channels.
        data: a protocol of `mlcore.datasets.protocols`, which loads and divides the faces.
        heads: name and number of classes of each output: all of `HEADS` or `LABELS_ONLY`.
        epochs, batch_size, seed: as usual.
        early_stopping: stop after so many epochs without a better selection score; 0 never does.
        optimizer: "sgd" (with Nesterov's momentum), "adam" (Kingma & Ba 2014,
            https://arxiv.org/abs/1412.6980) or "nadam" (Dozat 2016).
        learning_rate: the peak.
        schedule: "cosine" rises over `warmup_steps` to the peak and falls to zero at the last
            epoch; "constant" stays there; "plateau" halves it whenever the selection score has
            stalled for `mlcore.training.PLATEAU` epochs.
        momentum: of "sgd".
        weight_decay: per unit of learning rate, on kernels only, decoupled from the gradient
            (Loshchilov & Hutter 2017, https://arxiv.org/abs/1711.05101); 0 is off.
        clip_norm: largest norm of a step's gradient; 0 is off.
        label_smoothing: of the FER2013 head, whose targets are labels.
        balance: how Training is balanced after the split, one of
            `mlcore.datasets.balance.BALANCES`.
        class_weights: whether a face weighs, in the loss of the FER2013 head, the inverse of its
            expression's frequency.
        teachers: names of models whose mean answer each target is mixed with, see
            `mlcore.distillation`.
        distillation: the share of the teachers' answer in each target, from 0 to 1.
        teaching: "once" takes what the teachers say of each face as it is, before training;
            "each_step" what they say of it as it was changed and mixed for the pupil, see
            `mlcore.device_batches.OnDevice`, which wants a GPU.
        start_from: the name of a model of the same network whose weights training begins with;
            "" begins with random ones.
        mixup: each face is blended with another of its batch, by a share from Beta(mixup, mixup)
            (Zhang et al. 2017, https://arxiv.org/abs/1710.09412); 0 is off.
        whitening: whether the network's first layer is a ZCA whitening that was fitted on
            Training, see `mlcore.whitening`.
        ema: momentum of the running average of weights, which is what is evaluated and kept; with
            0 it is the weights as each epoch leaves them.
        precision: a Keras dtype policy.
        export: what the finished model's weights are stored in, one of `PRECISIONS`; where
            that costs accuracy, the next, see `mlcore.export.export_without_loss`.
        zooms: the looks that the finished model averages over, each with its mirror image, see
            `mlcore.views`; each costs two runs of the network.

    Raises:
        RecipeError: a field has a value that it cannot take.
    """

    name: str
    architecture: str
    options: Mapping[str, Any] = field(default_factory=dict)
    data: str = "fer2013"
    heads: Mapping[str, int] = field(default_factory=lambda: dict(HEADS))
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    augmentation: Augmentation = field(default_factory=Augmentation)
    epochs: int = 40
    batch_size: int = 128
    early_stopping: int = 0
    optimizer: str = "sgd"
    learning_rate: float = 0.08
    schedule: str = "cosine"
    warmup_steps: int = 500
    momentum: float = 0.9
    weight_decay: float = 5e-3
    clip_norm: float = 5.0
    label_smoothing: float = 0.1
    balance: str = "none"
    class_weights: bool = False
    teachers: tuple[str, ...] = ()
    distillation: float = 0.0
    teaching: str = "once"
    start_from: str = ""
    mixup: float = 0.0
    whitening: bool = False
    ema: float = 0.999
    precision: str = "mixed_bfloat16"
    export: str = "int8"
    zooms: tuple[float, ...] = (1.0,)
    seed: int = 1

    def __post_init__(self) -> None:
        for name, choices in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("balance", BALANCES),
            ("export", PRECISIONS),
            ("teaching", TEACHINGS),
        ):
            value = getattr(self, name)
            if value not in choices:
                raise RecipeError(
                    f"The recipe {self.name} has the {name} {value!r}; it must be one of: "
                    f"{', '.join(choices)}."
                )
        if not 0 <= self.distillation <= 1 or bool(self.teachers) != (self.distillation > 0):
            raise RecipeError(
                f"The recipe {self.name} has {len(self.teachers)} teachers and the distillation "
                f"{self.distillation}; it is a share from 0 to 1, above 0 with teachers only."
            )
        try:
            # Now and not when the trained model is made, hours later.
            Views(zooms=self.zooms)
        except ValueError as error:
            raise RecipeError(f"The recipe {self.name} cannot be served: {error}.") from error
        if self.mixup < 0:
            raise RecipeError(
                f"The recipe {self.name} has the mixup {self.mixup}; it is 0 or more."
            )
        if self.early_stopping < 0:
            raise RecipeError(
                f"The recipe {self.name} stops after {self.early_stopping} epochs without a "
                "better score; it must be 0 or more."
            )
        if self.heads not in (HEADS, LABELS_ONLY):
            raise RecipeError(
                f"The recipe {self.name} has the heads {dict(self.heads)}; they must be "
                f"{dict(HEADS)} or {dict(LABELS_ONLY)}."
            )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Recipe":
        """What `to_dict` gave, also through JSON; a field that came later has its default."""
        return cls(
            **{
                **values,
                "preprocessing": Preprocessing(**values["preprocessing"]),
                "augmentation": Augmentation.from_dict(values["augmentation"]),
                "zooms": tuple(values.get("zooms", (1.0,))),
                "teachers": tuple(values.get("teachers", ())),
            }
        )
