from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

MAX_PAGE = 500


class NewestFirst(CursorPagination):
    """Pages by cursor, the newest row first; at most 500 rows a page."""

    ordering = "-id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE

    def get_page_size(self, request: Request) -> int | None:
        text = request.query_params.get(self.page_size_query_param)
        if text is None:
            return self.page_size
        size = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        if not 1 <= size <= MAX_PAGE:
            raise ValidationError(
                {"page_size": [f"Give a number from 1 to {MAX_PAGE}."]}
            )
        return size

    def decode_cursor(self, request: Request) -> Any:
        cursor = super().decode_cursor(request)
        position = cursor.position if cursor else None
        # What a page's link never says would only fail in the database.
        if position is not None and not self.is_position(str(position)):
            raise ValidationError({"cursor": ["Take the cursor from a page's links."]})
        return cursor

    def is_position(self, text: str) -> bool:
        """Tell whether a cursor can point there: at a number that fits an ID."""
        return (
            text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63
        )
