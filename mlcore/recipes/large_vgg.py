"""`compact_vgg` at twice its width, from scratch, for a GPU: the other half of the ensemble.

    manage.py train_seeds large_resnet large_vgg --seeds 1 2 3 --data DIR

Not run yet: no GPU was to be had. An estimate, not a measurement: 120 epochs of 28,709 faces at
471 M multiply-adds, three passes each, are 1e16 operations; at the 54 teraflops that
`large_resnet` is estimated at, and two seconds an epoch beside them, seven minutes.
"""

from mlcore.augmentation import Augmentation
from mlcore.recipes.base import Recipe

RECIPE = Recipe(
    name="large_vgg",
    architecture="compact_vgg",
    options={"filters": (64, 128, 256, 512), "dense": 512, "dropout": 0.5},
    epochs=120,
    mixup=0.2,
    augmentation=Augmentation(
        rotation=20, scale=0.2, shift=0.1, shear=0.15, contrast=0.4, brightness=0.4, erase=0.75
    ),
    zooms=(1.0, 1.1, 1.2),
)
