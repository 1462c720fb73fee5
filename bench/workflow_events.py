"""From an event to its row in the ledger, with a worker and a clock as in production.

There is no baseline: what counts is how long it takes and that the queue does not grow.
"""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median, quantiles

from django.db import connection

from automations.models import Workflow
from automations.services.workflows import enable, save_workflow
from customers.models import Customer, EventOutbox
from imports.services import ingest_rows
from messaging.models import Delivery, MessageTemplate
from messaging.services import save_template

RATE = 200
SECONDS = int(os.environ.get("BENCH_SECONDS", 60))
AT_ONCE = 20
PATIENCE = 60
LOOK_EVERY = 0.05
MOST_OUT_OF_ORDER = 4_000


def events():
    people = _prepare()
    with _workers(), _watching() as seen:
        warm, rest = people[0], people[1:]
        _publish([warm])
        _wait_for({warm}, seen)
        if warm not in seen:
            raise AssertionError("The workers do not work.")
        sent, queue = _send(rest)
        _wait_for(set(rest), seen)
    waits = sorted(seen[pk] - at for pk, at in sent.items() if pk in seen)
    lost = len(sent) - len(waits)
    p95 = quantiles(waits, n=20)[-1]
    first, last = _halves(queue)
    grows = last > 1.5 * first + RATE
    print(
        f"{len(sent):,} events at {RATE}/s: ledger row after {median(waits):.2f} s"
        f" (median), {p95:.2f} s (p95); queue {first:.0f} then {last:.0f} events"
        f"  {'GROWS' if grows else 'ok'}; {lost} without a row",
        flush=True,
    )
    return not grows and not lost


def _prepare():
    template = save_template(
        MessageTemplate(
            name="Thanks",
            type="email",
            templating_type="html",
            subject="Thanks",
            message="<p>Hello {{ member_first_name }}</p>",
        )
    )
    made = Workflow(
        name="Events",
        trigger={"type": "activity_performed", "parameters": {"name": "booked"}},
        steps=[
            {
                "id": "mail",
                "type": "send_email",
                "parameters": {"template_id": template.pk},
            }
        ],
    )
    enable(save_workflow(made))
    count = RATE * SECONDS + 1
    people = Customer.objects.bulk_create(
        Customer(first_name="Ada", email=f"event-{number}@example.org")
        for number in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [one.pk for one in people]


@contextmanager
def _workers():
    """Run a worker and beat; what is in the ledger is not sent."""
    celery = [sys.executable, "-m", "celery", "-A", "marketing_os", "--quiet"]
    commands = (
        [*celery, "worker", "--concurrency", "2"],
        [*celery, "beat", "--pidfile="],
    )
    environment = os.environ | {"HOLD": "1"}
    running = [
        subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def _publish(people):
    now = datetime.now(UTC)
    rows = [{"customer_id": pk, "name": "booked", "occurred_at": now} for pk in people]
    ingest_rows("activities", rows, source="bench")


def _send(people):
    """Publish at the rate; return when each was committed, and the queue's lengths."""
    sent, queue, start = {}, [], time.monotonic()
    for first in range(0, len(people), AT_ONCE):
        due = start + first / RATE
        time.sleep(max(0.0, due - time.monotonic()))
        some = people[first : first + AT_ONCE]
        _publish(some)
        sent |= dict.fromkeys(some, time.time())
        if first % RATE == 0:
            queue.append(EventOutbox.objects.count())
    return sent, queue


@contextmanager
def _watching():
    """Note for each customer when the ledger row was there to be seen."""
    seen, is_over = {}, threading.Event()

    def look():
        highest = 0
        while not is_over.wait(LOOK_EVERY):
            # Rows come out of order by as many as workers write at once.
            rows = Delivery.objects.filter(pk__gt=highest - MOST_OUT_OF_ORDER)
            for pk, customer_id in list(rows.values_list("pk", "customer_id")):
                seen.setdefault(customer_id, time.time())
                highest = max(highest, pk)
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join()


def _wait_for(people, seen):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not people <= seen.keys():
        time.sleep(LOOK_EVERY)


def _halves(queue):
    middle = len(queue) // 2
    return max(queue[:middle], default=0), max(queue[middle:], default=0)
