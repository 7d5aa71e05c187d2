"""How lists are cut into pages."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Keyset paging: page 4,000 costs what page 1 costs, and a new row shifts nothing."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-created_at", "-id")
