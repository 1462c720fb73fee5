from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Consent, Customer
from marketing_os.lib.errors import DomainError
from messaging.models import Delivery, Dispatch, Suppression
from messaging.services import RecipientPolicy, forecast
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
PENDING = ("pending", "")


def skipped(reason):
    return ("skipped", reason)


def test_each_customer_of_the_audience_gets_one_waiting_delivery():
    ada, bob = make.customer(), make.customer(email=" Bob@Example.org ")

    dispatch = ledger.dispatch()

    assert ledger.states(dispatch) == {ada: PENDING, bob: PENDING}
    assert dispatch.audience_count == 2
    assert dispatch.state == Dispatch.State.SENDING
    assert dispatch.deliveries.get(customer=bob).address == "Bob@Example.org"


def test_the_same_source_key_returns_the_same_dispatch_and_adds_nothing():
    make.customer()
    first = ledger.dispatch(source_key="run:1")
    make.customer()

    second = ledger.dispatch(source_key="run:1")

    assert second == first
    assert Delivery.objects.count() == 1


def test_a_customer_without_an_address_is_skipped():
    nobody = make.customer(email="")

    dispatch = ledger.dispatch()

    assert ledger.states(dispatch) == {nobody: skipped("no_address")}
    assert dispatch.state == Dispatch.State.DONE
    assert dispatch.finished_at


def test_the_newest_decision_about_mail_counts():
    gone, back, other_channel = (make.customer() for _ in range(3))
    ledger.withdraw_consent(gone)
    ledger.withdraw_consent(back)
    Consent.objects.create(customer=back, granted=True, source="test")
    Consent.objects.create(
        customer=other_channel, channel="sms", granted=False, source="test"
    )

    dispatch = ledger.dispatch()

    assert ledger.states(dispatch) == {
        gone: skipped("no_consent"),
        back: PENDING,
        other_channel: PENDING,
    }


def test_a_topic_that_was_given_up_does_not_stop_all_marketing():
    ada = make.customer()
    Consent.objects.create(customer=ada, topic="events", granted=False, source="test")

    assert ledger.states(ledger.dispatch()) == {ada: PENDING}


def test_without_a_decision_nothing_is_sent_where_consent_is_required(settings):
    settings.CONSENT_REQUIRED = True
    silent, willing = make.customer(), make.customer()
    Consent.objects.create(customer=willing, granted=True, source="test")

    dispatch = ledger.dispatch()

    assert ledger.states(dispatch) == {
        silent: skipped("no_consent"),
        willing: PENDING,
    }


def test_transactional_mail_needs_no_consent_but_obeys_suppression():
    unsubscribed, bounced = make.customer(), make.customer(email="Gone@example.org")
    ledger.withdraw_consent(unsubscribed)
    Suppression.objects.create(email="gone@EXAMPLE.org", reason="hard_bounce")

    dispatch = ledger.dispatch(template=make.template(purpose="transactional"))

    assert ledger.states(dispatch) == {
        unsubscribed: PENDING,
        bounced: skipped("suppressed"),
    }


def test_the_held_out_are_the_same_in_every_run_of_a_series():
    for _ in range(300):
        make.customer()

    runs = [ledger.dispatch(holdout_percent=20) for _ in range(2)]
    other = ledger.dispatch(holdout_percent=20, series="other")

    first, second, third = (held_out(run) for run in (*runs, other))
    assert first == second
    assert 30 <= len(first) <= 90
    assert first != third


def test_a_larger_part_holds_out_those_of_before_and_more():
    make.customers(300)

    small, large = (
        held_out(ledger.dispatch(holdout_percent=part)) for part in (10, 30)
    )

    assert small < large
    assert held_out(ledger.dispatch(holdout_percent=0)) == set()
    assert len(held_out(ledger.dispatch(holdout_percent=100))) == 300


def held_out(dispatch):
    held = dispatch.deliveries.filter(state="skipped", reason="holdout")
    return set(held.values_list("customer", flat=True))


def test_who_would_get_it_only_once_counts_as_held_out_only_once():
    everybody = {"policy": ledger.ONCE, "holdout_percent": 100}
    ada = make.customer()
    ledger.dispatch(**everybody)
    bob = make.customer()

    again = ledger.dispatch(**everybody)

    assert ledger.states(again) == {
        ada: skipped("holdout_again"),
        bob: skipped("holdout"),
    }


def test_who_is_no_longer_held_out_gets_it():
    ada = make.customer()
    ledger.dispatch(policy=ledger.ONCE, holdout_percent=100)

    again = ledger.dispatch(policy=ledger.ONCE, holdout_percent=0)

    assert ledger.states(again) == {ada: PENDING}


def test_the_same_address_is_held_out_for_both_who_have_it():
    twins = [make.customer(email=f"{word}@x.org") for word in ("twin", "TWIN")]

    drawn = []
    for percent in range(0, 101, 10):
        dispatch = ledger.dispatch(*twins, holdout_percent=percent)
        drawn.append(Counter(dispatch.deliveries.values_list("reason", flat=True)))

    neither, both = {"": 1, "duplicate_address": 1}, {"holdout": 2}
    assert all(reasons in (neither, both) for reasons in drawn)
    assert (drawn[0], drawn[-1]) == (neither, both)


def test_the_lowest_id_left_keeps_a_shared_address():
    gone, first, second = (make.customer(email="Shared@x.org") for _ in range(3))
    ledger.withdraw_consent(gone)

    dispatch = ledger.dispatch()

    assert ledger.states(dispatch) == {
        gone: skipped("no_consent"),
        first: PENDING,
        second: skipped("duplicate_address"),
    }


