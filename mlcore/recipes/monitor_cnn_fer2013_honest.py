"""The personal monitor's network on FER2013 without what leaks.

    manage.py train_model monitor_cnn_fer2013_honest --data DIR

Training goes without the faces that PublicTest or PrivateTest hold a copy of, and the figure is
PrivateTest's, by which nothing was chosen; all else is `monitor_cnn_fer2013`'s. What a run reached
stands in docs/reproduction.md.
"""

from dataclasses import replace

from mlcore.recipes import monitor_cnn_fer2013

RECIPE = replace(
    monitor_cnn_fer2013.RECIPE, name="monitor_cnn_fer2013_honest", data="fer2013_honest"
)
