"""Who may act on a delivery, and what happens to what is left behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.channels import mail_channel
from messaging.channels.base import Outcome, Verdict
from messaging.models import Delivery, Dispatch
from messaging.services import cancel_dispatch, hold_sending, pause_dispatch
from messaging.services.beginning import begin_sending
from messaging.services.claiming import Lease, claim
from messaging.services.content import prepare
from messaging.services.outcomes import Answered, record_outcomes
from messaging.services.sweeping import sweep_leases
from messaging.services.switches import sending_is_held
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
ACCEPTED = Outcome(Verdict.ACCEPTED, provider_id="7F3A")
NOT_SENT = Outcome(Verdict.NOT_SENT, "too slow")
LONG_AGO = timezone.now() - timedelta(days=1)


@pytest.fixture(autouse=True)
def by_smtp(settings):
    settings.EMAIL_HOST = "127.0.0.1"


def a_claim():
    """One claimed delivery, with the lease and what would be sent."""
    make.customer()
    ledger.dispatch()
    assert not sending_is_held()
    lease = Lease()
    [delivery] = claim(lease, 20).deliveries
    return lease, delivery, list(prepare([delivery], mail_channel()))


def let_it_expire():
    Delivery.objects.update(lease_until=LONG_AGO)


def answer(lease, delivery, outcome):
    record_outcomes(lease, mail_channel(), [Answered(delivery, outcome)])
    delivery.refresh_from_db()
    return delivery.state


def test_a_claimed_delivery_is_nobody_elses():
    _lease, delivery, _prepared = a_claim()

    assert claim(Lease(), 20).deliveries == []
    delivery.refresh_from_db()
    assert delivery.state == "claimed"
    assert delivery.lease_until > timezone.now()


def test_an_expired_claim_waits_again_for_anybody():
    _lease, delivery, _prepared = a_claim()
    let_it_expire()

    assert sweep_leases() == (1, 0)

    assert [found.pk for found in claim(Lease(), 20).deliveries] == [delivery.pk]


def test_what_is_still_leased_is_not_swept():
    lease, _delivery, prepared = a_claim()
    begin_sending(lease, mail_channel(), prepared)

    assert sweep_leases() == (0, 0)


def test_a_worker_that_lost_its_claim_cannot_begin():
    lease, delivery, prepared = a_claim()
    let_it_expire()
    sweep_leases()
    other = Lease()
    claim(other, 20)

    assert begin_sending(lease, mail_channel(), prepared) == []

    delivery.refresh_from_db()
    assert (delivery.state, delivery.lease_token) == ("claimed", other.token)


def test_a_worker_that_died_while_sending_leaves_the_fate_unknown():
    lease, delivery, prepared = a_claim()
    begin_sending(lease, mail_channel(), prepared)
    let_it_expire()

    assert sweep_leases() == (0, 1)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("unknown", "no_answer")
    assert Dispatch.objects.get().state == "done"
    assert claim(Lease(), 20).deliveries == []


def test_the_late_worker_still_tells_what_it_knows():
    lease, delivery, prepared = a_claim()
    begin_sending(lease, mail_channel(), prepared)
    let_it_expire()
    sweep_leases()

    assert answer(lease, delivery, ACCEPTED) == "accepted"
    assert delivery.provider_id == "7F3A"


def test_a_late_worker_that_never_began_lets_the_dispatch_go_on():
    lease, delivery, prepared = a_claim()
    begin_sending(lease, mail_channel(), prepared)
    let_it_expire()
    sweep_leases()

    assert answer(lease, delivery, NOT_SENT) == "pending"
    assert Dispatch.objects.get().state == "sending"


def test_a_late_worker_cannot_undo_what_a_person_decided():
    lease, delivery, prepared = a_claim()
    begin_sending(lease, mail_channel(), prepared)
    Delivery.objects.update(state="pending", lease_token=None, lease_until=None)

    assert answer(lease, delivery, ACCEPTED) == "pending"


@pytest.mark.parametrize(
    ("stop", "state"),
    [
        (lambda dispatch: hold_sending(), "pending"),
        (pause_dispatch, "pending"),
        (cancel_dispatch, "cancelled"),
    ],
)
def test_a_stop_between_claim_and_sending_is_obeyed(stop, state):
    lease, delivery, prepared = a_claim()
    stop(delivery.dispatch)

    assert begin_sending(lease, mail_channel(), prepared) == []

    delivery.refresh_from_db()
    assert (delivery.state, delivery.lease_token) == (state, None)


def test_what_comes_back_after_a_cancellation_is_cancelled():
    lease, delivery, prepared = a_claim()
    begin_sending(lease, mail_channel(), prepared)
    cancel_dispatch(delivery.dispatch)

    assert answer(lease, delivery, NOT_SENT) == "cancelled"
    assert delivery.reason == "run_cancelled"


def test_a_lease_that_is_over_begins_nothing(smtp_sink):
    lease, _delivery, prepared = a_claim()
    begun = begin_sending(lease, mail_channel(), prepared)
    [parcel] = [one.parcel for one in begun]

    [(_parcel, outcome)] = mail_channel().send([parcel], lambda: True)

    assert outcome.verdict == Verdict.NOT_SENT
    assert smtp_sink.mails == []


def test_the_sum_of_states_is_the_audience_at_every_step():
    for _ in range(5):
        make.customer()
    dispatch = ledger.dispatch()
    for _ in range(5):
        assert dispatch.deliveries.count() == dispatch.audience_count == 5
        claim(Lease(), 1)
