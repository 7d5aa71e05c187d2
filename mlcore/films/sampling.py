"""Which frames are looked at."""

import math


def bin_of(time: float, rate: float) -> int:
    """The number of the 1/rate seconds in which `time` lies; one frame of each is looked at."""
    return math.floor(time * rate + 1e-6)
