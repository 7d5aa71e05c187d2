"""The one order of expressions, used by every array, file and answer of the product.

It is FER2013's (Goodfellow et al. 2013, https://arxiv.org/abs/1307.0414). FER+ adds contempt as
the eighth, so the first seven places mean the same in both.
"""

from enum import StrEnum


class Expression(StrEnum):
    """An expression that a face can show; the value is its stable name in the API and on disk."""

    ANGRY = "angry"
    DISGUST = "disgust"
    FEAR = "fear"
    HAPPY = "happy"
    SAD = "sad"
    SURPRISE = "surprise"
    NEUTRAL = "neutral"


EXPRESSIONS: tuple[str, ...] = tuple(expression.value for expression in Expression)
"""The seven names in their order: index i of a probability vector belongs to EXPRESSIONS[i]."""

FERPLUS_EXPRESSIONS: tuple[str, ...] = (*EXPRESSIONS, "contempt")
"""The eight names of the FER+ votes, in our order."""
