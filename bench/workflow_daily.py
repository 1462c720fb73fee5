"""The six daily triggers, beside the same questions in SQL written by hand.

Both ask the same tables, count days by the clocks where members are, leave out whom the
cooldown keeps out, and write the same rows.
"""

import os
import time
from datetime import timedelta
from statistics import median

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from automations.models import Workflow
from automations.services.workflows import check_now, enable, save_workflow
from automations.workflows.daily import daily_candidates
from automations.workflows.members import is_active_member
from bench.figures import at_most, figure
from customers.services import define_attributes
from imports.database import as_text
from segments.conditions import Clock
from segments.models import ScoreRefresh

ROWS = int(os.environ.get("BENCH_ROWS", 1_000_000))
ACTIVITIES_EACH = 5
ROUNDS = 3

DATES = ("join_date", "birth_date", "membership_expiry_date")
CUSTOMERS = """
INSERT INTO customers (id, lms_lead_id, first_name, last_name, email, mobile, timezone,
    created_date, attributes)
SELECT n, 'lead-' || n, 'Ada', 'Number ' || n, 'lead-' || n || '@example.org', '',
    (ARRAY['', '', '', 'Europe/Berlin', 'America/New_York'])[1 + n %% 5],
    now() - interval '900 days',
    jsonb_build_object(
        'membership_status', CASE WHEN n %% 10 = 0 THEN 'cancelled' ELSE 'active' END,
        'membership_level', (ARRAY['basic', 'plus', 'pro'])[1 + n %% 3],
        'join_date', to_char(current_date - ((n * 13) %% 900)::int, 'YYYY-MM-DD'),
        'birth_date', to_char(date '1950-01-01' + ((n * 7919) %% 20000)::int,
                              'YYYY-MM-DD'),
        'membership_expiry_date',
            to_char(current_date + ((n * 31) %% 400)::int - 30, 'YYYY-MM-DD'))
FROM generate_series(1, %s::bigint) AS n
"""
# One in eleven did nothing for thirty days.
ACTIVITIES = """
INSERT INTO activities (customer_id, name, occurred_at, properties, external_id)
SELECT customer, CASE WHEN (customer + place) %% 5 < 3 THEN 'class_attended'
                      ELSE 'login' END,
    now() - make_interval(hours => ((customer * 7907) %% (24 * 33))::int,
                          days => (place * 11)::int), '{}', ''
FROM generate_series(1, %s::bigint) AS customer, generate_series(0, %s) AS place
"""
SCORES = """
INSERT INTO customer_scores (customer_id, refresh_id, risk, level, reason_1, reason_2,
    reason_3, value_1, value_2, value_3)
SELECT n, {refresh}, ((n * 104729) %% 1000) / 1000.0, n %% 3, 0, 0, 0, 0, 0, 0
FROM generate_series(1, %s::bigint) AS n
"""

ZONE = f"coalesce(nullif(c.timezone, ''), '{settings.TIME_ZONE}')"
TODAY = f"(now() AT TIME ZONE {ZONE})::date"


def midnight(day):
    return f"(({day})::timestamp AT TIME ZONE {ZONE})"


MONTH_AGO = midnight(f"{TODAY} - 29")
MILESTONE = 3
SCORE = (
    "EXISTS (SELECT FROM customer_scores s WHERE s.customer_id = c.id AND s.refresh_id ="
    " (SELECT id FROM score_refreshes WHERE is_current) AND s.{})"
)
# By hand: the tables that a query begins with, and its conditions.
TRIGGERS = {
    "low_engagement": (
        {},
        "NOT EXISTS (SELECT FROM activities a WHERE a.customer_id = c.id"
        f" AND a.occurred_at >= {MONTH_AGO}) AND NOT {SCORE.format('level > 0')}"
        f" AND (c.created_date < {MONTH_AGO} OR EXISTS (SELECT FROM activities a"
        " WHERE a.customer_id = c.id))",
    ),
    "high_retention_risk": ({}, SCORE.format("risk >= 0.7")),
    "membership_expiry_upcoming": (
        {},
        "c.attributes ->> 'membership_expiry_date'"
        f" = to_char({TODAY} + 14, 'YYYY-MM-DD')",
    ),
    "milestone_achieved": (
        {"type": "classes_attended", "value": MILESTONE},
        "c.id IN (SELECT a.customer_id FROM activities a"
        " JOIN customers c ON c.id = a.customer_id WHERE a.name = 'class_attended'"
        f" GROUP BY a.customer_id HAVING count(*) >= {MILESTONE} AND count(*) FILTER"
        f" (WHERE a.occurred_at < {midnight('current_date - 30')}) < {MILESTONE})",
    ),
    "new_member_welcome": (
        {},
        f"c.attributes ->> 'join_date' = to_char({TODAY} - 1, 'YYYY-MM-DD')",
    ),
    "birthday": (
        {},
        "substr(c.attributes ->> 'birth_date', 6) = ANY (ARRAY["
        f"to_char({TODAY}, 'MM-DD'), CASE WHEN to_char({TODAY}, 'MM-DD') = '02-28'"
        f" AND to_char({TODAY} + 1, 'MM-DD') = '03-01' THEN '02-29' END])",
    ),
}
MEMBER = (
    "c.erased_at IS NULL AND c.archived_at IS NULL"
    " AND coalesce(lower(c.attributes ->> 'membership_status'), 'active') = 'active'"
)
ENTER = """
INSERT INTO enrolments (workflow_id, version_id, member_id, trigger_key, state,
    step_path, due_at, context, exit_reason, entered_at)
SELECT {workflow}, {version}, c.id, '{key}', 'active', '', now(), '{{}}', '', now()
FROM customers c
WHERE {test} AND {member} AND NOT EXISTS (
    SELECT FROM enrolments e WHERE e.workflow_id = {workflow} AND e.member_id = c.id
    AND (e.state IN ('active', 'paused') OR e.entered_at > now() - interval '7 days'))
"""


