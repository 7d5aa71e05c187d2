"""The thesis system's baseline on the same faces, split honestly.

    manage.py train_model vgg16_hybrid_honest --data DIR

VGG-16 by the data and the training of `vgg9_hybrid_honest`. What a run reached stands in
docs/reproduction.md.
"""

from dataclasses import replace

from mlcore.recipes import vgg9_hybrid_honest

RECIPE = replace(vgg9_hybrid_honest.RECIPE, name="vgg16_hybrid_honest", architecture="vgg16")
