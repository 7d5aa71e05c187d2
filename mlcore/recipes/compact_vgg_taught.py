"""`compact_vgg` taught by the ensemble of large networks.

    manage.py train_seeds large_resnet large_vgg --seeds 1 2 3 --data DIR     (the teachers, a GPU)
    manage.py train_model compact_vgg_taught --data DIR

Not run yet: the teachers want a GPU. Their answers are kept in the folder `answers` beside the
runs; with it, and each teacher's metadata.json, two cores train the pupil in about two hours.
"""

from mlcore.augmentation import Augmentation
from mlcore.recipes.base import Recipe

RECIPE = Recipe(
    name="compact_vgg_taught",
    architecture="compact_vgg",
    epochs=70,
    start_from="compact_vgg",
    teachers=(
        "large_resnet_seed1",
        "large_resnet_seed2",
        "large_resnet_seed3",
        "large_vgg_seed1",
        "large_vgg_seed2",
        "large_vgg_seed3",
    ),
    distillation=0.7,
    # The teachers' share is as soft as the smoothed labels were.
    label_smoothing=0.0,
    options={"dropout": 0.3},
    augmentation=Augmentation(noise=0.06, brightness=0.4),
    zooms=(1.0, 1.1, 1.2),
)
