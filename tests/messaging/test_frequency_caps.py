from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import Delivery, FrequencyCap, SendingHours
from tests import make
from tests.messaging import ledger

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("smtp_sink")]


def cap(most, **overrides):
    values = {"most": most, "length": 7, "unit": "days"} | overrides
    return FrequencyCap.objects.create(**values)


def outcomes(customer):
    """The states and reasons of a customer's deliveries, in their order."""
    found = Delivery.objects.filter(customer=customer).order_by("pk")
    return list(found.values_list("state", "reason"))


SENT = ("accepted", "")
OVER = ("skipped", "frequency_cap")
WAITS = ("pending", "frequency_cap")


def sent_ago(customer, **ago):
    """A message that went out to the customer so long ago."""
    then = timezone.now() - timedelta(**ago)
    dispatch = ledger.dispatch(customer)
    dispatch.deliveries.update(
        state="accepted", first_sending_at=then, accepted_at=then
    )


def test_what_is_over_the_cap_is_skipped():
    cap(2)
    ada, bob = make.customer(), make.customer()
    for _ in range(3):
        ledger.dispatch(ada)
        ledger.send()
    ledger.dispatch(bob)
    ledger.send()

    assert outcomes(ada) == [SENT, SENT, OVER]
    assert outcomes(bob) == [SENT]


def test_several_messages_of_one_claim_share_the_room():
    cap(2)
    ada = make.customer()
    for _ in range(4):
        ledger.dispatch(ada)

    ledger.send()

    assert outcomes(ada) == [SENT, SENT, OVER, OVER]


def test_only_what_went_out_within_the_time_counts():
    cap(1)
    recent, old = make.customer(), make.customer()
    sent_ago(recent, days=6, hours=23)
    sent_ago(old, days=7, minutes=1)

    ledger.dispatch(recent, old)
    ledger.send()

    assert outcomes(recent) == [SENT, OVER]
    assert outcomes(old) == [SENT, SENT]


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("sending", True),
        ("accepted", True),
        ("unknown", True),
        ("delivered", True),
        ("bounced", True),
        ("complained", True),
        ("pending", False),
        ("skipped", False),
        ("rejected", False),
        ("cancelled", False),
    ],
)
def test_what_takes_up_room(state, counts):
    cap(1)
    ada = make.customer()
    before = ledger.dispatch(ada).deliveries
    before.update(
        state=state,
        first_sending_at=timezone.now(),
        due_at=timezone.now() + timedelta(days=1),
    )

    ledger.dispatch(ada)
    ledger.send()

    assert outcomes(ada)[1] == (OVER if counts else SENT)


def test_with_the_choice_to_wait_it_goes_when_there_is_room():
    cap(2, length=24, unit="hours", over="wait")
    ada = make.customer()
    sent_ago(ada, hours=20)
    sent_ago(ada, hours=10)

    waiting = ledger.dispatch(ada).deliveries.get()
    ledger.send()

    waiting.refresh_from_db()
    assert outcomes(ada)[2] == WAITS
    in_four_hours = timezone.now() + timedelta(hours=4)
    assert abs(waiting.due_at - in_four_hours) < timedelta(minutes=5)

    Delivery.objects.filter(customer=ada, state="accepted").update(
        accepted_at=timezone.now() - timedelta(hours=25)
    )
    Delivery.objects.filter(pk=waiting.pk).update(due_at=waiting.created_at)
    ledger.send()
    assert outcomes(ada) == [SENT, SENT, SENT]


def test_what_would_wait_longer_than_allowed_is_too_late():
    SendingHours.objects.create(most_held_hours=48)
    cap(1, over="wait")
    ada, bob = make.customer(), make.customer()
    sent_ago(ada, days=1)
    sent_ago(bob, days=6)

    ledger.dispatch(ada, bob)
    ledger.send()

    assert outcomes(ada) == [SENT, ("skipped", "too_late")]
    assert outcomes(bob) == [SENT, WAITS]


def test_a_cap_that_skips_overrules_one_that_lets_wait():
    cap(1, length=24, unit="hours", over="wait")
    cap(1, over="skip")
    ada = make.customer()

    for _ in range(2):
        ledger.dispatch(ada)
    ledger.send()

    assert outcomes(ada) == [SENT, OVER]


def test_each_cap_counts_by_itself_and_the_narrowest_decides():
    cap(5, length=30)
    cap(2, length=24, unit="hours")
    ada = make.customer()
    for days in (4, 5, 6):
        sent_ago(ada, days=days)

    for _ in range(3):
        ledger.dispatch(ada)
    ledger.send()

    assert outcomes(ada)[3:] == [SENT, SENT, OVER]


def test_a_cap_of_another_channel_says_nothing_of_mail():
    cap(1, channel="sms")
    ada = make.customer()

    for _ in range(2):
        ledger.dispatch(ada)
    ledger.send()

    assert outcomes(ada) == [SENT, SENT]


def test_a_cap_over_everything_counts_other_channels_too():
    cap(1, channel="")
    cap(3, channel="email", length=1)
    ada = make.customer()
    sent_ago(ada, days=1)
    Delivery.objects.update(channel="in_app")

    ledger.dispatch(ada)
    ledger.send()

    assert outcomes(ada) == [SENT, OVER]


def test_transactional_mail_passes_and_takes_up_no_room():
    cap(1)
    ada = make.customer()
    receipt = make.template(purpose="transactional")
    for template in (receipt, receipt, None, receipt, None):
        ledger.dispatch(ada, template=template)
        ledger.send()

    assert outcomes(ada) == [SENT, SENT, SENT, SENT, OVER]


def test_a_cap_that_is_off_holds_nothing():
    cap(1, is_active=False)
    ada = make.customer()

    for _ in range(2):
        ledger.dispatch(ada)
    ledger.send()

    assert outcomes(ada) == [SENT, SENT]


def test_who_unsubscribed_is_told_so_and_takes_up_no_room():
    cap(1)
    ada = make.customer()
    first = ledger.dispatch(ada)
    ledger.withdraw_consent(ada)
    ledger.send()

    assert ledger.states(first) == {ada: ("skipped", "no_consent")}
    assert not Delivery.objects.filter(reason="frequency_cap").exists()


def test_a_dispatch_of_which_all_is_over_the_cap_ends():
    cap(1)
    ada = make.customer()
    ledger.dispatch(ada)
    ledger.send()

    over = ledger.dispatch(ada)
    ledger.send()

    over.refresh_from_db()
    assert over.state == "done"
