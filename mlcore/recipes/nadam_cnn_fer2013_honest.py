"""The NAdam network on FER2013 without what leaks.

    manage.py train_model nadam_cnn_fer2013_honest --data DIR

Training goes without the faces that PublicTest or PrivateTest hold a copy of; all else is
`nadam_cnn_fer2013`'s. What a run reached stands in docs/reproduction.md.
"""

from dataclasses import replace

from mlcore.recipes import nadam_cnn_fer2013

RECIPE = replace(nadam_cnn_fer2013.RECIPE, name="nadam_cnn_fer2013_honest", data="fer2013_honest")
