"""How moves and activities are appended, set-wise, and told to who subscribed."""

from typing import Any

from django.conf import settings
from psycopg import sql

from customers.services.identity import referenced_sql
from imports.database import comma, execute, fetch_value
from imports.services.changes import record_created
from imports.services.plans import PLAN
from imports.targets import Context, Relation

# Both tables are append-only: a row whose identity is known changes nothing, whether
# it came before or stands earlier in the file. One that another writer adds meanwhile
# breaks the unique index, and the engine begins the batch anew.
_PLAN = """
SELECT r.line, known.id AS subject_id, w.customer_id AS owner_id,
       CASE WHEN w.problem IS NOT NULL THEN 'reject'
            WHEN known.id IS NOT NULL OR r.line > repeated.first_line THEN 'unchanged'
            ELSE 'create' END AS action,
       w.problem_column, w.problem, NULL::jsonb AS value
FROM {rows} AS r
JOIN ({referenced}) AS w ON w.line = r.line
LEFT JOIN (
    SELECT identity, min(line) AS first_line FROM {rows} AS r
    GROUP BY identity HAVING count(*) > 1
) AS repeated ON repeated.identity = r.identity
LEFT JOIN {table} AS known ON known.identity = r.identity
"""
# A customer converts once to each name, whatever the row's own identity.
_PLAN_MOVES = """
WITH planned AS MATERIALIZED ({plan}),
converting AS MATERIALIZED (
    SELECT p.line, p.owner_id, r.to_stage FROM planned AS p
    JOIN {rows} AS r ON r.line = p.line
    WHERE p.action = 'create' AND r.funnel_type = 'conversion'
),
settled AS (
    SELECT c.line, known.id AS known_id,
           row_number() OVER (PARTITION BY c.owner_id, c.to_stage ORDER BY c.line) > 1
               AS is_repeated
    FROM converting AS c LEFT JOIN funnel_events AS known
         ON known.customer_id = c.owner_id AND known.to_stage = c.to_stage
         AND known.funnel_type = 'conversion'
)
SELECT p.line, coalesce(p.subject_id, s.known_id) AS subject_id, p.owner_id,
       CASE WHEN s.known_id IS NOT NULL OR s.is_repeated THEN 'unchanged'
            ELSE p.action END AS action,
       p.problem_column, p.problem, p.value
FROM planned AS p LEFT JOIN settled AS s ON s.line = p.line
"""
_INSERT = """
INSERT INTO {table} (id, customer_id, {columns}, external_id, identity)
SELECT p.subject_id, p.owner_id, {values}, coalesce(r.external_id, ''), r.identity
FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line
WHERE p.action = 'create' ORDER BY p.subject_id
"""
# The outbox row stands or falls with the event. Events of files are history and start
# nothing unless asked; of those that come by themselves only the fresh ones do.
_ADD_AND_TELL = """
added AS ({insert} RETURNING *),
told AS (
    INSERT INTO event_outbox (kind, name, customer_id, payload, occurred_at)
    SELECT {kind}, {event_name}, customer_id, {payload}, {at} FROM added
    WHERE {at} > {oldest} AND EXISTS (SELECT FROM event_subscriptions AS s
        WHERE s.kind = {kind} AND s.name IN ('', {event_name}))
)"""
_HAS_REPEATS = """
SELECT EXISTS (SELECT FROM {plan} WHERE action = 'unchanged' AND subject_id IS NULL)
"""
# What stands among the rows twice gets the id of the row that was inserted for it.
_NAME_REPEATS = """
UPDATE {plan} AS p SET subject_id = known.id
FROM {rows} AS r JOIN {table} AS known ON known.identity = r.identity
WHERE r.line = p.line AND p.action = 'unchanged' AND p.subject_id IS NULL
"""
_HEARD = """
SELECT count(*) FROM {plan} AS p JOIN {rows} AS added ON added.line = p.line
WHERE p.action = 'create' AND EXISTS (SELECT FROM event_subscriptions AS s
    WHERE s.kind = {kind} AND s.name IN ('', {event_name}))
"""


