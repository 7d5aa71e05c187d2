"""A residual network of 48x48 faces, from scratch, for a GPU: the other half of the ensemble.

    manage.py train_seeds large_resnet --seeds 1 2 3 --data DIR    (data as for `compact_vgg`)

Three seeds were trained side by side, and `large_vgg` with them, on an H100 (80 GB) under JAX: 68
epochs each in four and a half minutes. Reached on PrivateTest, mean of the seeds: FER2013 71.5 %
(one crop), 72.2 % (six looks); FER+ strict majority of eight 88.1 and 88.4 %; all three together,
72.2 and 88.6 % over six looks.
The whole table: docs/large-networks.md.
"""

from mlcore.augmentation import Augmentation
from mlcore.recipes.base import Recipe

RECIPE = Recipe(
    name="large_resnet",
    architecture="resnet",
    options={"filters": (48, 96, 192, 384)},
    epochs=68,
    batch_size=256,
    learning_rate=0.15,
    ema=0.998,
    mixup=0.2,
    augmentation=Augmentation(
        rotation=20, scale=0.2, shift=0.1, shear=0.15, contrast=0.4, brightness=0.4, erase=0.75
    ),
    zooms=(1.0, 1.1, 1.2),
)
