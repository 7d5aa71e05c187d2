"""The personal monitor's small network on FER2013, as published: 66 % on the validation split.

    manage.py train_model monitor_cnn_fer2013 --data DIR     (fer2013.csv in DIR)

The published figure is of PublicTest, by which the epoch is chosen too. How the network was trained
was not published: depth, rate and augmentation are ours. What a run reached stands in
docs/reproduction.md, which `manage.py reproduce` writes. Other depths and sizes:
`--set options.depth=4 --set preprocessing.size=32`.
"""

from mlcore.augmentation import Augmentation
from mlcore.recipes.base import LABELS_ONLY, Recipe

RECIPE = Recipe(
    name="monitor_cnn_fer2013",
    architecture="monitor_cnn",
    options={"depth": 5},
    heads=LABELS_ONLY,
    augmentation=Augmentation(rotation=10, scale=0.1, erase=0.25),
    epochs=60,
    learning_rate=0.1,
    weight_decay=1e-3,
    label_smoothing=0.05,
)
