"""The three-mode web app's network on FER2013 and CK+ together, as published: 82.45 %.

    manage.py train_model deep_cnn_fer2013_ckplus --data DIR     (fer2013.csv and CK+48/ in DIR)

Published: disgust over-sampled before a random split of 80/10/10, Adam at 2e-4, 48 epochs. The
augmentation is ours, and so is the running average of weights. What a run reached stands in
docs/reproduction.md, which `manage.py reproduce` writes.
"""

from mlcore.augmentation import Augmentation
from mlcore.recipes.base import LABELS_ONLY, Recipe

RECIPE = Recipe(
    name="deep_cnn_fer2013_ckplus",
    architecture="deep_cnn",
    data="fer2013_ckplus_as_published",
    heads=LABELS_ONLY,
    augmentation=Augmentation(rotation=10, scale=0.1, shear=0.0, erase=0.0),
    epochs=48,
    batch_size=64,
    optimizer="adam",
    learning_rate=2e-4,
    schedule="constant",
    weight_decay=0.0,
    clip_norm=0.0,
    label_smoothing=0.0,
)
