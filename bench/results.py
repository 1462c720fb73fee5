"""The page of an automation's results, beside its figures counted in plain SQL.

Five runs, of which a tenth is held out; two goals. The page goes through the whole of
Django, in this process; both are the median of several with the database warm.
"""

import os
import statistics
import time
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from automations.models import Automation
from automations.services import series_of
from bench.delivery import make_template
from bench.figures import at_most, figure
from bench.mails import make_customers
from customers.models import Customer
from messaging.models import ConversionGoal, Dispatch
from messaging.services import record_past_dispatch
from segments.models import Segment

ROWS = int(os.environ.get("BENCH_ROWS", 300_000))
RUNS, TIMES, DAYS = 5, 7, 14
GOALS = ("visit", "purchase")


def run():
    automation = _fill()
    page = reverse("admin:automations_automation_results", args=(automation.pk,))
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    storages = settings.STORAGES | {"staticfiles": {"BACKEND": plain}}
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    with override_settings(STORAGES=storages, ALLOWED_HOSTS=["testserver"]):
        ours = _median(lambda: _look(client, page))
    return figure(
        f"results of {RUNS} runs, {ROWS} messages",
        ours,
        _median(_count_plainly),
        "ms",
        at_most(3),
    )


def _fill():
    """Write down the runs, and what customers did afterwards."""
    make_customers(ROWS // RUNS)
    automation = Automation.objects.create(
        name="Bench",
        segment=Segment.objects.create(name="All"),
        template=make_template(),
    )
    start = timezone.now() - timedelta(days=60)
    tenth = Customer.objects.extra(where=["customers.id %% 10 = 3"])
    for number in range(RUNS):
        record_past_dispatch(
            template=automation.template,
            received=Customer.objects.exclude(pk__in=tenth.values("pk")),
            held_out=tenth,
            source_key=f"bench:{number}",
            series=series_of(automation),
            name=f"Run {number}",
            at=start + timedelta(days=number),
        )
    with connection.cursor() as cursor:
        for statement in _REACTIONS:
            cursor.execute(statement, {"start": start})
        cursor.execute("VACUUM ANALYZE")
    for name in GOALS:
        ConversionGoal.objects.create(
            series=series_of(automation), kind="activity", name=name, days=DAYS
        )
    return automation


def _look(client, page):
    response = client.get(page)
    if f"{ROWS:,}" not in response.content.decode():
        raise AssertionError("Not every message was counted.")


def _count_plainly():
    dispatches = list(Dispatch.objects.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_STATES, {"dispatches": dispatches})
        cursor.fetchall()
        cursor.execute(_LINKS, {"dispatches": dispatches})
        cursor.fetchall()
        for name in GOALS:
            given = {"dispatches": dispatches, "name": name, "days": DAYS}
            cursor.execute(_GOAL, given)
            cursor.fetchall()


def _median(work):
    work()
    took = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return 1000 * statistics.median(took)


_REACTIONS = (
    """UPDATE deliveries SET state = 'delivered', opened_at = accepted_at + interval '1 hour',
           clicked_at = CASE WHEN id %% 15 = 0 THEN accepted_at + interval '1 hour' END
       WHERE state = 'accepted' AND id %% 3 = 0 AND %(start)s::timestamptz IS NOT NULL""",
    """INSERT INTO delivery_events (delivery_id, dispatch_id, kind, is_human, data, provider,
           provider_id, occurred_at, received_at)
       SELECT id, dispatch_id, 'opened', true, '{}', '', '', opened_at, opened_at
       FROM deliveries WHERE opened_at > %(start)s""",
    """INSERT INTO activities (customer_id, name, occurred_at, properties, external_id)
       SELECT id, CASE WHEN id %% 40 = 0 THEN 'purchase' ELSE 'visit' END,
              %(start)s::timestamptz + interval '5 days', '{}', ''
       FROM customers WHERE id %% 4 = 0""",
)
_STATES = """
SELECT state, reason, count(*), count(opened_at), count(clicked_at) FROM deliveries
WHERE dispatch_id = ANY(%(dispatches)s) GROUP BY state, reason
"""
_LINKS = """
SELECT kind, link_id, count(*), count(DISTINCT delivery_id) FROM delivery_events
WHERE dispatch_id = ANY(%(dispatches)s) AND is_human GROUP BY kind, link_id
"""
_GOAL = """
SELECT reason, count(DISTINCT deliveries.customer_id),
       count(DISTINCT activities.customer_id)
FROM deliveries LEFT JOIN activities ON activities.customer_id = deliveries.customer_id
    AND activities.name = %(name)s AND activities.occurred_at > due_at
    AND activities.occurred_at <= due_at + make_interval(days => %(days)s)
WHERE dispatch_id = ANY(%(dispatches)s) GROUP BY reason
"""
