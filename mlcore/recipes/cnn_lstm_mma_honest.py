"""The CNN-LSTM on the MMA faces without what leaks.

    manage.py train_model cnn_lstm_mma_honest --data DIR

Training goes without the faces that the other splits hold a copy of; all else is
`cnn_lstm_mma`'s. What a run reached stands in docs/reproduction.md.
"""

from dataclasses import replace

from mlcore.recipes import cnn_lstm_mma

RECIPE = replace(cnn_lstm_mma.RECIPE, name="cnn_lstm_mma_honest", data="folders_honest")
