"""What can be imported into groups and sessions: what there is to be booked."""

from psycopg import sql

from funnel.models.session import LONGEST_MINUTES
from imports.database import comma, execute
from imports.services.changes import record_changes
from imports.services.plans import PLAN
from imports.targets import (
    Context,
    Field,
    Relation,
    Target,
    Undo,
    UndoContext,
    register,
)

_INSERT = """
INSERT INTO {table} (id, {columns}) SELECT p.subject_id, {values}
FROM {plan} AS p, jsonb_populate_record(NULL::{table}, p.value) AS v
WHERE p.action = 'create' ORDER BY p.subject_id
"""
_UPDATE = """
UPDATE {table} AS t SET {sets}
FROM {plan} AS p, jsonb_populate_record(NULL::{table}, p.value) AS v
WHERE p.action = 'update' AND t.id = p.subject_id
"""
_CHANGED = """
SELECT p.line, p.subject_id, NULL::bigint, p.action, pair.old, pair.new
FROM {plan} AS p LEFT JOIN {table} AS t ON t.id = p.subject_id AND p.action = 'update'
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(key, to_jsonb(t) -> key) AS old,
           jsonb_object_agg(key, wanted) AS new
    FROM jsonb_each(p.value) AS pair (key, wanted) WHERE to_jsonb(t) -> key <> wanted
) AS pair ON p.action = 'update'
WHERE p.action IN ('create', 'update')
"""
_SHOWN = """
SELECT p.line, t.{title}::text AS who, key AS field, to_jsonb(t) ->> key AS old,
       wanted #>> '{{}}' AS new
FROM {plan} AS p JOIN {table} AS t ON t.id = p.subject_id
CROSS JOIN LATERAL jsonb_each(p.value) AS pair (key, wanted)
WHERE p.action = 'update' AND to_jsonb(t) -> key <> wanted
"""
_TOUCHED = """
SELECT b.line, t.{title}::text AS who, '' AS field, '' AS imported, '' AS now,
       {used} AS reason
FROM {batch} AS b JOIN {table} AS t ON t.id = b.subject_id
WHERE b.action = 'create'
  AND EXISTS (SELECT FROM {below} AS below WHERE below.{key} = t.id)
UNION ALL
SELECT b.line, t.{title}::text, col, b.new ->> col, to_jsonb(t) ->> col, ''
FROM {batch} AS b JOIN {table} AS t ON t.id = b.subject_id
CROSS JOIN LATERAL jsonb_object_keys(b.new) AS col
WHERE b.action = 'update' AND to_jsonb(t) -> col NOT IN (b.new -> col, b.old -> col)
"""
_RESTORE = """
UPDATE {table} AS t SET {olds}
FROM {batch} AS b WHERE b.action = 'update' AND t.id = b.subject_id
"""
_DELETE = """
DELETE FROM {table} AS t USING {batch} AS b
WHERE b.action = 'create' AND t.id = b.subject_id
"""


class _Records:
    """The statements of one table whose plan holds each row's values as an object.

    `below` names the table that hangs on this one and its column.
    """

    def __init__(
        self, table: str, columns: tuple[str, ...], title: str, below: tuple[str, str]
    ) -> None:
        names = {name: sql.Identifier(name) for name in columns}
        put_back = sql.SQL(
            "{0} = CASE WHEN b.new ? {1}"
            " THEN (jsonb_populate_record(NULL::{2}, b.old)).{0} ELSE t.{0} END"
        )
        self.parts: dict[str, sql.Composable] = {
            "table": sql.Identifier(table),
            "plan": PLAN,
            "title": sql.Identifier(title),
            "below": sql.Identifier(below[0]),
            "key": sql.Identifier(below[1]),
            "used": sql.Literal(f"There are {below[0]} of it by now."),
            "columns": comma(names.values()),
            "values": comma(sql.Identifier("v", name) for name in columns),
            "sets": comma(sql.SQL("{0} = v.{0}").format(n) for n in names.values()),
            "olds": comma(
                put_back.format(quoted, sql.Literal(name), sql.Identifier(table))
                for name, quoted in names.items()
            ),
        }

    def apply(self, rows: Relation, context: Context) -> dict[str, int]:
        record_changes(context, self._sql(_CHANGED))
        execute(self._sql(_INSERT))
        execute(self._sql(_UPDATE))
        return {}

    def shown(self, rows: Relation) -> sql.Composable:
        return self._sql(_SHOWN)

    def touched(self, changes: Relation, context: UndoContext) -> sql.Composable:
        return self._sql(_TOUCHED, batch=changes)

    def revert(self, changes: Relation, context: UndoContext) -> None:
        execute(self._sql(_RESTORE, batch=changes))
        execute(self._sql(_DELETE, batch=changes))

    def _sql(self, statement: str, **more: sql.Composable) -> sql.Composable:
        return sql.SQL(statement).format(**self.parts, **more)


_PLAN_GROUPS = """
WITH placed AS (
    SELECT r.line, r.name, r.description,
           first_value(line) OVER (PARTITION BY lower(name) ORDER BY line) AS first_line
    FROM {rows} AS r
),
valued AS (
    SELECT p.line, p.first_line, known.id AS subject_id, to_jsonb(known) AS stands,
           jsonb_build_object('name', p.name, 'description',
               coalesce(p.description, known.description, '')) AS value
    FROM placed AS p LEFT JOIN groups AS known ON lower(known.name) = lower(p.name)
)
SELECT line, subject_id, NULL::bigint AS owner_id,
       CASE WHEN line > first_line THEN 'reject' WHEN subject_id IS NULL THEN 'create'
            WHEN stands @> value THEN 'unchanged' ELSE 'update' END AS action,
       'name' AS problem_column,
       'The same group stands in line ' || first_line || ' already.' AS problem, value
FROM valued
"""
_GROUPS = _Records("groups", ("name", "description"), "name", ("sessions", "group_id"))


