"""Event triggers: what happened to one customer starts a workflow for them.

An event is taken out of the outbox in the transaction that enrols, so it is neither
missed nor handled twice, whatever the order in which writers commit.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DataError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from psycopg import sql

from automations.errors import fault_words
from automations.models import Workflow
from automations.workflows.entering import enter
from automations.workflows.triggers import parameters_of
from imports.database import execute, fetch
from segments.conditions import Clock
from segments.conditions.entry import BIGGEST_ID, Entry
from segments.conditions.kinds.activities import MOST_FILTERS, PropertyFilter
from segments.errors import ConditionError

logger = logging.getLogger(__name__)
BATCH = 5_000
_TRUE = sql.SQL("true")
_TAKEN = sql.SQL("taken_events")


@dataclass(frozen=True)
class EventTrigger:
    """A trigger by events of one `kind` of the outbox.

    `subscribes` names the events that its parameters ask for, "" for all of the kind;
    `test` is a condition on an event `a` for the rest of them.
    """

    name: str
    title: str | Promise
    kind: str
    parameters: tuple[str, ...]
    subscribes: Callable[[Entry], str]
    test: Callable[[Entry, Clock], sql.Composable] = lambda entry, clock: _TRUE


def _named(key: str) -> Callable[[Entry], str]:
    return lambda entry: entry.text(key, default="")


def _move_test(entry: Entry, clock: Clock) -> sql.Composable:
    tests = [
        sql.SQL("a.payload ->> {} = {}").format(
            sql.Literal(key), sql.Literal(entry.text(key))
        )
        for key in ("funnel_type", "from_stage")
        if entry.has(key)
    ]
    return sql.SQL(" AND ").join(tests) if tests else _TRUE


def _activity_test(entry: Entry, clock: Clock) -> sql.Composable:
    filters = entry.listed("where")
    if len(filters) > MOST_FILTERS:
        raise ConditionError(f"At most {MOST_FILTERS} filters.", entry.at("where"))
    tests = [PropertyFilter.read(*one).condition(clock) for one in filters]
    return sql.SQL(" AND ").join(tests) if tests else _TRUE


def _template_of(entry: Entry) -> str:
    if not entry.has("template_id"):
        return ""
    return str(entry.whole("template_id", least=1, most=BIGGEST_ID))


def _link_test(entry: Entry, clock: Clock) -> sql.Composable:
    if not entry.has("link"):
        return _TRUE
    link = sql.Literal(entry.text("link"))
    return sql.SQL("a.payload ->> 'link' = {}").format(link)


EVENTS = {
    one.name: one
    for one in (
        EventTrigger(
            "funnel_move",
            gettext_lazy("Moves in a funnel"),
            "funnel",
            ("funnel_type", "from_stage", "to_stage"),
            _named("to_stage"),
            _move_test,
        ),
        EventTrigger(
            "activity_performed",
            gettext_lazy("Does something"),
            "activity",
            ("name", "where"),
            lambda entry: entry.text("name"),
            _activity_test,
        ),
        EventTrigger(
            "tag_added",
            gettext_lazy("Gets a tag"),
            "tag",
            ("tag",),
            lambda entry: entry.text("tag"),
        ),
        *(
            EventTrigger(
                f"message_{what}",
                title,
                f"message_{what}",
                ("template_id", *more),
                _template_of,
                _link_test,
            )
            for what, title, more in (
                ("opened", gettext_lazy("Opens a message"), ()),
                ("clicked", gettext_lazy("Follows a link"), ("link",)),
                ("bounced", gettext_lazy("A message bounces"), ()),
            )
        ),
    )
}

# Rows that another worker holds are its own; those it gives back come with the next.
_TAKE = """
WITH due AS (
    SELECT id FROM event_outbox WHERE due_at IS NULL OR due_at <= {now}
    ORDER BY id LIMIT {limit} FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM event_outbox USING due WHERE event_outbox.id = due.id
    RETURNING event_outbox.id, kind, name, customer_id, payload, occurred_at
)
INSERT INTO taken_events (id, kind, name, customer_id, payload, properties, occurred_at)
SELECT id, kind, name, customer_id, payload,
       coalesce(payload -> 'properties', '{{}}'), occurred_at FROM gone
