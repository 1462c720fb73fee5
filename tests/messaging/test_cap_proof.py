"""Many workers at once, the same people in many dispatches: never more than the cap."""

from collections import Counter

import pytest
from django.db import connection, transaction

from messaging.models import Delivery, FrequencyCap
from tests import make
from tests.messaging import ledger, processes
from tests.scale import scaled
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.prove,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
WORKERS, MOST = scaled(4, 8), 3
PEOPLE, DISPATCHES = scaled((5, 60), (25, 300))


def at_the_gate():
    """How many workers wait for the lock that keeps all of them from claiming."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


def send_with(command, sink):
    """Let workers loose on the same people; count the mails that each person got."""
    FrequencyCap.objects.create(channel="email", most=MOST, length=1, unit="days")
    FrequencyCap.objects.create(channel="", most=MOST + 2, length=2, unit="days")
    make.customers(PEOPLE)
    template = make.template()
    for _ in range(DISPATCHES):
        ledger.dispatch(template=template)
    env, running = sink.environment(), []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE deliveries IN EXCLUSIVE MODE")
            running += [processes.start(*command, **env) for _ in range(WORKERS)]
            wait_until(lambda: at_the_gate() >= WORKERS, 300, "Not all workers came.")
        wait_until(all_is_decided, 300, "The workers did not end.")
    finally:
        for process in running:
            processes.kill(process)
    return Counter(
        Delivery.objects.filter(pk__in=sink.taken()).values_list("customer", flat=True)
    )


def all_is_decided():
    return not Delivery.objects.filter(state__in=Delivery.WAITING).exists()


def test_nobody_gets_more_than_the_cap_and_nobody_less(tmp_path, record_property):
    with processes.sink(tmp_path) as sink:
        mails = send_with(processes.WORKER, sink)

    over = Delivery.objects.filter(state="skipped", reason="frequency_cap").count()
    assert set(mails.values()) == {MOST}
    assert len(mails) == PEOPLE
    assert over == PEOPLE * (DISPATCHES - MOST)
    record_property(
        "figures",
        f"{WORKERS} workers, {PEOPLE} people in {DISPATCHES} dispatches:"
        f" {MOST} mails each, {over} over the cap",
    )


def test_workers_that_count_without_a_lock_exceed_it(tmp_path, record_property):
    with processes.sink(tmp_path) as sink:
        mails = send_with(("-m", "tests.messaging.careless_worker"), sink)

    worst = max(mails.values())
    assert worst > MOST, "This proof is blind."
    record_property("figures", f"without the lock one person got {worst} mails")
