"""The live multi-person app's network on FER2013, for whoever lacks the MMA faces.

    manage.py train_model cnn_lstm_fer2013 --data DIR

All but the data is `cnn_lstm_mma`'s. What a run reached stands in docs/reproduction.md.
"""

from dataclasses import replace

from mlcore.recipes import cnn_lstm_mma

RECIPE = replace(cnn_lstm_mma.RECIPE, name="cnn_lstm_fer2013", data="fer2013")
