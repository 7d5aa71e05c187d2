"""Training on mixtures of two faces instead of single ones (Zhang et al. 2017,
https://arxiv.org/abs/1710.09412)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
ByHead = dict[str, Values]


def mixup(
    inputs: Values,
    targets: Mapping[str, Values],
    weights: Mapping[str, Values],
    alpha: float,
    random: np.random.Generator,
) -> tuple[Values, ByHead, ByHead]:
    """Lay another face of the batch over each face, and mix their targets alike.

    The share of a face itself is drawn from Beta(alpha, alpha), but is at least a half, as in
    MixMatch (Berthelot et al. 2019, https://arxiv.org/abs/1905.02249): it is the face that
    dominates its own mixture.

    Cross-entropy is linear in its target, so mixing targets by share times weight, and adding
    those up to the mixture's weight, gives just the losses of the two targets, each at its share
    of its own weight. A face of weight 0, which has no usable votes, adds nothing.

    Args:
        inputs: (N, height, width, channels) float32.
        targets: {head: (N, classes)} float32 distributions.
        weights: {head: (N,)} float32, 0 or more, of each face in the head's loss.
        alpha: 0.2 mixes little, 1 evenly.
        random: draws the shares, then the partners.

    Returns:
        New inputs, targets and weights of the same shapes. Where neither face has a weight, the
        target stays as it was and the weight is 0.

    Raises:
        ValueError: alpha is not positive.
    """
    if not alpha > 0:
        raise ValueError(f"mixup needs a positive alpha, not {alpha!r}")
    count = len(inputs)
    drawn = random.beta(alpha, alpha, count)
    share: Values = np.maximum(drawn, 1 - drawn).astype(np.float32)
    partner = random.permutation(count)
    own_share = share[:, None, None, None]
    mixed_inputs = own_share * inputs + (1 - own_share) * inputs[partner]
    mixed_targets: ByHead = {}
    mixed_weights: ByHead = {}
    for head, target in targets.items():
        own = share * weights[head]
        other = (1 - share) * weights[head][partner]
        total = own + other
        part = np.divide(own, total, out=np.ones_like(total), where=total > 0)[:, None]
        mixed_targets[head] = part * target + (1 - part) * target[partner]
        mixed_weights[head] = total
    return mixed_inputs, mixed_targets, mixed_weights
