"""Let customers into a workflow: re-entry and cooldown, decided and written at once."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy
from psycopg import sql

from automations.clock import local_date
from automations.models import Workflow
from automations.workflows.members import can_be_in
from automations.workflows.triggers import DAILY
from automations.workflows.zones import zone_of_workflow
from imports.database import any_of, execute, fetch
from marketing_os.lib.zones import place
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

# One writer of entrants per workflow at a time: each must see whom the one before it
# let in, or a cooldown could pass two who come at the same moment. Who saves or
# disables the workflow is waited for too.
_LOCK = """
SELECT current_version_id FROM automation_workflows WHERE id = {} AND is_enabled
FOR NO KEY UPDATE
"""
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
    who came by the same `trigger_key` before; all do where the workflow is off by now.
    Returns how many entered. Call it in a transaction.
    """
    is_on = fetch(sql.SQL(_LOCK).format(sql.Literal(workflow.pk)))
    if not is_on:
        return 0
    [(version_id,)] = is_on
    return execute(
        sql.SQL(_ENTER).format(
            workflow=sql.Literal(workflow.pk),
            version=sql.Literal(version_id),
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
    return {
        **always,
        COOLDOWN: _cools_down(workflow, now),
        SAME: sql.SQL("e.trigger_key = came.trigger_key"),
    }


def end_of_cooldown(workflow: Workflow, entered_at: datetime) -> datetime:
    """Return from when on a customer may enter again who entered at an instant."""
    days = timedelta(days=workflow.cooldown_period_days)
    if not _counts_days(workflow):
        return entered_at + days
    zone = zone_of_workflow(workflow)
    day = local_date(entered_at, zone) + days
    return place(datetime.combine(day, time()), zone).at


def _cools_down(workflow: Workflow, now: datetime) -> sql.Composable:
    days = sql.Literal(workflow.cooldown_period_days)
    if not _counts_days(workflow):
        return sql.SQL(
            "e.entered_at > {}::timestamptz - make_interval(days => {})"
        ).format(sql.Literal(now.isoformat()), days)
    zone = zone_of_workflow(workflow)
    return sql.SQL("(e.entered_at AT TIME ZONE {})::date > {}::date - {}").format(
        sql.Literal(zone.key), sql.Literal(local_date(now, zone).isoformat()), days
    )


def _counts_days(workflow: Workflow) -> bool:
    # A daily look may come a little earlier in its hour than the one before, and would
    # find by the clock that the last of the days is not over yet.
    return workflow.trigger.get("type") in DAILY
