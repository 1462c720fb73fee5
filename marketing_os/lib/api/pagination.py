from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Pages by cursor, the newest row first; at most 500 rows a page."""

    ordering = "-id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500
