"""How lists are cut into pages."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import F, Func, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

M = TypeVar("M", bound=Model)


class NewestFirst(CursorPagination):
    """Keyset paging: page 4,000 costs what page 1 costs, and a new row shifts nothing."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-created_at", "-id")


@dataclass(frozen=True)
class Order:
    """An order of rows: by a key that is never null, and by id among rows of one key.

    Attributes:
        name: what a client asks for it by.
        parse: makes a key of its form in JSON; raises ValueError, TypeError or OverflowError.
    """

    name: str
    key: F | Func
    parse: Callable[[Any], Any]
    descending: bool = False

    def apply(self, rows: QuerySet[M], *, backwards: bool = False) -> QuerySet[M]:
        """The rows in this order."""
        if self.descending != backwards:
            return rows.order_by(self.key.desc(), F("pk").desc())
        return rows.order_by(self.key.asc(), F("pk").asc())

    def after(self, rows: QuerySet[M], position: "Position") -> QuerySet[M]:
        """Those of the rows that come after a position, or before it if it looks backwards."""
        down = self.descending != position.backwards
        # One comparison of both columns: an index leads straight to the place, also among many
        # rows of one key.
        compare = TupleLessThan if down else TupleGreaterThan
        return rows.filter(compare(Tuple(self.key, F("pk")), (position.key, position.pk)))


@dataclass(frozen=True)
class Position:
    """A place in a list: beside the row of that key and id."""

    key: Any
    pk: UUID
    backwards: bool = False

    def encode(self, order: Order) -> str:
        key = self.key if isinstance(self.key, str | float) else self.key.isoformat()
        text = json.dumps([order.name, key, self.pk.hex, int(self.backwards)])
        return urlsafe_b64encode(text.encode()).decode()

    @classmethod
    def decode(cls, text: str, order: Order) -> "Position":
        """Read what a client sends back, which may be anything.

        Raises:
            NotFound: it is no position in a list of this order.
        """
        try:
            name, key, pk, backwards = json.loads(urlsafe_b64decode(text.encode()))
            if name != order.name:
                raise ValueError("a list of another order")
            return cls(order.parse(key), UUID(pk), bool(backwards))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise NotFound(_("There is no such page; begin with the first.")) from error


class KeysetPagination(CursorPagination):
    """Cuts a list in one of several orders into pages, each as fast as the first.

    DRF's own counts rows of one key from the first of them on, and knows no empty keys; here a
    position is a key and an id. A page begins after a row, whether that row is still there or not.
    """

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 200
    orders: Mapping[str, Order]
    default_order: str

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.base_url = request.build_absolute_uri()
        asked = request.query_params.get("ordering", "")
        self.order = self.orders.get(asked, self.orders[self.default_order])
        text = request.query_params.get(self.cursor_query_param)
        position = Position.decode(text, self.order) if text else None
        backwards = position is not None and position.backwards
        rows = self.order.apply(queryset.annotate(sort_key=self.order.key), backwards=backwards)
        if position is not None:
            rows = self.order.after(rows, position)
        size = self.get_page_size(request) or self.page_size
        found = list(rows[: size + 1])
        more = len(found) > size
        self.page = found[:size]
        if backwards:
            self.page.reverse()
        # Where there is a position, the row beside it is on the other side of it.
        self.has_next = position is not None if backwards else more
        self.has_previous = more if backwards else position is not None
        return self.page

    def get_next_link(self) -> str | None:
        return self._link(self.page[-1], False) if self.has_next and self.page else None

    def get_previous_link(self) -> str | None:
        return self._link(self.page[0], True) if self.has_previous and self.page else None

    def _link(self, row: Any, backwards: bool) -> str:
        position = Position(row.sort_key, row.pk, backwards)
        return str(
            replace_query_param(
                self.base_url or "", self.cursor_query_param, position.encode(self.order)
            )
        )
