"""`compact_vgg` once more, from its weights and with its own answers.

    manage.py train_model compact_vgg_distilled --data DIR     (data as for `compact_vgg`)

98 minutes on two cores of an Intel Xeon with AMX, 57 to 155 s an epoch as other work let it, in
bfloat16. Reached on PrivateTest, one seed: FER2013 70.4 % (one crop) and 70.2 % (mirror image),
FER+ strict majority of eight 86.6 % and 87.2 %; its predecessor 69.6, 69.6, 85.7 and 86.2. A third
generation of 16 epochs that learned from both was no better on PublicTest (selection score 0.780
against 0.782) and was not kept.
"""

from mlcore.augmentation import Augmentation
from mlcore.recipes.base import Recipe

RECIPE = Recipe(
    name="compact_vgg_distilled",
    architecture="compact_vgg",
    epochs=70,
    start_from="compact_vgg",
    # A network may learn from its own predecessor (Furlanello et al. 2018,
    # https://arxiv.org/abs/1805.04770): FER2013's labels are noisy, its mean answer is less so.
    teachers=("compact_vgg",),
    distillation=0.5,
    # The teacher's share is as soft as the smoothed labels were.
    label_smoothing=0.0,
    options={"dropout": 0.3},
    # Its predecessor was too sure of noisy and of very dark faces.
    augmentation=Augmentation(noise=0.06, brightness=0.4),
    zooms=(1.0, 1.1),
)
