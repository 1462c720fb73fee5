"""Let customers into a workflow: re-entry and cooldown, decided and written at once."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy
from psycopg import sql

from automations.models import Workflow
from automations.workflows.members import can_be_in
from imports.database import any_of, execute
from segments.conditions import Clock

# What keeps a customer out whom the trigger means, the first that holds being told.
ON_THE_WAY, LEFT_OUT, ONCE = "on_the_way", "left_out", "once"
COOLDOWN, SAME, NOT_ACTIVE = "cooldown", "same", "not_active"
OBSTACLES = {
    ON_THE_WAY: gettext_lazy("Is on the way already."),
    LEFT_OUT: gettext_lazy("Matched already when the workflow was enabled."),
    ONCE: gettext_lazy("Was in it before, and may enter only once."),
    COOLDOWN: gettext_lazy("Entered so lately that the cooldown is not over."),
    SAME: gettext_lazy("Entered for this very reason before."),
    NOT_ACTIVE: gettext_lazy(
        "Is no active member, has reached the goal, or would leave at once."
    ),
}

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
WHERE {can_be_in} AND NOT EXISTS (
    SELECT FROM enrolments e
    WHERE e.workflow_id = {workflow} AND e.member_id = came.customer_id
      AND {keeps_out})
ORDER BY came.customer_id, came.trigger_key
ON CONFLICT DO NOTHING
"""


def enter(workflow: Workflow, candidates: sql.Composable, *, now: datetime) -> int:
    """Enrol who may enter of a SELECT of (customer_id, trigger_key, context).

    A customer stays out who is no active member, has reached the goal or would leave at
    once, who is on the way already, whose last entry is younger than the cooldown, or
    who came by the same `trigger_key` before.
    Returns how many entered. Call it in a transaction.
    """
    execute(sql.SQL(_LOCK).format(sql.Literal(_ENTRANTS), sql.Literal(workflow.pk)))
    return execute(
        sql.SQL(_ENTER).format(
            workflow=sql.Literal(workflow.pk),
            version=sql.Literal(workflow.current_version_id),
            now=sql.SQL("{}::timestamptz").format(sql.Literal(now.isoformat())),
            candidates=candidates,
            can_be_in=can_be_in(workflow, Clock(now, settings.TIME_ZONE)),
            keeps_out=any_of(obstacles(workflow, now).values()),
        )
    )


def obstacles(workflow: Workflow, now: datetime) -> dict[str, sql.Composable]:
    """Return what keeps out who `came`: conditions on an earlier enrolment `e`."""
    always = {
        ON_THE_WAY: sql.SQL("e.state IN ('active', 'paused')"),
        LEFT_OUT: sql.SQL("e.state = 'left_out'"),
    }
    if workflow.reentry == Workflow.Reentry.ONCE:
        return {**always, ONCE: sql.SQL("true")}
    cooldown = sql.SQL(
        "e.entered_at > {}::timestamptz - make_interval(days => {})"
    ).format(sql.Literal(now.isoformat()), sql.Literal(workflow.cooldown_period_days))
    return {
        **always,
        COOLDOWN: cooldown,
        SAME: sql.SQL("e.trigger_key = came.trigger_key"),
    }
