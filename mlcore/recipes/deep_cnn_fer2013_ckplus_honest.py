"""The three-mode web app's network on the same faces, split honestly.

    manage.py train_model deep_cnn_fer2013_ckplus_honest --data DIR

Copies of a face and frames of a person stay on one side, and disgust is filled up in Training
alone; all else is `deep_cnn_fer2013_ckplus`'s. What a run reached stands in docs/reproduction.md.
"""

from dataclasses import replace

from mlcore.recipes import deep_cnn_fer2013_ckplus

RECIPE = replace(
    deep_cnn_fer2013_ckplus.RECIPE,
    name="deep_cnn_fer2013_ckplus_honest",
    data="fer2013_ckplus_honest",
)