def daily():
    fill()
    workflows = {name: _workflow(name) for name in TRIGGERS}
    print(f"{ROWS} members, {ROWS * ACTIVITIES_EACH} activities", flush=True)
    held = [_find(name, one) for name, one in workflows.items()]
    held.append(_enter_all(workflows))
    return all(held)


def fill():
    define_attributes(
        dict.fromkeys(DATES, "date")
        | {"membership_status": "string", "membership_level": "string"}
    )
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, [ROWS])
        cursor.execute(ACTIVITIES, [ROWS, ACTIVITIES_EACH - 1])
        refresh = ScoreRefresh.objects.create(
            is_current=True, state="ready", as_of=timezone.now()
        ).pk
        cursor.execute(SCORES.format(refresh=refresh), [ROWS])
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('customers', 'id'), %s)", [ROWS]
        )
        cursor.execute("VACUUM ANALYZE")


def _workflow(name):
    parameters, _test = TRIGGERS[name]
    made = save_workflow(
        Workflow(
            name=name,
            trigger={"type": name, "parameters": parameters},
            steps=[{"id": "tag", "type": "add_tag", "parameters": {"tag": name}}],
        )
    )
    made = enable(made)
    # Since then; who had reached the milestone before has nothing to celebrate.
    since = timezone.now() - timedelta(days=30)
    Workflow.objects.filter(pk=made.pk).update(enabled_at=since)
    made.refresh_from_db()
    return made


def _find(name, workflow):
    """Measure finding whom a trigger means; both must find the same."""
    now = timezone.now()
    ours = sql.SQL(
        "SELECT count(*) FROM ({}) AS came (customer_id, trigger_key, context)"
        " JOIN customers c ON c.id = came.customer_id WHERE {}"
    ).format(
        daily_candidates(workflow, now),
        is_active_member(Clock(now, settings.TIME_ZONE)),
    )
    by_hand = f"SELECT count(*) FROM customers c WHERE {TRIGGERS[name][1]} AND {MEMBER}"
    times = {"ours": [], "by hand": []}
    for _round in range(ROUNDS):
        found = {}
        for who, query in (("ours", as_text(ours)), ("by hand", by_hand)):
            start = time.perf_counter()
            with connection.cursor() as cursor:
                cursor.execute(query)
                found[who] = cursor.fetchone()[0]
            times[who].append(time.perf_counter() - start)
        if found["ours"] != found["by hand"]:
            raise AssertionError(f"{name}: {found}")
    return figure(
        f"find, {name}, {found['ours']:,} members",
        median(times["ours"]),
        median(times["by hand"]),
        "s",
        at_most(3),
    )


def _enter_all(workflows):
    """Measure the whole check of all six, enrolments written and taken back."""
    times, entered = {"ours": [], "by hand": []}, {}
    for _round in range(ROUNDS):
        for who in times:
            start = time.perf_counter()
            with transaction.atomic():
                entered[who] = sum(
                    check_now(one) if who == "ours" else _enter_by_hand(name, one)
                    for name, one in workflows.items()
                )
                times[who].append(time.perf_counter() - start)
                transaction.set_rollback(True)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM enrolments")
        if entered["ours"] != entered["by hand"]:
            raise AssertionError(entered)
    return figure(
        f"let in by all six, {entered['ours']:,} enrolments",
        median(times["ours"]),
        median(times["by hand"]),
        "s",
        at_most(3),
    )


def _enter_by_hand(name, workflow):
    with connection.cursor() as cursor:
        cursor.execute(
            ENTER.format(
                workflow=workflow.pk,
                version=workflow.current_version_id,
                key=f"{name}:by hand",
                test=TRIGGERS[name][1],
                member=MEMBER,
            )
        )
        return cursor.rowcount