class EventLog:
    """The statements of one append-only table.

    `plan` settles further what the common plan says, under its name.
    """

    def __init__(
        self,
        table: str,
        kind: str,
        *,
        event_name: str,
        at: str,
        payload: str,
        values: dict[str, str],
        plan: str = "{plan}",
    ) -> None:
        self._plan = sql.SQL(plan)
        self.parts: dict[str, Any] = {
            "table": sql.Identifier(table),
            "kind": sql.Literal(kind),
            "event_name": sql.Identifier("added", event_name),
            "at": sql.Identifier("added", at),
            "payload": sql.SQL(payload),
            "columns": comma(sql.Identifier(name) for name in values),
            "values": comma(sql.SQL(value) for value in values.values()),
        }

    def plan(self, rows: Relation, context: Context) -> sql.Composable:
        plan = sql.SQL(_PLAN).format(
            rows=rows, referenced=referenced_sql(rows), table=self.parts["table"]
        )
        return self._plan.format(plan=plan, rows=rows)

    def added(
        self, rows: Relation, plan: Relation, context: Context, may_collide: bool
    ) -> sql.Composable:
        """CTEs that insert what is new by now and tell who subscribed to it."""
        insert: sql.Composable = sql.SQL(_INSERT).format(
            **self.parts, rows=rows, plan=plan
        )
        if may_collide:
            unless = sql.SQL("{} ON CONFLICT DO NOTHING")
            insert = unless.format(insert)
        return self._telling(insert, context)

    def _telling(self, insert: sql.Composable, context: Context) -> sql.Composable:
        oldest = sql.SQL(_oldest(context) or "'infinity'::timestamptz")
        return sql.SQL(_ADD_AND_TELL).format(**self.parts, insert=insert, oldest=oldest)

    def apply(self, rows: Relation, context: Context) -> dict[str, int]:
        insert = sql.SQL(_INSERT).format(**self.parts, rows=rows, plan=PLAN)
        if _oldest(context):
            told = self._telling(insert, context)
            insert = sql.SQL("WITH {} SELECT id FROM added").format(told)
        execute(insert)
        if fetch_value(sql.SQL(_HAS_REPEATS).format(plan=PLAN)):
            name = sql.SQL(_NAME_REPEATS)
            execute(name.format(**self.parts, plan=PLAN, rows=rows))
        record_created(context)
        return {}

    def heard(self, rows: Relation) -> sql.Composable:
        """SELECT how many of the planned events somebody subscribed to."""
        return sql.SQL(_HEARD).format(**self.parts, rows=rows, plan=PLAN)


def _oldest(context: Context) -> str:
    """From when on events start workflows; "": they start none."""
    if context.may_start_workflows:
        return "'-infinity'::timestamptz"
    if context.is_live:
        return f"now() - interval '{settings.EVENT_FRESH_HOURS} hours'"
    return ""


MOVES = EventLog(
    "funnel_events",
    "funnel",
    event_name="to_stage",
    at="created_date",
    payload="jsonb_build_object('event_id', id, 'funnel_type', funnel_type,"
    " 'from_stage', from_stage, 'to_stage', to_stage)",
    values={
        "funnel_type": "r.funnel_type",
        "from_stage": "coalesce(r.from_stage, '')",
        "to_stage": "r.to_stage",
        "created_date": "coalesce(r.created_date, now())",
    },
    plan=_PLAN_MOVES,
)
ACTIVITIES = EventLog(
    "activities",
    "activity",
    event_name="name",
    at="occurred_at",
    payload="jsonb_build_object('activity_id', id, 'amount', amount,"
    " 'properties', properties)",
    values={
        "name": "r.name",
        "occurred_at": "r.occurred_at",
        "amount": "r.amount",
        "properties": "r.extra",
    },
)
