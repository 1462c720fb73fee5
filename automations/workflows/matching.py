"""Which of some customers a tree of conditions matches now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from psycopg import sql

from imports.database import fetch, numbers
from segments.conditions import Catalogue, Clock, Tree, members_query, read_document


def matching(document: Any, customer_ids: Sequence[int], now: datetime) -> set[int]:
    """Return those of the customers whom a document of conditions matches."""
    if not document or not customer_ids:
        return set()
    return among(read_document(document, Catalogue()), customer_ids, now)


def among(tree: Tree, customer_ids: Sequence[int], now: datetime) -> set[int]:
    """Return those of the customers whom a tree matches."""
    clock = Clock(now, settings.TIME_ZONE)
    asked = sql.SQL("c.id = ANY ({})").format(numbers(customer_ids))
    return {row[0] for row in fetch(members_query(tree, clock, asked))}
