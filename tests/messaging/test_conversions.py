"""What customers did after a message, and what others did who were held out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Customer
from funnel.models import Activity
from messaging.models import ConversionGoal, Delivery, Dispatch
from messaging.results.conversions import conversions
from messaging.results.scope import of_dispatch, of_series
from messaging.services import record_past_dispatch
from messaging.services.goals import choose_goal
from tests import make
from tests.messaging import ledger

pytestmark = pytest.mark.django_db
SENT_AT = timezone.now() - timedelta(days=30)
DAY = timedelta(days=1)


def sent(received=(), held_out=(), series="test", at=SENT_AT):
    """A dispatch that went to some customers, while others were held out."""

    def these(customers):
        return Customer.objects.filter(pk__in=[one.pk for one in customers])

    return record_past_dispatch(
        template=make.template(),
        received=these(received),
        held_out=these(held_out),
        source_key=f"test:{make.next_number()}",
        series=series,
        name="Test",
        at=at,
    )


def goal(name="visit", kind="activity", funnel_type="", days=7, series="test"):
    return choose_goal(
        ConversionGoal(
            series=series, kind=kind, funnel_type=funnel_type, name=name, days=days
        )
    )


def visits(customers, at=SENT_AT + DAY):
    Activity.objects.bulk_create(
        Activity(customer=one, name="visit", occurred_at=at) for one in customers
    )


def told(dispatch):
    [found] = conversions(of_dispatch(dispatch))
    return found


def figures(share):
    return share.done, share.people


@pytest.mark.parametrize(
    ("after", "counts"),
    [
        (-timedelta(seconds=1), 0),
        (timedelta(seconds=1), 1),
        (7 * DAY, 1),
        (7 * DAY + timedelta(seconds=1), 0),
    ],
)
def test_what_is_done_within_the_days_after_the_message_counts(after, counts):
    ada = make.customer()
    dispatch = sent([ada])
    goal(days=7)
    visits([ada], SENT_AT + after)

    assert figures(told(dispatch).sent) == (counts, 1)


def test_each_customer_counts_once_however_often_they_come():
    ada, bob = make.customer(), make.customer()
    dispatch = sent([ada, bob])
    goal()
    visits([ada, ada, ada])

    assert figures(told(dispatch).sent) == (1, 2)


def test_a_move_counts_in_its_funnel_only():
    ada, bob = make.customer(), make.customer()
    dispatch = sent([ada, bob])
    goal("Enrolled", kind="move", funnel_type="sales")
    make.funnel_event(ada, "Enrolled", created_date=SENT_AT + DAY)
    make.funnel_event(
        bob, "Enrolled", funnel_type="service-delivery", created_date=SENT_AT + DAY
    )

    assert figures(told(dispatch).sent) == (1, 2)


def test_who_was_held_out_counts_beside():
    ada, bob, eve = make.customers(3)
    dispatch = sent([ada], held_out=[bob, eve])
    goal()
    visits([ada, bob])

    found = told(dispatch)

    assert (figures(found.sent), figures(found.held_out)) == ((1, 1), (1, 2))
    assert found.lift is None


def test_with_enough_of_both_there_is_a_lift_and_without_an_effect_none():
    people = make.customers(400)
    dispatch = sent(people[:200], held_out=people[200:])
    goal()
    visits([*people[:60], *people[200:220]])
    goal("login")
    make.activity(people[0], "login", occurred_at=SENT_AT + DAY)

    effect, nothing = conversions(of_dispatch(dispatch))

    assert effect.lift.points == pytest.approx(20)
    assert effect.lift.is_clear
    assert effect.more == 40
    assert nothing.lift is None


def test_who_stands_in_both_groups_over_time_is_not_compared():
    ada, bob = make.customers(2)
    sent([ada], held_out=[bob])
    sent([ada, bob], at=SENT_AT + DAY)
    goal()

    [found] = conversions(of_series("All", "test"))

    assert (found.in_both, found.held_out.people, found.meant.people) == (1, 0, 1)
    assert found.sent.people == 2


def test_of_those_with_one_address_one_is_held_out():
    twins = [make.customer(email=f"{word}@x.org") for word in ("twin", "TWIN")]
    dispatch = ledger.dispatch(*twins, holdout_percent=100)
    goal()

    assert told(dispatch).held_out.people == 1


def test_who_was_left_out_at_the_last_moment_is_compared_but_was_not_sent_it():
    people = make.customers(3)
    dispatch = ledger.dispatch(*people)
    goal()
    rows = dispatch.deliveries.order_by("pk")
    fates = (
        {"state": "accepted"},
        {"state": "skipped", "reason": "frequency_cap"},
        {"state": "skipped", "reason": "no_consent"},
    )
    for delivery, fate in zip(rows, fates, strict=True):
        Delivery.objects.filter(pk=delivery.pk).update(**fate)

    found = told(dispatch)

    assert (found.sent.people, found.meant.people) == (1, 2)


def test_who_of_a_cancelled_dispatch_got_it_is_compared_with_nobody():
    ada, bob = make.customers(2)
    dispatch = sent([ada], held_out=[bob])
    Dispatch.objects.update(state="cancelled")
    goal()

    found = told(dispatch)

    assert figures(found.sent) == (0, 1)
    assert (found.meant.people, found.held_out.people) == (0, 0)


def test_a_goal_is_that_of_its_series():
    ada = make.customer()
    dispatch = sent([ada])
    goal(series="other")

    assert conversions(of_dispatch(dispatch)) == []


def test_the_numbers_lead_to_the_lists_of_those_who_did_it(admin_client):
    people = make.customers(5)
    dispatch = sent(people[:3], held_out=people[3:])
    goal()
    visits([people[0], people[1], people[3]])

    page = admin_client.get(dispatch.get_absolute_url())
    [row] = page.context["goals"]

    assert listed(admin_client, row["sent_url"]) == {people[0], people[1]}
    assert listed(admin_client, row["held_out_url"]) == {people[3]}


def test_a_stage_leads_to_the_list_of_those_who_reached_it(admin_client):
    ada, bob = make.customers(2)
    dispatch = sent([ada, bob])
    goal("Enrolled", kind="move", funnel_type="sales")
    make.funnel_event(ada, "Enrolled", created_date=SENT_AT + DAY)

    [row] = admin_client.get(dispatch.get_absolute_url()).context["goals"]

    assert listed(admin_client, row["sent_url"]) == {ada}


def listed(client, url):
    return {row.customer for row in client.get(url).context["cl"].result_list}


def test_until_the_time_of_the_last_is_over_the_page_says_that_numbers_grow(
    admin_client,
):
    dispatch = sent([make.customer()], at=timezone.now() - DAY)
    goal(days=7)

    page = admin_client.get(dispatch.get_absolute_url()).content.decode()

    assert "until then the numbers grow" in page


def test_nothing_that_lies_ahead_can_be_written_down_as_sent():
    with pytest.raises(Exception, match="cannot lie in the future"):
        sent([make.customer()], at=timezone.now() + DAY)


def test_nobody_can_have_got_it_and_be_held_out():
    ada = make.customer()

    with pytest.raises(Exception, match="cannot have got it and be held out"):
        sent([ada], held_out=[ada])
