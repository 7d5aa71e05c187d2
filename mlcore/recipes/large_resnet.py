"""The largest single network: a residual network of 48x48 faces, from scratch, for a GPU.

    manage.py train_seeds large_resnet --seeds 1 2 3 --data DIR    (data as for `compact_vgg`)

Not run yet: no GPU was to be had. An estimate, not a measurement: 100 epochs of 28,709 faces at
1,247 M multiply-adds, three passes each, are 2.1e16 operations, ten minutes at 36 teraflops, which
is 4 % of what an H200 is sold for in bfloat16; with two seconds an epoch for averaging weights,
PublicTest and the checkpoint, 54 teraflops (6 %). Meant to reach 72.7 to 73.7 % of FER2013's
PrivateTest.
"""

from mlcore.augmentation import Augmentation
from mlcore.recipes.base import Recipe

RECIPE = Recipe(
    name="large_resnet",
    architecture="resnet",
    epochs=100,
    learning_rate=0.1,
    mixup=0.2,
    # As wide as published recipes crop: 40 to 44 of 48 pixels are zooms of 1.09 to 1.2.
    augmentation=Augmentation(
        rotation=20, scale=0.2, shift=0.1, shear=0.15, contrast=0.4, brightness=0.4, erase=0.75
    ),
    zooms=(1.0, 1.1, 1.2),
)
