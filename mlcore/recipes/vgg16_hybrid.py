"""The baseline that the thesis system was compared with, as published: 72 %.

    manage.py train_model vgg16_hybrid --data DIR

VGG-16 by the data and the training of `vgg9_hybrid`. What a run reached stands in
docs/reproduction.md.
"""

from dataclasses import replace

from mlcore.recipes import vgg9_hybrid

RECIPE = replace(vgg9_hybrid.RECIPE, name="vgg16_hybrid", architecture="vgg16")
