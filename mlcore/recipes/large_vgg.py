"""The largest single network: a VGG of ten convolutions with attention over channels, for a GPU.

    manage.py train_seeds large_vgg --seeds 1 2 3 --data DIR    (data as for `compact_vgg`)

One seed was trained, on an H100 (80 GB) under JAX: 90 epochs in four and a half minutes beside
three other trainings; alone, an epoch with its PublicTest and its checkpoint takes 0.9 seconds.
Reached on PrivateTest: FER2013 71.6 % (one crop), 72.5 % (mirror image), 73.1 % (six looks); FER+
strict majority of eight 87.2, 87.8 and 89.0 %. The whole table: docs/large-networks.md.
"""

from mlcore.augmentation import Augmentation
from mlcore.recipes.base import Recipe

RECIPE = Recipe(
    name="large_vgg",
    architecture="compact_vgg",
    options={
        "filters": (64, 128, 256, 512, 512),
        "convs": (2, 2, 2, 2, 2),
        "squeeze": 8,
        "dense": 512,
        "dropout": 0.4,
    },
    epochs=90,
    # Twice the batch of `compact_vgg` keeps a card busy; rate and average follow.
    batch_size=256,
    learning_rate=0.15,
    ema=0.998,
    mixup=0.2,
    # As wide as published recipes crop: 40 to 44 of 48 pixels are zooms of 1.09 to 1.2.
    augmentation=Augmentation(
        rotation=20, scale=0.2, shift=0.1, shear=0.15, contrast=0.4, brightness=0.4, erase=0.75
    ),
    zooms=(1.0, 1.1, 1.2),
)
