"""Pages of long lists without counting every row."""

import json
import math
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet

EXACT_UP_TO = 10_000
DEEPEST_PAGE = 1_000_000


class EstimatePaginator(Paginator):  # type: ignore[type-arg]
    """Count exactly up to a bound; beyond it ask the query planner.

    Counting a million rows costs more than showing fifty of them, and nobody reads
    the last digits. Past the bound `is_estimate` is true, the number is rounded to
    two digits, and a page exists if it has rows.
    """

    is_estimate = False

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        keys = rows.order_by().values("pk")
        counted = keys[: EXACT_UP_TO + 1].count()
        if counted <= EXACT_UP_TO:
            return counted
        self.is_estimate = True
        return max(_two_digits(_planned_rows(keys)), EXACT_UP_TO)

    @property
    def template_name(self) -> str:
        """Name the template that the list's footer includes."""
        if self.is_estimate:
            return "admin/pagination_about.html"
        return "unfold/helpers/pagination_default.html"

    def validate_number(self, number: Any) -> int:
        if not (self.count and self.is_estimate):
            return super().validate_number(number)
        if not 1 <= int(number) <= DEEPEST_PAGE:
            raise EmptyPage
        return int(number)

    def page(self, number: Any) -> "Page[Any]":
        number = self.validate_number(number)
        if not self.is_estimate:
            return super().page(number)
        start = (number - 1) * self.per_page
        rows = self.object_list[start : start + self.per_page]
        if number > 1 and not len(rows):
            raise EmptyPage
        return Page(rows, number, self)


def _planned_rows(rows: QuerySet[Any, Any]) -> int:
    plan = json.loads(rows.explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


def _two_digits(number: int) -> int:
    if number < 100:
        return number
    scale = 10 ** (int(math.log10(number)) - 1)
    return int(round(number / scale) * scale)
