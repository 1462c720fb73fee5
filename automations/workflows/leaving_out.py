"""Who matched a daily trigger already when its workflow was enabled, and stays out.

They are kept as enrolments that never began, and forgotten as soon as the trigger does
not mean them any more: from then on they enter like everybody else.
"""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from psycopg import sql

from automations.models import Enrolment, Workflow
from automations.workflows.members import can_be_in
from imports.database import execute
from segments.conditions import Clock

_LEAVE_OUT = """
INSERT INTO enrolments (workflow_id, version_id, member_id, trigger_key, state,
    step_path, due_at, context, exit_reason, entered_at, ended_at)
SELECT DISTINCT {workflow}, {version}, came.customer_id, 'left_out', 'left_out', '',
    {now}, '{{}}'::jsonb, {reason}, {now}, {now}
FROM ({candidates}) AS came (customer_id, trigger_key, context)
JOIN customers c ON c.id = came.customer_id
WHERE {can_be_in}
ON CONFLICT DO NOTHING
"""
_FORGET = """
DELETE FROM enrolments e
WHERE e.workflow_id = {workflow} AND e.state = 'left_out' AND NOT EXISTS (
    SELECT FROM ({candidates}) AS came (customer_id, trigger_key, context)
    WHERE came.customer_id = e.member_id)
"""


def leave_out(workflow: Workflow, candidates: sql.Composable, now: datetime) -> int:
    """Keep out whom a SELECT of entrants finds; return how many are new to it."""
    return execute(
        sql.SQL(_LEAVE_OUT).format(
            workflow=sql.Literal(workflow.pk),
            version=sql.Literal(workflow.current_version_id),
            now=sql.SQL("{}::timestamptz").format(sql.Literal(now.isoformat())),
            reason=sql.Literal(_("Matched already when the workflow was enabled.")),
            candidates=candidates,
            can_be_in=can_be_in(workflow, Clock(now, settings.TIME_ZONE)),
        )
    )


def forget_who_left(workflow: Workflow, candidates: sql.Composable) -> None:
    """Let those in again, from the next time on, who are not among the entrants."""
    if not workflow.enrolments.filter(state=Enrolment.State.LEFT_OUT).exists():
        return
    execute(
        sql.SQL(_FORGET).format(
            workflow=sql.Literal(workflow.pk), candidates=candidates
        )
    )


def forget_all(workflow: Workflow) -> None:
    """Leave nobody out any more."""
    query = "DELETE FROM enrolments WHERE workflow_id = {} AND state = 'left_out'"
    execute(sql.SQL(query).format(sql.Literal(workflow.pk)))
