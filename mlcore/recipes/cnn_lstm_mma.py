"""The live multi-person app's network on the MMA faces, as published: about 65 %.

    manage.py train_model cnn_lstm_mma --data DIR     (train/, valid/ and test/ of MMA in DIR)

Rate, epochs and augmentation were not published; these are ours. Where MMA is missing,
`cnn_lstm_fer2013` trains the same network on FER2013. What a run reached stands in
docs/reproduction.md, which `manage.py reproduce` writes.
"""

from mlcore.augmentation import Augmentation
from mlcore.recipes.base import LABELS_ONLY, Recipe

RECIPE = Recipe(
    name="cnn_lstm_mma",
    architecture="cnn_lstm",
    data="folders",
    heads=LABELS_ONLY,
    augmentation=Augmentation(rotation=10, scale=0.1, erase=0.25),
    epochs=60,
    optimizer="adam",
    learning_rate=1e-3,
    weight_decay=0.0,
    label_smoothing=0.05,
)
