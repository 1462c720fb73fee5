from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine

from messaging.models import Delivery, SendingHours
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
# Far ahead: what is held back by these clocks is not due yet by the database's.
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


@pytest.fixture(autouse=True)
def quiet_at_night():
    return SendingHours.objects.create(
        is_quiet=True, quiet_from=time(22), quiet_until=time(8)
    )


def send_at(moment, *customers, **overrides):
    """Fan out, and let a worker come at a moment; return the deliveries."""
    dispatch = ledger.dispatch(*customers, **overrides)
    with time_machine.travel(moment, tick=False):
        ledger.send()
    return {one.customer_id: one for one in dispatch.deliveries.all()}


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_at_night_where_the_customer_is_mail_waits_for_the_morning(smtp_sink):
    sleeping = make.customer(timezone=BERLIN)
    awake = make.customer(timezone=NEW_YORK)

    sent = send_at(utc(2050, 11, 20, 23, 30), sleeping, awake)

    held = sent[sleeping.pk]
    assert (held.state, held.reason) == ("pending", "quiet_hours")
    assert held.due_at == utc(2050, 11, 21, 7)
    assert sent[awake.pk].state == "accepted"
    assert smtp_sink.recipients == [awake.email]


def test_in_the_morning_it_goes_out_and_says_nothing_of_the_night(smtp_sink):
    customer = make.customer(timezone=BERLIN)
    held = send_at(utc(2050, 11, 20, 23, 30), customer)[customer.pk]
    Delivery.objects.update(due_at=held.created_at)

    with time_machine.travel(utc(2050, 11, 21, 7), tick=False):
        ledger.send()

    held.refresh_from_db()
    assert (held.state, held.reason) == ("accepted", "")


def test_the_last_second_of_the_night_is_quiet_and_the_first_of_the_day_is_not():
    last, first = (make.customer(timezone=BERLIN) for _ in range(2))

    assert send_at(utc(2050, 11, 21, 6, 59, 59), last)[last.pk].reason
    assert send_at(utc(2050, 11, 21, 7), first)[first.pk].state == "accepted"


def test_without_a_zone_the_customer_lives_where_the_project_does(settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    nowhere, nonsense = make.customer(), make.customer(timezone="Mars/Olympus")

    sent = send_at(utc(2050, 11, 20, 14), nowhere, nonsense)

    assert {one.due_at for one in sent.values()} == {utc(2050, 11, 20, 23)}


def test_transactional_mail_goes_at_any_hour():
    customer = make.customer(timezone=BERLIN)

    receipt = make.template(purpose="transactional")
    sent = send_at(utc(2050, 11, 20, 23, 30), customer, template=receipt)

    assert sent[customer.pk].state == "accepted"


def test_quiet_hours_that_are_off_hold_nothing(quiet_at_night):
    quiet_at_night.is_quiet = False
    quiet_at_night.save()
    customer = make.customer(timezone=BERLIN)

    sent = send_at(utc(2050, 11, 20, 23, 30), customer)

    assert sent[customer.pk].state == "accepted"


def test_quiet_hours_may_lie_within_a_day(quiet_at_night):
    quiet_at_night.quiet_from, quiet_at_night.quiet_until = time(12), time(14)
    quiet_at_night.save()
    noon, evening = (make.customer(timezone="UTC") for _ in range(2))

    assert send_at(utc(2050, 11, 20, 12), noon)[noon.pk].due_at == utc(2050, 11, 20, 14)
    assert send_at(utc(2050, 11, 20, 23), evening)[evening.pk].state == "accepted"


def test_what_would_wait_longer_than_allowed_is_too_late_at_once(quiet_at_night):
    quiet_at_night.most_held_hours = 3
    quiet_at_night.save()
    early, late = (make.customer(timezone="UTC") for _ in range(2))

    skipped = send_at(utc(2050, 11, 20, 22), early)[early.pk]
    waiting = send_at(utc(2050, 11, 21, 5), late)[late.pk]

    assert (skipped.state, skipped.reason) == ("skipped", "too_late")
    assert (waiting.state, waiting.due_at) == ("pending", utc(2050, 11, 21, 8))


def test_what_was_held_and_found_no_worker_for_days_is_too_late():
    customer = make.customer(timezone="UTC")
    held = send_at(utc(2050, 11, 20, 23), customer)[customer.pk]
    Delivery.objects.update(due_at=held.created_at)

    with time_machine.travel(utc(2050, 11, 23, 12), tick=False):
        ledger.send()

    held.refresh_from_db()
    assert (held.state, held.reason) == ("skipped", "too_late")
    assert held.dispatch.deliveries.filter(state__in=Delivery.WAITING).count() == 0


def test_a_night_that_is_an_hour_shorter_ends_by_the_clock():
    customer = make.customer(timezone=BERLIN)

    # The clocks of Berlin go from 2:00 to 3:00 that night.
    sent = send_at(utc(2050, 3, 26, 22), customer)

    assert sent[customer.pk].due_at == utc(2050, 3, 27, 6)


def test_a_night_that_is_an_hour_longer_ends_by_the_clock():
    customer = make.customer(timezone=BERLIN)

    # The clocks of Berlin go from 3:00 back to 2:00 that night.
    sent = send_at(utc(2050, 10, 29, 22), customer)

    assert sent[customer.pk].due_at == utc(2050, 10, 30, 7)


def test_an_end_in_the_hour_that_is_skipped_comes_right_after_it(quiet_at_night):
    quiet_at_night.quiet_until = time(2, 30)
    quiet_at_night.save()
    customer = make.customer(timezone=BERLIN)

    sent = send_at(utc(2050, 3, 27, 0, 30), customer)

    assert sent[customer.pk].due_at == utc(2050, 3, 27, 1)


def test_an_end_in_the_hour_that_comes_twice_is_over_the_first_time(quiet_at_night):
    quiet_at_night.quiet_until = time(2, 30)
    quiet_at_night.save()
    before, after = (make.customer(timezone=BERLIN) for _ in range(2))

    # 2:15 for the first time, and for the second.
    held = send_at(utc(2050, 10, 30, 0, 15), before)[before.pk]
    sent = send_at(utc(2050, 10, 30, 1, 15), after)[after.pk]

    assert held.due_at == utc(2050, 10, 30, 0, 30)
    assert sent.state == "accepted"


def test_a_worker_puts_a_whole_audience_off_and_then_rests(smtp_sink):
    make.customers(500)

    dispatch = ledger.dispatch()
    with time_machine.travel(utc(2050, 11, 20, 23), tick=False):
        assert ledger.send() == 500
        assert ledger.send() == 0

    waiting = dispatch.deliveries.filter(state="pending", reason="quiet_hours")
    assert waiting.count() == 500
    assert dispatch.deliveries.exclude(lease_token=None).count() == 0
    assert smtp_sink.recipients == []


def test_a_message_that_was_put_off_is_judged_again_when_it_is_due():
    customer = make.customer(timezone="UTC")
    held = send_at(utc(2050, 11, 20, 23), customer)[customer.pk]
    Delivery.objects.update(due_at=held.created_at - timedelta(minutes=1))
    ledger.withdraw_consent(customer)

    with time_machine.travel(utc(2050, 11, 21, 9), tick=False):
        ledger.send()

    held.refresh_from_db()
    assert (held.state, held.reason) == ("skipped", "no_consent")
