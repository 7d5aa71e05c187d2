"""The thesis system's network on the hybrid of FER+ and CK+, as published: 87.375 %.

    manage.py train_model vgg9_hybrid --data DIR     (fer2013.csv, fer2013new.csv and CK+48/ in DIR)

Published: 21,573 faces, classes balanced before a random split of 70/30, Adam at 1e-4, batches of
260, up to 300 epochs. Its augmentation was not published; flips and small turns, shifts and zooms
are ours, and so is the running average of weights. What a run reached stands in
docs/reproduction.md, which `manage.py reproduce` writes. 300 epochs want a GPU.
"""

from mlcore.augmentation import Augmentation
from mlcore.preprocessing import Preprocessing
from mlcore.recipes.base import LABELS_ONLY, Recipe

RECIPE = Recipe(
    name="vgg9_hybrid",
    architecture="vgg9",
    data="hybrid_as_published",
    heads=LABELS_ONLY,
    preprocessing=Preprocessing(channels=3),
    augmentation=Augmentation(rotation=10, scale=0.1, shear=0.0, erase=0.0),
    epochs=300,
    batch_size=260,
    early_stopping=60,
    optimizer="adam",
    learning_rate=1e-4,
    schedule="constant",
    weight_decay=0.0,
    clip_norm=0.0,
    label_smoothing=0.0,
)
