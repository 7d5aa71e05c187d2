"""A conv-BN-ReLU network on FER2013's official split, as published: 70.10 %.

    manage.py train_model nadam_cnn_fer2013 --data DIR     (fer2013.csv in DIR)

Published: NAdam, class weights, kernels that start from He's normal distribution, dropout. Rate,
epochs and augmentation were not published; these are ours. What a run reached stands in
docs/reproduction.md, which `manage.py reproduce` writes.
"""

from mlcore.recipes.base import LABELS_ONLY, Recipe

RECIPE = Recipe(
    name="nadam_cnn_fer2013",
    architecture="nadam_cnn",
    heads=LABELS_ONLY,
    epochs=80,
    optimizer="nadam",
    learning_rate=1e-3,
    schedule="cosine",
    weight_decay=0.0,
    class_weights=True,
)
