"""Who can be in a workflow at all: active members whose way would not end at once."""

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
    ends = [
        {"not": {key: value for key, value in document.items() if key != "version"}}
        for document in _ends(workflow)
    ]
    return [*membership_documents(), *ends]


def can_be_in(workflow: Workflow, clock: Clock) -> sql.Composable:
    """Return the condition that the customer `c` can be in a workflow.

    Raises ConditionError for a fault in the goal or the conditions for leaving.
    """
    stays = [
        condition(read_document(document, Catalogue()).root, clock, is_negated=True)
        for document in _ends(workflow)
    ]
    return sql.SQL(" AND ").join([is_active_member(clock), *stays])


def _ends(workflow: Workflow) -> list[dict[str, Any]]:
    """Return the conditions by which a way through a workflow would end at once."""
    return [one for one in (workflow.goal, workflow.exit_conditions) if one]


def is_active_member(clock: Clock) -> sql.Composable:
    """Return the condition that the customer `c` is an active member."""
    documents = membership_documents()
    if not documents:
        return _THERE
    tree = read_document({"version": 1, "all": documents}, Catalogue())
    return sql.SQL("{} AND {}").format(_THERE, condition(tree.root, clock))