def plan_groups(rows: Relation, context: Context) -> sql.Composable:
    return sql.SQL(_PLAN_GROUPS).format(rows=rows)


_PLAN_SESSIONS = """
WITH named AS (
    SELECT r.*, g.id AS group_id, own.id AS own_id, then_.id AS then_id,
           first_value(line) OVER (PARTITION BY g.id, r.starts_at ORDER BY line)
               AS first_then,
           CASE WHEN r.external_id IS NOT NULL THEN first_value(line) OVER
               (PARTITION BY r.external_id ORDER BY line) END AS first_own
    FROM {rows} AS r
    LEFT JOIN groups AS g ON lower(g.name) = lower(r.group)
    LEFT JOIN sessions AS own ON own.external_id = r.external_id
    LEFT JOIN sessions AS then_
         ON then_.group_id = g.id AND then_.starts_at = r.starts_at
),
valued AS (
    SELECT n.line, n.group_id, n.minutes, least(n.first_then, n.first_own) AS first_line,
           n.own_id <> n.then_id OR (n.own_id IS NULL
               AND known.external_id <> n.external_id) AS is_taken,
           known.id AS subject_id, to_jsonb(known) AS stands,
           jsonb_build_object('group_id', n.group_id, 'starts_at', n.starts_at,
               'name', coalesce(n.name, known.name, ''),
               'minutes', coalesce(n.minutes, known.minutes),
               'is_paid', coalesce(n.is_paid, known.is_paid, false),
               'external_id', coalesce(n.external_id, known.external_id)) AS value
    FROM named AS n LEFT JOIN sessions AS known ON known.id = coalesce(own_id, then_id)
),
judged AS (
    SELECT v.*, CASE
        WHEN group_id IS NULL THEN 'There is no group of this name; add it first.'
        WHEN minutes NOT BETWEEN 1 AND {longest} THEN 'Enter 1 to {longest} minutes.'
        WHEN line > first_line
        THEN 'The same session stands in line ' || first_line || ' already.'
        WHEN is_taken THEN 'Another session of this group starts at this time.'
        WHEN EXISTS (SELECT FROM jsonb_each(value)
                     WHERE key IN ({told}) AND stands -> key <> value)
             AND EXISTS (SELECT FROM bookings AS b
                         WHERE b.session_id = v.subject_id AND b.attended)
        THEN 'Customers attended this session: its group, its time and whether it is'
             || ' paid can no longer change.' END AS fault
    FROM valued AS v
)
SELECT line, subject_id, NULL::bigint AS owner_id,
       CASE WHEN fault IS NOT NULL THEN 'reject' WHEN subject_id IS NULL THEN 'create'
            WHEN stands @> value THEN 'unchanged' ELSE 'update' END AS action,
       CASE WHEN group_id IS NULL THEN 'group'
            WHEN minutes NOT BETWEEN 1 AND {longest} THEN 'minutes'
            ELSE 'starts_at' END AS problem_column,
       fault AS problem, value
FROM judged
"""
_SESSIONS = _Records(
    "sessions",
    ("group_id", "starts_at", "name", "minutes", "is_paid", "external_id"),
    "starts_at",
    ("bookings", "session_id"),
)


# As in `funnel.services.sessions`, by the names of columns.
_TOLD = ("group_id", "starts_at", "is_paid")


def plan_sessions(rows: Relation, context: Context) -> sql.Composable:
    return sql.SQL(_PLAN_SESSIONS).format(
        rows=rows,
        longest=sql.Literal(LONGEST_MINUTES),
        told=comma(sql.Literal(name) for name in _TOLD),
    )


GROUPS = register(
    Target(
        name="groups",
        label="session groups",
        table="groups",
        fields=(
            Field(
                "name", label="Name", required=True, max_length=200, aliases=("group",)
            ),
            Field(
                "description", label="Description", clearable=True, max_length=10_000
            ),
        ),
        plan=plan_groups,
        apply=_GROUPS.apply,
        changes=_GROUPS.shown,
        undo=Undo("groups", _GROUPS.revert, _GROUPS.touched),
        identified_by=(),
    )
)
SESSIONS = register(
    Target(
        name="sessions",
        label="sessions",
        table="sessions",
        fields=(
            Field("group", label="Group", required=True, max_length=200),
            Field(
                "starts_at",
                cast="timestamp",
                label="Starts at",
                required=True,
                aliases=("start", "date", "begins_at"),
            ),
            Field(
                "name",
                label="Name",
                clearable=True,
                max_length=200,
                aliases=("session", "title", "topic"),
            ),
            Field("minutes", cast="integer", label="Minutes", aliases=("duration",)),
            Field("is_paid", cast="boolean", label="Paid", aliases=("paid",)),
            Field("external_id", label="External ID", max_length=255),
        ),
        plan=plan_sessions,
        apply=_SESSIONS.apply,
        changes=_SESSIONS.shown,
        undo=Undo("sessions", _SESSIONS.revert, _SESSIONS.touched),
        identified_by=(),
    )
)
