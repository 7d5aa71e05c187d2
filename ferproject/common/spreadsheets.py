"""CSV that a spreadsheet opens as what it is."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

# A cell that begins so is a formula, or ends one (https://owasp.org/www-community/attacks/CSV_Injection).
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_stream(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """A CSV of these rows, the names of its columns first.

    It begins with a byte order mark, without which spreadsheets take UTF-8 for something else.
    """
    yield "\ufeff".encode()
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow(map(cell, row))
        yield line.getvalue().encode()


def cell(value: Any) -> Any:
    """A value as a cell: numbers stay numbers, text that would start a formula gets a quote before
    it, lists and mappings become JSON, None nothing."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS_A_FORMULA) else text
