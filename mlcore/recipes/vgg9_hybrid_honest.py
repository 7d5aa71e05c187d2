"""The thesis system's network on the same faces, split honestly.

    manage.py train_model vgg9_hybrid_honest --data DIR

Copies of a face and frames of a person stay on one side, and Training alone is balanced; all else
is `vgg9_hybrid`'s. What a run reached stands in docs/reproduction.md.
"""

from dataclasses import replace

from mlcore.recipes import vgg9_hybrid

RECIPE = replace(vgg9_hybrid.RECIPE, name="vgg9_hybrid_honest", data="hybrid_honest")
