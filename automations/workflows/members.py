"""Who can be in a workflow at all: active members."""

from typing import Any

from django.conf import settings
from psycopg import sql

from customers.models import AttributeDefinition
from segments.conditions import Catalogue, Clock, condition, read_document

_ACTIVE = "active"
_THERE = sql.SQL("c.erased_at IS NULL AND c.archived_at IS NULL")


def membership_documents() -> list[dict[str, Any]]:
    """Return the condition on the membership status; none where there is no status."""
    status = settings.MEMBERSHIP_STATUS_ATTRIBUTE
    if not AttributeDefinition.objects.filter(
        name=status, field_type="string"
    ).exists():
        return []
    known = {"type": "attribute", "attribute": status}
    is_active = {"operator": "equals", "value": _ACTIVE, "ignore_case": True}
    return [{"any": [known | {"operator": "is_not_set"}, known | is_active]}]


def is_active_member(clock: Clock) -> sql.Composable:
    """Return the condition that the customer `c` is an active member."""
    documents = membership_documents()
    if not documents:
        return _THERE
    tree = read_document({"version": 1, "all": documents}, Catalogue())
    return sql.SQL("{} AND {}").format(_THERE, condition(tree.root, clock))
