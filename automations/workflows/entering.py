"""Let customers into a workflow: re-entry and cooldown, decided and written at once."""

from datetime import datetime

from psycopg import sql

from automations.models import Workflow
from imports.database import execute

# Sets these advisory locks apart from others' in the database.
_ENTRANTS = 7303
# One writer of entrants per workflow at a time: each must see whom the one before it
# let in, or a cooldown could pass two who come at the same moment.
_LOCK = "SELECT pg_advisory_xact_lock({}, {})"
_ENTER = """
INSERT INTO enrolments (workflow_id, version_id, member_id, trigger_key, state,
    step_path, due_at, context, exit_reason, entered_at)
SELECT DISTINCT ON (came.customer_id) {workflow}, {version}, came.customer_id,
    came.trigger_key, 'active', '', {now}, came.context, '', {now}
FROM ({candidates}) AS came (customer_id, trigger_key, context)
JOIN customers c ON c.id = came.customer_id
WHERE c.erased_at IS NULL AND c.archived_at IS NULL AND NOT EXISTS (
    SELECT FROM enrolments e
    WHERE e.workflow_id = {workflow} AND e.member_id = came.customer_id
      AND (e.trigger_key = came.trigger_key OR {keeps_out}))
ORDER BY came.customer_id, came.trigger_key
ON CONFLICT DO NOTHING
"""


def enter(workflow: Workflow, candidates: sql.Composable, *, now: datetime) -> int:
    """Enrol who may enter of a SELECT of (customer_id, trigger_key, context).

    A customer stays out who is on the way already, whose last entry is younger than
    the cooldown, or who came by the same `trigger_key` before. Returns how many entered. Call
    it in a transaction.
    """
    execute(sql.SQL(_LOCK).format(sql.Literal(_ENTRANTS), sql.Literal(workflow.pk)))
    return execute(
        sql.SQL(_ENTER).format(
            workflow=sql.Literal(workflow.pk),
            version=sql.Literal(workflow.current_version_id),
            now=sql.SQL("{}::timestamptz").format(sql.Literal(now.isoformat())),
            candidates=candidates,
            keeps_out=keeps_out(workflow, now),
        )
    )


def keeps_out(workflow: Workflow, now: datetime) -> sql.Composable:
    """Return the condition on an earlier enrolment `e` under which nobody may enter."""
    if workflow.reentry == Workflow.Reentry.ONCE:
        return sql.SQL("true")
    return sql.SQL(
        "(e.state IN ('active', 'paused') OR e.entered_at > {}::timestamptz"
        " - make_interval(days => {}))"
    ).format(sql.Literal(now.isoformat()), sql.Literal(workflow.cooldown_period_days))
