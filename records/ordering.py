"""The orders that lists of records come in.

Each key is never null, so that a page can begin after any record (see `KeysetPagination`), and
each has an index of its own: `Record.Meta.indexes`.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Coalesce, Lower

from ferproject.common.pagination import KeysetPagination, Order


def _time(value: Any) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time.astimezone(UTC)


def _name(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("no name")
    value.encode()  # half a character is none
    return value


NEWEST_FIRST = Order("-created_at", F("created_at"), _time, descending=True)

# Records without a probability come last, whether the surest is asked for or the least sure.
ORDERS = {
    order.name: order
    for order in (
        NEWEST_FIRST,
        Order("created_at", F("created_at"), _time),
        Order("name", Lower("name"), _name),
        Order("-name", Lower("name"), _name, descending=True),
        Order("-probability", Coalesce("probability", -1.0), float, descending=True),
        Order("probability", Coalesce("probability", 2.0), float),
    )
}


class RecordPages(KeysetPagination):
    orders = ORDERS
    default_order = NEWEST_FIRST.name