"""
_CREATE = """
CREATE TEMP TABLE IF NOT EXISTS taken_events (
    id bigint, kind text, name text, customer_id bigint, payload jsonb,
    properties jsonb, occurred_at timestamptz
) ON COMMIT DELETE ROWS
"""
# The same event has the same key, however it is heard of.
_KEY = (
    "a.kind || ':' || coalesce(a.payload ->> 'event_id', a.payload ->> 'activity_id',"
    " 'outbox-' || a.id)"
)
_CANDIDATES = """
SELECT a.customer_id, {key}, jsonb_build_object('event', a.name,
           'occurred_at', a.occurred_at) || (a.payload - 'event_id' - 'activity_id')
FROM {events} AS a
WHERE {is_meant}
"""
_CAME = """
UPDATE enrolments SET due_at = {now}, waits_for = ''
WHERE id IN (
    SELECT e.id FROM enrolments e JOIN taken_events a
        ON a.customer_id = e.member_id AND a.name = e.waits_for
    WHERE a.kind = 'activity' AND e.state = 'active' AND e.waits_for <> ''
    ORDER BY e.id FOR UPDATE OF e
)
"""


@transaction.atomic
def take_events(now: datetime | None = None, *, limit: int = BATCH) -> int:
    """Take events from the outbox and start what they start; return how many."""
    now = now or timezone.now()
    execute(sql.SQL(_CREATE))
    execute(sql.SQL("DELETE FROM taken_events"))
    taken = execute(sql.SQL(_TAKE).format(limit=sql.Literal(limit), now=_instant(now)))
    if not taken:
        return 0
    for workflow in _listening():
        try:
            with transaction.atomic():
                enter(workflow, candidates(workflow.trigger, now), now=now)
        except (ConditionError, DataError) as error:
            # The others must hear; once it is mended, the second look finds the events.
            logger.error("Workflow %s cannot hear: %s", workflow.pk, fault_words(error))
    execute(sql.SQL(_CAME).format(now=_instant(now)))
    return taken


def _listening() -> QuerySet[Workflow]:
    """Return the workflows that events of the kinds taken may start.

    In one order everywhere, as each is locked for its entrants.
    """
    kinds = {row[0] for row in fetch(sql.SQL("SELECT DISTINCT kind FROM taken_events"))}
    triggers = [one.name for one in EVENTS.values() if one.kind in kinds]
    enabled = Workflow.objects.filter(is_enabled=True, trigger__type__in=triggers)
    return enabled.order_by("pk")


def candidates(
    trigger: dict[str, Any], now: datetime, events: sql.Composable = _TAKEN
) -> sql.Composable:
    """SELECT whom events let into a workflow; raises ConditionError."""
    return sql.SQL(_CANDIDATES).format(
        key=sql.SQL(_KEY), events=events, is_meant=is_meant(trigger, now)
    )


def is_meant(trigger: dict[str, Any], now: datetime) -> sql.Composable:
    """Return the condition on an event `a` that a trigger makes of its parameters."""
    kind, entry = event_trigger(trigger)
    name = sql.Literal(kind.subscribes(entry))
    return sql.SQL("a.kind = {} AND ({} = '' OR a.name = {}) AND {}").format(
        sql.Literal(kind.kind),
        name,
        name,
        kind.test(entry, Clock(now, settings.TIME_ZONE)),
    )


def event_trigger(trigger: dict[str, Any]) -> tuple[EventTrigger, Entry]:
    """Return the kind of an event trigger and its parameters."""
    kind = EVENTS[Entry(trigger, "trigger").choice("type", EVENTS)]
    return kind, parameters_of(trigger, kind.parameters)


def _instant(now: datetime) -> sql.Composable:
    return sql.SQL("{}::timestamptz").format(sql.Literal(now.isoformat()))
