"""Connections that are cut, and customers who unsubscribe meanwhile."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from customers.services import record_consent
from messaging.models import Delivery
from tests import make
from tests.messaging import ledger, processes
from tests.messaging.resend_imitation import resend
from tests.scale import scaled
from tests.waiting import wait_until

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True)]


def cut_all_other_connections():
    """Let the database end every connection but the test's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


@pytest.mark.slow
def test_workers_that_lose_the_database_lose_and_double_nothing(record_property):
    total, cuts = scaled((1500, 3), (10_000, 20))
    make.customers(total)
    dispatch = ledger.dispatch()
    ended = []

    with resend() as api:
        api.latency = 0.02
        env = {
            "RESEND_API_KEY": "re_test",
            "RESEND_API_URL": api.url,
            "RESEND_REQUESTS_PER_SECOND": "0",
        }
        running = [processes.start(*processes.WORKER, **env) for _ in range(2)]

        def all_is_settled():
            if len(ended) < cuts and len(api.mails) > len(ended) * total / (cuts + 2):
                ended.append(cut_all_other_connections())
            for place, process in enumerate(running):
                if process.poll():
                    running[place] = processes.start(*processes.WORKER, **env)
            return not dispatch.deliveries.filter(state__in=Delivery.WAITING).exists()

        try:
            wait_until(all_is_settled, timeout=500)
        finally:
            for process in running:
                processes.kill(process)

    assert sum(ended), "No connection was cut."
    assert len(api.recipients) == len(set(api.recipients)) == total
    assert dispatch.deliveries.filter(state="accepted").count() == total
    record_property(
        "figures", f"{total} mails, {sum(ended)} connections cut: all arrived once"
    )


def begun_too_late(dispatch, unsubscribed_at):
    """Return the deliveries that began after their customer's unsubscription."""
    begun = dispatch.deliveries.filter(first_sending_at__isnull=False)
    return [
        delivery
        for delivery in begun
        if delivery.customer_id in unsubscribed_at
        and delivery.first_sending_at > unsubscribed_at[delivery.customer_id]
    ]


def send_while_customers_unsubscribe(smtp_sink, **overrides):
    """Send a dispatch from two threads; return it, and who unsubscribed when."""
    total, leaving = scaled((400, 150), (10_000, 1000))
    customers = make.customers(total)
    dispatch = ledger.dispatch(**overrides)
    unsubscribed_at = {}

    def send():
        ledger.send(limit=total)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    smtp_sink.wait_for(20, timeout=60)
    for customer in reversed(customers[-leaving:]):
        record_consent(customer, granted=False, source="test")
        unsubscribed_at[customer.pk] = timezone.now()
    for thread in threads:
        thread.join()
    ledger.send(limit=total)
    return dispatch, unsubscribed_at


def test_no_mail_begins_after_an_unsubscription(smtp_sink, record_property):
    dispatch, unsubscribed_at = send_while_customers_unsubscribe(smtp_sink)

    spared = dispatch.deliveries.filter(reason="no_consent").count()
    assert spared
    assert begun_too_late(dispatch, unsubscribed_at) == []
    assert len(smtp_sink.mails) + spared == dispatch.audience_count
    record_property(
        "figures", f"{len(unsubscribed_at)} unsubscribed meanwhile: {spared} spared"
    )


def test_mail_that_asks_for_no_consent_would_be_seen(smtp_sink):
    receipt = make.template(purpose="transactional")

    dispatch, unsubscribed_at = send_while_customers_unsubscribe(
        smtp_sink, template=receipt
    )

    assert begun_too_late(dispatch, unsubscribed_at), "This proof is blind."
