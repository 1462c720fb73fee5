"""What can be imported into the funnel: moves between stages, and activities."""

from typing import Any

from django.conf import settings
from psycopg import sql

from customers.import_targets import REFERENCE
from customers.services.identity import named_owners_sql, referenced_sql
from funnel.models import FunnelEvent
from imports.database import comma, execute, fetch, fetch_value
from imports.services.changes import record_created
from imports.services.plans import PLAN
from imports.services.reverting import deleting, door_sql
from imports.targets import (
    Context,
    Field,
    Log,
    Relation,
    Target,
    Undo,
    UndoContext,
    register,
)

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


class _Log:
    """The statements of one append-only table."""

    def __init__(
        self,
        table: str,
        kind: str,
        *,
        event_name: str,
        at: str,
        payload: str,
        values: dict[str, str],
    ) -> None:
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
        return sql.SQL(_PLAN).format(
            rows=rows, referenced=referenced_sql(rows), table=self.parts["table"]
        )

    def added(
        self, rows: Relation, plan: Relation, context: Context, may_collide: bool
    ) -> sql.Composable:
        """CTEs that insert what is new by now and tell who subscribed to it."""
        insert: sql.Composable = sql.SQL(_INSERT).format(
            **self.parts, rows=rows, plan=plan
        )
        if may_collide:
            unless = sql.SQL("{} ON CONFLICT (identity) DO NOTHING")
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


_MOVES = _Log(
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
)
_ACTIVITIES = _Log(
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


# A moment as the API shows it everywhere: in UTC, without an empty fraction.
_MOMENT = (
    "replace(to_char(entry.{0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
    " '.000000Z', 'Z')"
)
_MOVE_ANSWER = (
    "json_build_object('id', entry.id, 'customer_id', entry.customer_id,"
    " 'funnel_type', entry.funnel_type, 'from_stage', entry.from_stage,"
    " 'to_stage', entry.to_stage, 'created_date', "
    f"{_MOMENT.format('created_date')}, 'external_id', entry.external_id)::text"
)
_ACTIVITY_ANSWER = (
    "json_build_object('id', entry.id, 'customer_id', entry.customer_id,"
    f" 'name', entry.name, 'occurred_at', {_MOMENT.format('occurred_at')},"
    " 'amount', entry.amount::text, 'properties', entry.properties,"
    " 'external_id', entry.external_id)::text"
)


def remove_moves(changes: Relation, context: UndoContext) -> None:
    """Remove events by the door that the database leaves, on record."""
    subjects = sql.SQL("SELECT subject_id FROM {}").format(changes)
    execute(_UNTOLD.format(changes))
    fetch(door_sql("remove_funnel_events", subjects, context))


# What nobody has taken yet of the events that this import told.
_UNTOLD = sql.SQL(
    "DELETE FROM event_outbox USING {} AS c WHERE kind = 'funnel'"
    " AND payload -> 'event_id' = to_jsonb(c.subject_id)"
)


_REFERENCED = tuple(field.name for field in REFERENCE)

FUNNEL_EVENTS = Target(
    name="funnel_events",
    label="funnel events",
    fields=(
        *REFERENCE,
        Field(
            "funnel_type",
            label="Funnel",
            required=True,
            choices=tuple(FunnelEvent.FunnelType.values),
            aliases=("funnel",),
        ),
        Field("from_stage", label="From stage", max_length=100, aliases=("from",)),
        Field(
            "to_stage",
            label="To stage",
            required=True,
            max_length=100,
            aliases=("to", "stage"),
        ),
        Field(
            "created_date",
            cast="timestamp",
            label="Happened at",
            now_when_live=True,
            aliases=("created_at", "occurred_at", "date", "happened_at"),
        ),
        Field("external_id", label="External ID", max_length=255),
    ),
    plan=_MOVES.plan,
    apply=_MOVES.apply,
    table="funnel_events",
    log=Log(_MOVES.added, _MOVE_ANSWER, named_owners_sql),
    undo=Undo(table="funnel_events", revert=remove_moves),
    heard=_MOVES.heard,
    identity=(*_REFERENCED, "funnel_type", "from_stage", "to_stage", "created_date"),
)

ACTIVITIES = Target(
    name="activities",
    label="activities",
    fields=(
        *REFERENCE,
        Field("name", label="Name", required=True, max_length=100),
        Field(
            "occurred_at",
            cast="timestamp",
            label="Occurred at",
            required=True,
            now_when_live=True,
            aliases=("date", "created_at", "created_date"),
        ),
        Field("amount", cast="amount", label="Amount"),
        Field("external_id", label="External ID", max_length=255),
        Field("properties", cast="json", label="Properties", suggested=False),
    ),
    plan=_ACTIVITIES.plan,
    apply=_ACTIVITIES.apply,
    table="activities",
    log=Log(_ACTIVITIES.added, _ACTIVITY_ANSWER, named_owners_sql),
    undo=deleting("activities"),
    heard=_ACTIVITIES.heard,
    extra="property",
    identity=(*_REFERENCED, "name", "occurred_at", "amount"),
)

for target in (FUNNEL_EVENTS, ACTIVITIES):
    register(target)