def test_once_means_once_in_the_series():
    ada, bob = make.customer(), make.customer(email="")
    ledger.dispatch(policy=ledger.ONCE)
    Customer.objects.filter(pk=bob.pk).update(email="bob@x.org")

    again = ledger.dispatch(policy=ledger.ONCE)
    other = ledger.dispatch(policy=ledger.ONCE, series="other")

    assert ledger.states(again) == {ada: skipped("already_received"), bob: PENDING}
    assert ledger.states(other) == {ada: PENDING, bob: PENDING}


def test_once_also_holds_for_another_customer_with_the_same_address():
    make.customer(email="shared@x.org")
    twin = make.customer(email="SHARED@x.org")
    ledger.dispatch(policy=ledger.ONCE)

    again = ledger.dispatch(twin, policy=ledger.ONCE)

    assert ledger.states(again) == {twin: skipped("already_received")}


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("pending", True),
        ("claimed", True),
        ("sending", True),
        ("accepted", True),
        ("unknown", True),
        ("delivered", True),
        ("bounced", True),
        ("complained", True),
        ("skipped", False),
        ("rejected", False),
        ("cancelled", False),
    ],
)
def test_what_counts_as_received(state, counts):
    ada = make.customer()
    ledger.dispatch(policy=ledger.ONCE).deliveries.update(state=state)

    again = ledger.dispatch(policy=ledger.ONCE)

    expected = skipped("already_received") if counts else PENDING
    assert ledger.states(again) == {ada: expected}


@pytest.mark.parametrize(("days_ago", "gets_it"), [(6, False), (7, True), (8, True)])
def test_again_after_seven_days_lets_the_weekly_run_through(days_ago, gets_it):
    ada = make.customer()
    week = RecipientPolicy("again_after", days=7)
    # The last run began a little later in its hour than this one.
    then = timezone.now() - timedelta(days=days_ago) + timedelta(minutes=10)
    ledger.dispatch(policy=week).deliveries.update(created_at=then)

    again = ledger.dispatch(policy=week)

    expected = PENDING if gets_it else skipped("already_received")
    assert ledger.states(again) == {ada: expected}


def test_reasons_are_given_in_their_order():
    everything = {"holdout_percent": 100, "policy": ledger.ONCE}
    ada = make.customer(email="ada@x.org")
    ledger.dispatch(policy=ledger.ONCE)
    seen = [reason_of(ada, policy=ledger.ONCE)]

    seen.append(reason_of(ada, **everything))
    Suppression.objects.create(email="ada@x.org", reason="manual")
    seen.append(reason_of(ada, **everything))
    ledger.withdraw_consent(ada)
    seen.append(reason_of(ada, **everything))
    Customer.objects.filter(pk=ada.pk).update(email="")
    seen.append(reason_of(ada, **everything))

    assert seen == [
        "already_received",
        "holdout_again",
        "suppressed",
        "no_consent",
        "no_address",
    ]


def reason_of(customer, **overrides):
    return ledger.dispatch(customer, **overrides).deliveries.get().reason


def test_erased_and_archived_customers_are_no_part_of_an_audience():
    make.customer(erased_at=timezone.now())
    make.customer(archived_at=timezone.now())

    dispatch = ledger.dispatch()

    assert dispatch.audience_count == 0
    assert dispatch.state == Dispatch.State.DONE


@pytest.mark.parametrize(
    "audience",
    [
        lambda: Customer.objects.none(),
        lambda: Customer.objects.filter(first_name__contains="100%"),
        lambda: Customer.objects.filter(attributes__city="P%(x)s"),
        lambda: Customer.objects.order_by("-id")[:2],
        lambda: Customer.objects.filter(pk__in=[]) | Customer.objects.none(),
    ],
)
def test_any_queryset_is_an_audience(audience):
    for _ in range(3):
        make.customer(first_name="100% Ada", attributes={"city": "P%(x)s"})

    dispatch = ledger.dispatch(audience=audience())

    assert dispatch.audience_count == audience().count() == dispatch.deliveries.count()


def test_a_forecast_counts_what_the_fan_out_would_write_and_writes_nothing():
    gone = make.customer()
    ledger.withdraw_consent(gone)
    make.customer()
    make.customer(email="")
    plan = {
        "template": make.template(),
        "audience": Customer.objects.all(),
        "series": "test",
        "policy": ledger.EVERY_RUN,
    }

    counted = forecast(**plan)
    assert not Dispatch.objects.exists()

    dispatch = ledger.dispatch(**plan)
    assert counted == Counter(ledger.states(dispatch).values())


def test_a_template_that_cannot_be_sent_is_refused_with_a_sentence():
    whatsapp = make.template(type="whatsapp")
    with pytest.raises(DomainError, match="WhatsApp sending is not available yet"):
        ledger.dispatch(template=whatsapp)

    unfinished = make.template(name="Half")
    unfinished.current_version = None
    unfinished.save()
    with pytest.raises(DomainError, match="“Half” has no version"):
        ledger.dispatch(template=unfinished)
    assert not Dispatch.objects.exists()


def test_a_large_audience_is_decided_in_one_statement(django_assert_max_num_queries):
    Customer.objects.bulk_create(
        Customer(email=f"many-{number}@x.org") for number in range(2000)
    )
    template = make.template()

    with django_assert_max_num_queries(14):
        dispatch = ledger.dispatch(template=template)

    assert dispatch.deliveries.filter(state="pending").count() == 2000
