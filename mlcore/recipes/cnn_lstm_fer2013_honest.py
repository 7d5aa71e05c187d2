"""The CNN-LSTM on FER2013 without what leaks.

    manage.py train_model cnn_lstm_fer2013_honest --data DIR

Training goes without the faces that PublicTest or PrivateTest hold a copy of; all else is
`cnn_lstm_fer2013`'s. What a run reached stands in docs/reproduction.md.
"""

from dataclasses import replace

from mlcore.recipes import cnn_lstm_mma

RECIPE = replace(cnn_lstm_mma.RECIPE, name="cnn_lstm_fer2013_honest", data="fer2013_honest")
