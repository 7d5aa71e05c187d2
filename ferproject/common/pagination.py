"""How lists are cut into pages."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import F, Func, Model, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

M = TypeVar("M", bound=Model)


class NewestFirst(CursorPagination):
    """Keyset paging: page 4,000 costs what page 1 costs, and a new row shifts nothing."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-created_at", "-id")

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Read what a client sends back, which may be anything; DRF looks at its form only.

        Raises:
            NotFound: it is no position among times.
        """
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            try:
                # Its stubs take it for a number.
                time = datetime.fromisoformat(str(cursor.position))
                if time.tzinfo is None:
                    raise ValueError("a time without a zone")
                time.astimezone(UTC)  # as the database is asked for it
            except (ValueError, OverflowError) as error:
                raise NotFound(_("There is no such page; begin with the first.")) from error
        return cursor


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
        return rows.order_by(
            self._directed(self.key, backwards), self._directed(F("pk"), backwards)
        )

    def sort(self, rows: QuerySet[M], *, backwards: bool = False) -> QuerySet[M]:
        """The rows in this order, found first and sorted then.

        A database that is asked for the first few in an order may walk along its index until it
        has met as many that fit, however far that is. No index is in the order of this expression,
        which is the key nonetheless.
        """
        key = Coalesce(self.key, self.key)
        return rows.order_by(self._directed(key, backwards), self._directed(F("pk"), backwards))

    def _directed(self, key: F | Func, backwards: bool) -> OrderBy:
        return key.desc() if self.descending != backwards else key.asc()

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


@dataclass(frozen=True)
class Selection(Generic[M]):
    """What a list shows, and what it is chosen from.

    Attributes:
        everything: rows that the index of an order leads along, before any filter.
        walked: those of them that fit, as conditions on one row after the other.
        found: the same rows, with whatever else lets an index find them; None where nothing was
            filtered by.
    """

    everything: QuerySet[M]
    walked: QuerySet[M]
    found: QuerySet[M] | None


class KeysetPagination(CursorPagination):
    """Cuts a list in one of several orders into pages, each as fast as the first.

    DRF's own counts rows of one key from the first of them on, and knows no empty keys; here a
    position is a key and an id. A page begins after a row, whether that row is still there or not.

    Which way a page is found best depends on where the rows that fit lie, which no statistics of a
    database tell: along the order if they are many, first of all if they are few or far off. So a
    page is looked for among the next `window` rows, and if that does not fill it, by its filters.
    Either costs some milliseconds where the wrong one costs a second.
    """

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 200
    window = 2000
    orders: Mapping[str, Order]
    default_order: str

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """A page of what `view.get_selection()` chooses; `queryset` says what a row brings along.

        Raises:
            NotFound: the cursor is no position in a list of this order.
        """
        self.base_url = request.build_absolute_uri()
        asked = request.query_params.get("ordering", "")
        self.order = self.orders.get(asked, self.orders[self.default_order])
        text = request.query_params.get(self.cursor_query_param)
        position = Position.decode(text, self.order) if text else None
        backwards = position is not None and position.backwards
        size = self.get_page_size(request) or self.page_size
        places = self._places(view.get_selection(), position, size + 1)
        more = len(places) > size
        self.places = places[:size]
        if backwards:
            self.places.reverse()
        # Where there is a position, the row beside it is on the other side of it.
        self.has_next = position is not None if backwards else more
        self.has_previous = more if backwards else position is not None
        rows = queryset.in_bulk([place.pk for place in self.places])
        # One that was deleted a moment ago is in the page's place no more.
        return [rows[place.pk] for place in self.places if place.pk in rows]

    def _places(
        self, selection: Selection[Any], position: Position | None, most: int
    ) -> list[Position]:
        """The places of the first rows after a position, in the order that it looks in."""
        backwards = position is not None and position.backwards

        def after(rows: QuerySet[Any]) -> QuerySet[Any]:
            return rows if position is None else self.order.after(rows, position)

        def first(rows: QuerySet[Any], begin: int, end: int) -> list[Position]:
            # Of the rows themselves nothing else is read: where the index holds what is asked for,
            # none of those that do not fit is looked up.
            columns = rows.annotate(sort_key=self.order.key).values_list("sort_key", "pk")
            return [Position(key, pk) for key, pk in columns[begin:end]]

        def walk(rows: QuerySet[Any], begin: int, end: int) -> list[Position]:
            return first(self.order.apply(after(rows), backwards=backwards), begin, end)

        if selection.found is None:
            return walk(selection.everything, 0, most)
        edge = walk(selection.everything, self.window, self.window + 1)
        if not edge:
            return walk(selection.walked, 0, most)
        before = replace(edge[0], backwards=not backwards)
        near = walk(self.order.after(selection.walked, before), 0, most)
        if len(near) == most:
            return near
        return first(self.order.sort(after(selection.found), backwards=backwards), 0, most)

    def get_next_link(self) -> str | None:
        return self._link(self.places[-1], False) if self.has_next and self.places else None

    def get_previous_link(self) -> str | None:
        return self._link(self.places[0], True) if self.has_previous and self.places else None

    def _link(self, place: Position, backwards: bool) -> str:
        position = replace(place, backwards=backwards)
        return str(
            replace_query_param(
                self.base_url or "", self.cursor_query_param, position.encode(self.order)
            )
        )
