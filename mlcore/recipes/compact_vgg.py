"""The network that is served by default: a small VGG on FER2013 and its FER+ votes.

manage.py train_model compact_vgg --data DIR     (fer2013.csv and fer2013new.csv in DIR)
"""

from mlcore.recipes.base import Recipe

RECIPE = Recipe(name="compact_vgg", architecture="compact_vgg", epochs=36)
