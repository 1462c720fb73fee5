"""What a workflow adds to the values that the templates of its messages read.

What holds for all members stands in the dispatch of a step, what is a member's own on
their delivery. Later ones win: the member, the workflow's context, the step's values.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _
from psycopg import sql

from automations.models import WorkflowVersion
from automations.workflows.batch import Batch
from automations.workflows.trigger_fields import TRIGGERS
from imports.database import fetch, numbers
from segments.conditions.entry import Entry
from segments.errors import ConditionError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_NAME = 100
_MOST_VALUES = 50
# The last offer of the enrolment, its credits, and all credits of the member.
_GIVEN = """
SELECT asked.enrolment_id, offer.offer_code, offer.expiry_date, booked.granted,
       booked.balance
FROM unnest({enrolments}::bigint[], {customers}::bigint[])
    AS asked (enrolment_id, customer_id)
LEFT JOIN LATERAL (
    SELECT offer_code, expiry_date FROM member_offers
    WHERE member_id = asked.customer_id
      AND starts_with(source_key, 'workflow:' || asked.enrolment_id || ':')
    ORDER BY id DESC LIMIT 1
) AS offer ON true
LEFT JOIN LATERAL (
    SELECT sum(amount) AS balance, sum(amount) FILTER (
        WHERE starts_with(source_key, 'workflow:' || asked.enrolment_id || ':')
    ) AS granted
    FROM credit_entries WHERE member_id = asked.customer_id
) AS booked ON true
WHERE offer.offer_code IS NOT NULL OR booked.balance IS NOT NULL
"""


def read_values(entry: Entry, key: str) -> tuple[tuple[str, str], ...]:
    """Read values for a template, one a line as “name = value”; raises ConditionError."""
    lines = entry.text(key, default="").splitlines()
    named = [line.partition("=") for line in lines if line.strip()]
    if len(named) > _MOST_VALUES:
        raise entry.refuse(key, _("A step has up to %s values.") % _MOST_VALUES)
    for name, equals, _rest in named:
        known = name.strip()
        if not equals or not _NAME.fullmatch(known) or len(known) > _LONGEST_NAME:
            raise entry.refuse(
                key,
                _("Write each line as name = value; a name has letters, digits and _."),
            )
        if known == "customer":
            raise entry.refuse(key, _("“customer” is the customer; take another name."))
    return tuple((name.strip(), value.strip()) for name, _e, value in named)


def values_in(steps: Any) -> Iterator[tuple[str, str]]:
    """Give the values that the steps of a document have for their templates."""
    for step in steps if isinstance(steps, list) else ():
        with suppress(ConditionError, AttributeError):
            yield from read_values(Entry(step.get("parameters", {}), ""), "context")
        if isinstance(step, dict):
            for way in ("yes", "no"):
                yield from values_in(step.get(way))


def constant_values(version: WorkflowVersion) -> dict[str, Any]:
    """Return what is the same for all members of a version."""
    context = {
        str(name): value
        for name, value in version.context.items()
        if name != "customer"
    }
    return {
        "workflow_name": version.workflow.name,
        "trigger": _trigger(version.trigger),
    } | context


def own_values(batch: Batch) -> dict[int, dict[str, Any]]:
    """Return what only some members have, by enrolment: event, offer and credits."""
    found: dict[int, dict[str, Any]] = {
        one.enrolment_id: {"event": _event(one.context)}
        for one in batch.members
        if one.context
    }
    query = sql.SQL(_GIVEN).format(
        enrolments=numbers(batch.enrolment_ids),
        customers=numbers(one.customer_id for one in batch.members),
    )
    for enrolment_id, code, expires, granted, balance in fetch(query):
        given = {
            "offer_code": code,
            "offer_expiry_date": expires.isoformat() if expires else None,
            "credits_granted": float(granted) if granted is not None else None,
            "credit_balance": float(balance) if balance is not None else None,
        }
        known = {name: value for name, value in given.items() if value is not None}
        found[enrolment_id] = found.get(enrolment_id, {}) | known
    return found


def _trigger(trigger: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a trigger, with what was taken where none was given."""
    form = TRIGGERS.get(str(trigger.get("type", "")))
    given = trigger.get("parameters") or {}
    values = {field.key: field.default for field in form.fields} if form else {}
    return {
        name: value
        for name, value in (values | given).items()
        if isinstance(value, str | int | float)
    }


def _event(context: dict[str, Any]) -> dict[str, Any]:
    """Return the event that let a member in: its name, time and what else it told."""
    return {"name": context.get("event", "")} | {
        name: value for name, value in context.items() if name != "event"
    }
