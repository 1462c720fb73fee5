"""Say who would enter a workflow, and why one customer did or did not; writes nothing."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from psycopg import sql

from automations.models import Enrolment, Workflow
from automations.workflows.daily import daily_candidates, day_of
from automations.workflows.entering import COOLDOWN, end_of_cooldown, obstacles
from automations.workflows.happenings import EVENTS, candidates, event_trigger, is_meant
from automations.workflows.members import belonging_documents, can_be_in
from automations.workflows.recorded import recorded_events
from automations.workflows.triggers import DAILY, daily_document, daily_key
from customers.models import Customer
from imports.database import fetch
from segments.conditions import Catalogue, Clock, read_document
from segments.services.conditions import Explanation, explain, limited

_SHOWN = 20
_MOST_SECONDS = 60
# How far back an event trigger is explained.
LOOK_BACK = timedelta(days=7)
_FEW_EVENTS = 5


@dataclass(frozen=True)
class DryRun:
    """Whom a trigger means, and who of them would enter.

    `kept_out` counts the others by the names in `entering.OBSTACLES`; `first` has the
    lowest IDs of those who would enter, 20 at most.
    """

    meant: int
    entering: int
    first: tuple[int, ...]
    kept_out: dict[str, int]


@dataclass(frozen=True)
class Heard:
    """An event that one customer had, and whether the trigger means it."""

    at: datetime
    name: str
    payload: dict[str, Any]
    is_meant: bool


@dataclass(frozen=True)
class Why:
    """Whether a customer would enter a workflow now, and what speaks for and against.

    `explanation` holds the conditions of a daily trigger and that on the membership,
    `events` the newest ones of an event trigger's kind. `obstacle` is "" or a name in `entering.OBSTACLES`, and
    `until` says when a cooldown is over.
    """

    is_meant: bool
    explanation: Explanation | None
    events: tuple[Heard, ...]
    obstacle: str
    until: datetime | None
    last: Enrolment | None
    is_enabled: bool
    is_there: bool

    @property
    def would_enter(self) -> bool:
        clear = self.is_enabled and self.is_there and not self.obstacle
        return clear and self.is_meant


def dry_run(
    workflow: Workflow,
    *,
    now: datetime | None = None,
    since: datetime | None = None,
    seconds: int = _MOST_SECONDS,
) -> DryRun:
    """Count who would enter if the trigger were asked now; the workflow may be unsaved.

    An event trigger is asked of what happened `since`, by default the last 24 hours;
    each customer counts once. Raises ConditionError for a fault in the trigger and
    SegmentError when the look-up takes longer than `seconds`.
    """
    now = now or timezone.now()
    came = _came(workflow, now, since or now - timedelta(days=1))
    if came is None:
        return DryRun(0, 0, (), {})
    query = _dry_run_sql(workflow, came, now)
    with limited(seconds):
        rows = fetch(query)
    counts = {reason: count for reason, count, _first in rows}
    firsts = {reason: first for reason, _count, first in rows}
    entering = counts.pop("", 0)
    return DryRun(
        meant=entering + sum(counts.values()),
        entering=entering,
        first=tuple(firsts.get("", ())),
        kept_out=counts,
    )


def why(workflow: Workflow, customer: Customer, *, by: User) -> Why:
    """Ask the trigger and the rules of entering about one customer.

    `by` is who asks: what they may not see of the customer stays hidden. Raises
    ConditionError for a fault in the trigger.
    """
    now = timezone.now()
    kind = workflow.trigger.get("type")
    conditions, key = belonging_documents(workflow), ""
    events: tuple[Heard, ...] = ()
    if kind in DAILY:
        at = day_of(workflow, now)
        conditions.insert(0, daily_document(workflow.trigger, at))
        key = daily_key(workflow.trigger, at)
    elif kind in EVENTS:
        events = _heard(workflow, customer, now)
    explanation = _explained(conditions, customer, by)
    earlier = Enrolment.objects.filter(workflow=workflow, customer=customer)
    obstacle, until = obstacle_of(workflow, customer, key, now)
    return Why(
        is_meant=(explanation is None or explanation.matches)
        and (kind not in EVENTS or any(one.is_meant for one in events)),
        explanation=explanation,
        events=events,
        obstacle=obstacle,
        until=until,
        last=earlier.select_related("version").order_by("-id").first(),
        is_enabled=workflow.is_enabled,
        is_there=customer.erased_at is None and customer.archived_at is None,
    )


def _explained(
    conditions: list[dict[str, Any]], customer: Customer, by: User
) -> Explanation | None:
    if not conditions:
        return None
    tree = read_document({"version": 1, "all": conditions}, Catalogue())
    return explain(tree, customer, by=by)


def _came(workflow: Workflow, now: datetime, since: datetime) -> sql.Composable | None:
    kind = workflow.trigger.get("type")
    if kind in DAILY:
        return daily_candidates(workflow, now)
    if kind not in EVENTS:
        return None
    events = recorded_events(event_trigger(workflow.trigger)[0].kind, since)
    return candidates(workflow.trigger, now, events)


# One event of several is enough; only that it was the same differs between them.
_DRY_RUN = """
WITH came AS MATERIALIZED (
    SELECT DISTINCT came.customer_id, came.trigger_key
    FROM ({came}) AS came (customer_id, trigger_key, context)
    JOIN customers c ON c.id = came.customer_id
    WHERE {can_be_in}
), events AS (
    SELECT came.customer_id, {reason} AS reason
    FROM came LEFT JOIN enrolments e
        ON e.workflow_id = {workflow} AND e.member_id = came.customer_id
    GROUP BY came.customer_id, came.trigger_key
), judged AS (
    SELECT customer_id, min(reason) AS reason FROM events GROUP BY customer_id
)
SELECT reason, count(*), (array_agg(customer_id ORDER BY customer_id))[1:{shown}]
FROM judged GROUP BY reason
"""


def _dry_run_sql(
    workflow: Workflow, came: sql.Composable, now: datetime
) -> sql.Composable:
    return sql.SQL(_DRY_RUN).format(
        came=came,
        can_be_in=can_be_in(workflow, Clock(now, settings.TIME_ZONE)),
        reason=_first_reason(workflow, now),
        workflow=sql.Literal(workflow.pk),
        shown=sql.Literal(_SHOWN),
    )


def _first_reason(workflow: Workflow, now: datetime) -> sql.Composable:
    """Return the name of the first obstacle among all earlier enrolments `e`."""
    cases = [
        sql.SQL("WHEN bool_or({} AND e.id IS NOT NULL) THEN {}").format(
            test, sql.Literal(name)
        )
        for name, test in obstacles(workflow, now).items()
    ]
    return sql.SQL("CASE {} ELSE '' END").format(sql.SQL(" ").join(cases))


_OBSTACLE = """
SELECT {reason}, max(e.entered_at)
FROM (SELECT {customer} AS customer_id, {key} AS trigger_key) AS came
LEFT JOIN enrolments e ON e.workflow_id = {workflow} AND e.member_id = came.customer_id
"""


def obstacle_of(
    workflow: Workflow, customer: Customer, key: str, now: datetime
) -> tuple[str, datetime | None]:
    """Return what of earlier ways keeps a customer out, "" for nothing, until when."""
    query = sql.SQL(_OBSTACLE).format(
        reason=_first_reason(workflow, now),
        customer=sql.Literal(customer.pk),
        key=sql.Literal(key),
        workflow=sql.Literal(workflow.pk),
    )
    [(reason, entered_at)] = fetch(query)
    if reason != COOLDOWN:
        return reason, None
    return reason, end_of_cooldown(workflow, entered_at)


_HEARD = """
SELECT a.occurred_at, a.name, a.payload, {is_meant}
FROM {events} AS a
WHERE a.customer_id = {customer} AND a.kind = {kind} AND {name} IN ('', a.name)
ORDER BY a.occurred_at DESC LIMIT {few}
"""


def _heard(workflow: Workflow, customer: Customer, now: datetime) -> tuple[Heard, ...]:
    kind, entry = event_trigger(workflow.trigger)
    query = sql.SQL(_HEARD).format(
        is_meant=is_meant(workflow.trigger, now),
        events=recorded_events(kind.kind, now - LOOK_BACK),
        customer=sql.Literal(customer.pk),
        kind=sql.Literal(kind.kind),
        name=sql.Literal(kind.subscribes(entry)),
        few=sql.Literal(_FEW_EVENTS),
    )
    with limited(settings.SEGMENT_TIMEOUT_SECONDS):
        rows = fetch(query)
    return tuple(
        Heard(at, name, json.loads(payload), meant) for at, name, payload, meant in rows
    )
