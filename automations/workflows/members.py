"""Who can be in a workflow at all: active members who would not leave at once."""

from typing import Any

from django.conf import settings
from psycopg import sql

from automations.models import Workflow
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


def belonging_documents(workflow: Workflow) -> list[dict[str, Any]]:
    """Return the conditions on who can be in a workflow, whatever its trigger means."""
    leaving = workflow.exit_conditions or {}
    group = {key: value for key, value in leaving.items() if key != "version"}
    return [*membership_documents(), *([{"not": group}] if group else [])]


def can_be_in(workflow: Workflow, clock: Clock) -> sql.Composable:
    """Return the condition that the customer `c` can be in a workflow.

    Raises ConditionError for a fault in the conditions for leaving it.
    """
    is_member = is_active_member(clock)
    if not workflow.exit_conditions:
        return is_member
    leaving = read_document(workflow.exit_conditions, Catalogue())
    stays = condition(leaving.root, clock, is_negated=True)
    return sql.SQL("{} AND {}").format(is_member, stays)


def is_active_member(clock: Clock) -> sql.Composable:
    """Return the condition that the customer `c` is an active member."""
    documents = membership_documents()
    if not documents:
        return _THERE
    tree = read_document({"version": 1, "all": documents}, Catalogue())
    return sql.SQL("{} AND {}").format(_THERE, condition(tree.root, clock))
