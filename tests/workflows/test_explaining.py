"""Who would enter, counted without letting anybody in, and why one did not."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.timezone import localdate

from automations.models import Enrolment, Workflow
from automations.services.workflows import OnTheWay, check_now, disable
from automations.workflows.explaining import dry_run, why
from customers.services import add_tag
from marketing_os.lib.errors import DomainError
from tests import make
from tests.workflows.make import run, tag, tags_of, trigger, workflow

pytestmark = pytest.mark.django_db
BORN = {"type": "attribute", "attribute": "city", "operator": "equals", "value": "Lima"}
IN_LIMA = trigger("conditions", conditions={"version": 1, "all": [BORN]})


@pytest.fixture
def city(db):
    return make.attribute("city")


def lima(**values):
    return make.customer(attributes={"city": "Lima"}, **values)


def test_a_dry_run_of_what_is_not_saved_counts_and_writes_nothing(city):
    people = sorted(lima().pk for _number in range(22))
    make.customer(attributes={"city": "Rome"})
    lima(archived_at=timezone.now())

    found = dry_run(Workflow(name="x", trigger=IN_LIMA))

    assert (found.meant, found.entering, found.kept_out) == (22, 22, {})
    assert list(found.first) == people[:20]
    assert not Enrolment.objects.exists()


def test_a_dry_run_says_for_each_who_stays_out_why(city):
    now = timezone.now()
    earlier = now - timedelta(days=10)
    made = workflow(tag("entered"), on=IN_LIMA, now=earlier)
    lately, on_the_way, long_ago, new = (lima() for _number in range(4))
    check_now(made, now=earlier)
    run(earlier)
    ways = Enrolment.objects
    ways.filter(customer=lately).update(entered_at=now - timedelta(days=6))
    ways.filter(customer=on_the_way).update(state="active")
    ways.filter(customer=new).delete()

    found = dry_run(made, now=now)

    assert found.meant == 4
    assert found.kept_out == {"cooldown": 1, "on_the_way": 1}
    assert list(found.first) == sorted([long_ago.pk, new.pk])


def test_a_dry_run_is_true_to_what_a_check_then_does(city):
    made = workflow(tag("entered"), on=IN_LIMA)
    first = [lima() for _number in range(3)]
    check_now(made)
    run()
    more = [lima() for _number in range(2)]

    found = dry_run(made)
    entered = check_now(made)

    assert found.entering == entered == 2
    assert list(found.first) == [one.pk for one in more]
    assert found.kept_out == {"cooldown": len(first)}


def test_only_once_is_told_as_such(city):
    lima()
    made = workflow(tag("entered"), on=IN_LIMA, reentry=Workflow.Reentry.ONCE)
    check_now(made)
    run()

    assert dry_run(made).kept_out == {"once": 1}


def test_an_event_trigger_is_asked_of_the_last_day(api_events):
    who, other, long_ago = make.customers(3)
    api_events(who, "booked", properties={"level": "gold"})
    api_events(other, "booked", properties={"level": "tin"})
    api_events(long_ago, "booked", at=timezone.now() - timedelta(hours=30))
    where = [{"property": "level", "operator": "equals", "value": "gold"}]
    asked = Workflow(trigger=trigger("activity_performed", name="booked", where=where))

    assert dry_run(asked).first == (who.pk,)
    asked.trigger = trigger("activity_performed", name="booked")
    assert dry_run(asked).entering == 2
    assert dry_run(asked, since=timezone.now() - timedelta(days=2)).entering == 3


def test_a_check_on_demand_lets_in_at_any_hour_and_once(city):
    who = lima()
    made = workflow(tag("entered"), on=IN_LIMA)

    assert check_now(made) == 1
    assert check_now(made) == 0
    run()

    assert tags_of(who) == {"entered"}


def test_a_workflow_that_is_off_is_not_checked(city):
    lima()
    made = workflow(tag("entered"), on=IN_LIMA)
    disable(made, on_the_way=OnTheWay.FINISH)

    with pytest.raises(DomainError, match="not enabled"):
        check_now(made)


def test_why_tells_each_condition_with_the_value_seen(city):
    made = workflow(tag("entered"), on=IN_LIMA)
    rome = make.customer(attributes={"city": "Rome"})

    found = why(made, rome, by=make.administrator())

    [verdict] = found.explanation.verdicts
    assert (verdict.holds, verdict.seen) == (False, "Rome")
    assert not found.would_enter
    assert found.obstacle == ""


def test_why_tells_of_the_cooldown_and_the_last_way(city):
    who = lima()
    made = workflow(tag("entered"), on=IN_LIMA)
    check_now(made)
    run()

    found = why(made, who, by=make.administrator())

    assert found.is_meant
    assert found.obstacle == "cooldown"
    assert found.last.state == "completed"
    days = localdate(found.until) - localdate(found.last.entered_at)
    assert days == timedelta(days=7)
    assert not found.would_enter


def test_why_hides_what_the_asker_may_not_see():
    make.attribute("challenge", sensitive=True)
    condition = BORN | {"attribute": "challenge", "value": "sleep"}
    on = trigger("conditions", conditions={"version": 1, "all": [condition]})
    made = workflow(tag("entered"), on=on)
    who = make.customer(attributes={"challenge": "sleep"})

    [verdict] = why(made, who, by=make.user()).explanation.verdicts

    assert verdict.is_hidden
    assert (verdict.seen, verdict.holds) == (None, None)


def test_why_lists_the_events_that_the_trigger_heard(api_events):
    who = make.customer()
    where = [{"property": "level", "operator": "equals", "value": "gold"}]
    made = workflow(
        tag("entered"), on=trigger("activity_performed", name="booked", where=where)
    )
    at = timezone.now() - timedelta(hours=2)
    api_events(who, "booked", at=at, properties={"level": "tin"})
    api_events(who, "looked", at=at)

    found = why(made, who, by=make.administrator())

    [event] = found.events
    assert (event.at, event.is_meant) == (at, False)
    assert event.payload["properties"] == {"level": "tin"}
    assert not found.is_meant


def test_why_of_a_tag_and_of_a_move(db):
    who = make.customer()
    by_tag = workflow(tag("entered"), on=trigger("tag_added", tag="vip"))
    by_move = workflow(tag("entered"), on=trigger("funnel_move", to_stage="won"))

    add_tag([who.pk], "vip")
    make.funnel_event(who, "won", created_date=timezone.now())

    staff = make.administrator()
    assert why(by_tag, who, by=staff).would_enter
    assert why(by_move, who, by=staff).would_enter
