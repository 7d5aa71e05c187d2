"""The names that other people's files give to the expressions."""

from mlcore.labels import EXPRESSIONS, Expression

CONTEMPT = "contempt"

_VARIANTS: dict[Expression, tuple[str, ...]] = {
    Expression.ANGRY: ("angry", "anger", "an"),
    Expression.DISGUST: ("disgust", "disgusted", "di"),
    Expression.FEAR: ("fear", "fearful", "fe"),
    Expression.HAPPY: ("happy", "happiness", "ha"),
    Expression.SAD: ("sad", "sadness", "sa"),
    Expression.SURPRISE: ("surprise", "surprised", "su"),
    Expression.NEUTRAL: ("neutral", "ne"),
}
_INDEX: dict[str, int] = {
    name: EXPRESSIONS.index(expression) for expression, names in _VARIANTS.items() for name in names
}


def expression_index(name: str) -> int | None:
    """The place in `EXPRESSIONS` of what a file or folder calls `name`; None if it is no such name.

    Case does not matter. The two letters are those of JAFFE's file names.
    """
    return _INDEX.get(name.lower())
