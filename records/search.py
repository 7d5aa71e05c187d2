"""Finding words within names, notes and file names.

PostgreSQL finds them through an index of all letters, and pairs of letters that stand beside each
other, each with the owner's id before it, as `7:海` and `7:li`: so that one person's search reads
nothing of another's, and a word of one or two letters, a sign or a character is found as fast as a
long word. (The trigrams of pg_trgm know neither owners nor words of fewer than three letters.) What
is found is still compared with the whole word. SQLite compares all records of the person.

The function `record_grams` is in the migration that makes the index.
"""

from collections.abc import Iterable
from itertools import pairwise

from django.db import connections
from django.db.models import BooleanField, F, Func, QuerySet, Value

from accounts.models import User
from records.models import Record
from records.names import folded


def search_words(text: str) -> list[str]:
    """The words of a search, folded as `Record.search_text` is; each must occur."""
    return sorted(set(folded(text).split()))


def grams(word: str) -> set[str]:
    """What a text holds that holds this word: its pairs of letters, or its only letter."""
    return {first + second for first, second in pairwise(word)} or {word}


def found_by_words(
    rows: QuerySet[Record], *, owner: User, words: Iterable[str]
) -> QuerySet[Record]:
    """The rows, which hold these words, with a condition by which the index finds them."""
    wanted = sorted({f"{owner.pk}:{gram}" for word in words for gram in grams(word)})
    if not wanted or connections[rows.db].vendor != "postgresql":
        return rows
    text = Func(F("owner"), F("search_text"), function="record_grams")
    return rows.filter(
        Func(
            text,
            Value(wanted),
            template="%(expressions)s",
            arg_joiner=" @> ",
            output_field=BooleanField(),
        )
    )
