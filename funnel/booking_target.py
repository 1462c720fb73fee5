"""What can be imported into bookings: who booked a session, and whether they came."""

from psycopg import sql

from customers.import_targets import REFERENCE
from customers.services.identity import referenced_sql
from funnel.services.attendance import EARLY, delete_bookings, write_marks
from imports.database import execute
from imports.services.casts import Reading
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

_PLAN = """
WITH found AS MATERIALIZED (
    SELECT r.line, r.attended, w.customer_id, w.problem_column, w.problem,
           num_nonnulls(r.session_id, r.session, r.group) = 0 AS names_none,
           CASE WHEN r.session_id IS NOT NULL
                THEN (SELECT id FROM sessions WHERE id = r.session_id)
                WHEN r.session IS NOT NULL
                THEN (SELECT id FROM sessions WHERE external_id = r.session)
                ELSE (SELECT s.id FROM sessions AS s JOIN groups AS g
                      ON g.id = s.group_id WHERE lower(g.name) = lower(r.group)
                      AND s.starts_at = r.starts_at) END AS session_id
    FROM {rows} AS r JOIN ({referenced}) AS w ON w.line = r.line
),
placed AS (
    SELECT found.*, s.starts_at, first_value(line) OVER (
               PARTITION BY customer_id, session_id ORDER BY line) AS first_line
    FROM found LEFT JOIN sessions AS s ON s.id = found.session_id
),
judged AS (
    SELECT placed.*,
           CASE WHEN problem IS NOT NULL THEN problem
                WHEN names_none THEN 'Name the session by session_id, by session (its'
                     || ' external ID), or by group and starts_at.'
                WHEN session_id IS NULL THEN 'There is no such session.'
                WHEN line > first_line
                THEN 'The same booking stands in line ' || first_line || ' already.'
                WHEN attended AND starts_at > now() + {early}
                THEN 'Nobody can have attended a session that is to come.'
           END AS fault
    FROM placed
)
SELECT j.line, known.id AS subject_id, j.customer_id AS owner_id,
       CASE WHEN fault IS NOT NULL THEN 'reject' WHEN known.id IS NULL THEN 'create'
            WHEN j.attended <> known.attended THEN 'update' ELSE 'unchanged'
       END AS action,
       CASE WHEN problem IS NOT NULL THEN problem_column
            WHEN j.session_id IS NOT NULL AND line = first_line THEN 'attended'
            ELSE 'session' END AS problem_column,
       fault AS problem, to_jsonb(j.session_id) AS value
FROM judged AS j LEFT JOIN bookings AS known
     ON known.session_id = j.session_id AND known.customer_id = j.customer_id
"""
# Of the past it is not known when it was booked, but not after it began.
_INSERT = """
INSERT INTO bookings (id, customer_id, session_id, attended, booked_at)
SELECT p.subject_id, p.owner_id, s.id, false,
       coalesce(r.booked_at, least(s.starts_at, now()))
FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line
JOIN sessions AS s ON s.id = p.value::bigint
WHERE p.action = 'create' ORDER BY p.subject_id
"""
_MARKED = """
SELECT p.subject_id, r.attended FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line
WHERE p.action IN ('create', 'update') AND r.attended IS NOT NULL
"""
_CHANGED = """
SELECT p.line, p.subject_id, p.owner_id, p.action,
       CASE p.action WHEN 'update' THEN jsonb_build_object('attended', NOT r.attended) END,
       CASE p.action WHEN 'update' THEN jsonb_build_object('attended', r.attended) END
FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line
WHERE p.action IN ('create', 'update')
"""
_TOUCHED = """
SELECT b.line, coalesce(c.lms_lead_id, NULLIF(c.email, '')) AS who,
       CASE b.action WHEN 'update' THEN 'attended' ELSE '' END AS field,
       b.new ->> 'attended' AS imported, booking.attended::text AS now,
       {since} AS reason
FROM {batch} AS b JOIN bookings AS booking ON booking.id = b.subject_id
LEFT JOIN customers AS c ON c.id = b.owner_id
WHERE EXISTS (SELECT FROM attendance_marks AS m
              WHERE m.booking_id = b.subject_id AND m.source <> {source})
  AND b.written_at < (SELECT max(marked_at) FROM attendance_marks AS m
                      WHERE m.booking_id = b.subject_id AND m.source <> {source})
"""


def plan_bookings(rows: Relation, context: Context) -> sql.Composable:
    return sql.SQL(_PLAN).format(
        rows=rows, referenced=referenced_sql(rows), early=sql.Literal(EARLY)
    )


def apply_bookings(rows: Relation, context: Context) -> dict[str, int]:
    parts = {"plan": PLAN, "rows": rows}
    execute(sql.SQL(_INSERT).format(**parts))
    record_changes(context, sql.SQL(_CHANGED).format(**parts))
    return {"attendance_marked": write_marks(sql.SQL(_MARKED).format(**parts), context)}


def bookings_touched(changes: Relation, context: UndoContext) -> sql.Composable:
    """SELECT the bookings whose attendance somebody marked since the import."""
    since = sql.Literal("The attendance was marked since then.")
    return sql.SQL(_TOUCHED).format(
        batch=changes, since=since, source=sql.Literal(context.source)
    )


def revert_bookings(changes: Relation, context: UndoContext) -> None:
    """Delete the bookings that were made, and mark the others as they were."""
    by_undo = Context(source=context.reason, reading=Reading())
    made = sql.SQL("SELECT subject_id FROM {} WHERE action = 'create'")
    delete_bookings(made.format(changes), by_undo)
    before = sql.SQL(
        "SELECT subject_id, (old ->> 'attended')::boolean FROM {}"
        " WHERE action = 'update'"
    )
    write_marks(before.format(changes), by_undo)


BOOKINGS = register(
    Target(
        name="bookings",
        label="bookings",
        table="bookings",
        fields=(
            *REFERENCE,
            Field("session_id", cast="integer", label="Session ID", suggested=False),
            Field("session", label="External ID of the session", max_length=255),
            Field("group", label="Group", max_length=200),
            Field(
                "starts_at",
                cast="timestamp",
                label="Session starts at",
                aliases=("session_start", "start", "date"),
            ),
            Field(
                "attended",
                cast="boolean",
                label="Attended",
                aliases=("came", "present", "checked_in"),
            ),
            Field("booked_at", cast="timestamp", label="Booked at"),
        ),
        plan=plan_bookings,
        apply=apply_bookings,
        undo=Undo(table="bookings", revert=revert_bookings, conflicts=bookings_touched),
    )
)
