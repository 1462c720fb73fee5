"""Enrolments through four steps, beside plain SQL that makes the same rows.

The rows that ours made are set aside and the tables emptied; the baseline then writes the
very same rows in one statement per table, checks and indexes included.
"""

import os
import time

from django.db import connection, transaction

from automations.models import AutomationLog, Enrolment, Workflow
from automations.services.workflows import enable, save_workflow
from automations.workflows.happenings import take_events
from automations.workflows.walking import advance
from bench.figures import at_most, figure
from customers.models import Customer
from customers.services import add_tag
from messaging.models import MessageTemplate, Notification
from messaging.services import save_template

ROWS = min(int(os.environ.get("BENCH_ROWS", 1_000_000)), 100_000)
PRO = {
    "type": "attribute",
    "attribute": "membership_level",
    "operator": "equals",
    "value": "pro",
}
TABLES = (
    "member_tags",
    "deliveries",
    "delivery_contents",
    "notifications",
    "automation_logs",
)
MOVE = """
UPDATE enrolments SET state = done.state, step_path = done.step_path,
    due_at = done.due_at, is_waiting = done.is_waiting, attempts = done.attempts,
    exit_reason = done.exit_reason, ended_at = done.ended_at
FROM kept_enrolments_after AS done WHERE done.id = enrolments.id
"""


def steps():
    _make_workflow()
    members = Customer.objects.filter(attributes__membership_status="active")
    people = list(members.order_by("pk").values_list("pk", flat=True)[:ROWS])
    add_tag(people, "enter")
    _execute("ANALYZE")
    entering = _timed(_take_all)
    _keep("enrolments", "before")
    ours = _timed(_advance_all)
    _check(len(people))
    _set_aside()
    baseline = _timed(_write_again)
    _check(len(people))
    print(f"{len(people) / entering:,.0f} enrolments/s let in by events", flush=True)
    print(f"{len(people) / ours:,.0f} enrolments/s through four steps", flush=True)
    return figure(
        f"{len(people):,} through tag, wait 0, branch, notification",
        ours,
        baseline,
        "s",
        at_most(5),
    )


def _make_workflow():
    template = save_template(
        MessageTemplate(
            name="Welcome back",
            type="in_app",
            templating_type="text",
            subject="Welcome back",
            message="Hello {{member_first_name}}, your level is {{membership_level}}.",
        )
    )
    made = save_workflow(
        Workflow(
            name="Steps",
            trigger={"type": "tag_added", "parameters": {"tag": "enter"}},
            steps=[
                _step("tag", "add_tag", tag="welcomed"),
                _step("wait", "wait", until="duration", amount=0, unit="days"),
                _step("branch", "branch", conditions={"version": 1, "all": [PRO]}),
                _step("tell", "send_in_app_notification", template_id=template.pk),
            ],
        )
    )
    return enable(made)


def _step(step_id, kind, **parameters):
    return {"id": step_id, "type": kind, "parameters": parameters}


def _take_all():
    while take_events():
        pass


def _advance_all():
    while advance():
        pass


def _check(count):
    """Both must have made all of it."""
    made = {
        "enrolments": Enrolment.objects.filter(state="completed").count(),
        "logs": AutomationLog.objects.filter(success=True).count() / 4,
        "notifications": Notification.objects.count(),
    }
    if set(made.values()) != {count}:
        raise AssertionError(made)


def _keep(table, when):
    _execute(f"CREATE TABLE kept_{table}_{when} AS SELECT * FROM {table}")


def _set_aside():
    """Bring the tables back to where the steps began."""
    _keep("enrolments", "after")
    for table in TABLES:
        _keep(table, "after")
    _execute("DELETE FROM kept_member_tags_after WHERE tag = 'enter'")
    _execute(f"TRUNCATE enrolments, {', '.join(TABLES)} CASCADE")
    _execute("INSERT INTO enrolments SELECT * FROM kept_enrolments_before")
    _execute("ANALYZE")


def _write_again():
    with transaction.atomic():
        for table in TABLES:
            _execute(f"INSERT INTO {table} SELECT * FROM kept_{table}_after")
        _execute(MOVE)


def _execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
