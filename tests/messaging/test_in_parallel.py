"""What must hold when several do it at the same moment, each in a transaction."""

import threading
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from customers.services import record_consent
from messaging.models import Delivery, Dispatch
from messaging.services import hold_sending
from messaging.services.claiming import Lease, claim
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds):
    """Run each deed in a thread of its own, all starting together."""
    gate = threading.Barrier(len(deeds))
    results, errors = [], []

    def run(deed):
        try:
            gate.wait()
            results.append(deed())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return results


def test_one_source_makes_one_dispatch():
    for _ in range(50):
        make.customer()
    template = make.template()

    made = at_once(*[lambda: ledger.dispatch(source_key="slot", template=template)] * 4)

    assert len({dispatch.pk for dispatch in made}) == Dispatch.objects.count() == 1
    assert Delivery.objects.count() == 50


def test_once_is_once_when_two_dispatches_of_a_series_are_made_together():
    for _ in range(50):
        make.customer()
    template = make.template()

    def fan_out(key):
        return ledger.dispatch(
            source_key=key, policy=ledger.ONCE, template=template, series="welcome"
        )

    at_once(*[lambda key=f"slot:{number}": fan_out(key) for number in range(4)])

    states = Counter(Delivery.objects.values_list("state", "reason"))
    assert states == {("pending", ""): 50, ("skipped", "already_received"): 150}


def test_two_workers_never_take_the_same_delivery():
    for _ in range(60):
        make.customer()
    ledger.dispatch()

    def take():
        taken = []
        while found := claim(Lease(), 7).deliveries:
            taken += [delivery.pk for delivery in found]
        return taken

    taken = [pk for found in at_once(*[take] * 4) for pk in found]

    assert len(taken) == len(set(taken)) == 60


def test_nothing_begins_after_the_hold_returned(smtp_sink):
    for _ in range(200):
        make.customer()
    ledger.dispatch()
    begun_before = []

    def hold():
        smtp_sink.wait_for(20)
        hold_sending()
        begun_before.append(begun())

    at_once(lambda: ledger.send(), hold)

    assert begun() == begun_before[0] < 200
    assert Delivery.objects.filter(state="claimed").count() == 0


def begun():
    return Delivery.objects.filter(first_sending_at__isnull=False).count()


def test_no_mail_begins_after_its_customer_unsubscribed(smtp_sink):
    customers = [make.customer() for _ in range(300)]
    ledger.dispatch()
    unsubscribed_at = {}

    def unsubscribe():
        smtp_sink.wait_for(20)
        for customer in reversed(customers):
            record_consent(customer, granted=False, source="test")
            unsubscribed_at[customer.pk] = timezone.now()

    at_once(lambda: ledger.send(), lambda: ledger.send(), unsubscribe)

    skipped = Delivery.objects.filter(reason="no_consent").count()
    accepted = Delivery.objects.filter(state="accepted")
    assert skipped
    assert accepted.count() + skipped == 300
    for delivery in accepted:
        assert delivery.first_sending_at <= unsubscribed_at[delivery.customer_id]
    assert len(set(smtp_sink.recipients)) == len(smtp_sink.recipients)
