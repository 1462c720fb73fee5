from datetime import timedelta

import pytest
from django.utils import timezone

from automations.models import Enrolment, Workflow
from automations.services.workflows import OnTheWay, disable, enable, save_workflow
from customers.models import EventOutbox, EventSubscription
from customers.services import add_tag
from tests import make
from tests.workflows.make import run, state_of, step, tag, tags_of, trigger, workflow

pytestmark = pytest.mark.django_db


def test_an_activity_starts_a_workflow_and_is_taken_once(api_events):
    who = make.customer()
    workflow(tag("entered"), on=trigger("activity_performed", name="booked"))

    api_events(who, "booked", external_id="b-1")
    api_events(who, "booked", external_id="b-1")
    api_events(who, "looked")
    run()
    run()

    assert tags_of(who) == {"entered"}
    assert Enrolment.objects.count() == 1
    assert not EventOutbox.objects.exists()


@pytest.mark.parametrize(("level", "is_meant"), [("gold", True), ("tin", False)])
def test_properties_of_the_activity_are_asked(api_events, level, is_meant):
    who = make.customer()
    where = [{"property": "level", "operator": "equals", "value": "gold"}]
    workflow(
        tag("entered"), on=trigger("activity_performed", name="booked", where=where)
    )

    api_events(who, "booked", properties={"level": level})
    run()

    assert ("entered" in tags_of(who)) is is_meant


def test_what_happened_before_it_was_enabled_starts_nothing(api_events):
    who = make.customer()
    made = workflow(
        tag("entered"), on=trigger("activity_performed", name="booked"), enabled=False
    )
    api_events(who, "booked")

    enable(made)
    run()

    assert tags_of(who) == set()


def test_a_workflow_that_the_database_refuses_stops_no_other(api_events):
    who = make.customer()
    booked = trigger("activity_performed", name="booked")
    broken, well = workflow(tag("x"), on=booked), workflow(tag("entered"), on=booked)
    Workflow.objects.filter(pk=broken.pk).update(cooldown_period_days=2_000_000_000)

    api_events(who, "booked")
    run()

    assert tags_of(who) == {"entered"}
    assert broken.pk < well.pk, "The broken one is asked first."


def test_an_old_event_starts_nothing(api_events):
    who = make.customer()
    workflow(tag("entered"), on=trigger("activity_performed", name="booked"))

    api_events(who, "booked", at=timezone.now() - timedelta(hours=25))
    run()

    assert tags_of(who) == set()


def test_nobody_enters_twice_within_the_cooldown(api_events):
    now = timezone.now()
    who = make.customer()
    workflow(tag("entered"), on=trigger("activity_performed", name="booked"), now=now)

    for days, entries in ((0, 1), (6, 1), (7, 2)):
        api_events(who, "booked", external_id=f"b-{days}")
        run(now + timedelta(days=days))
        assert Enrolment.objects.count() == entries, days


def test_who_is_on_the_way_does_not_enter_again(api_events):
    now = timezone.now()
    who = make.customer()
    workflow(
        step("wait", until="duration", amount=30, unit="days"),
        on=trigger("activity_performed", name="booked"),
        cooldown_period_days=0,
        now=now,
    )

    for number in range(3):
        api_events(who, "booked", external_id=f"b-{number}")
        run(now + timedelta(minutes=number))

    assert Enrolment.objects.count() == 1


def test_without_a_workflow_nothing_is_kept_for_one(api_events):
    made = workflow(tag("entered"), on=trigger("activity_performed", name="booked"))
    disable(made, on_the_way=OnTheWay.FINISH)

    api_events(make.customer(), "booked")

    assert not EventSubscription.objects.exists()
    assert not EventOutbox.objects.exists()


def test_disabling_lets_those_on_the_way_finish_or_pauses_them():
    now = timezone.now()
    wait = step("wait", until="duration", amount=1, unit="days")
    goes_on, stops = (
        workflow(
            wait, tag("after"), on=trigger("tag_added", tag=f"enter-{pauses}"), now=now
        )
        for pauses in (False, True)
    )
    first, second = make.customer(), make.customer()
    add_tag([first.pk], "enter-False")
    add_tag([second.pk], "enter-True")
    run(now)

    disable(goes_on, on_the_way=OnTheWay.FINISH)
    disable(stops, on_the_way=OnTheWay.PAUSE)
    run(now + timedelta(days=1))

    assert "after" in tags_of(first)
    assert "after" not in tags_of(second)
    assert state_of(second) == "paused"

    enable(stops)
    run(now + timedelta(days=1))
    assert "after" in tags_of(second)


def test_people_on_the_way_keep_the_version_that_they_began_with():
    now = timezone.now()
    wait = step("wait", until="duration", amount=1, unit="days")
    made = workflow(wait, tag("old"), now=now)
    before, after = make.customer(), make.customer()
    add_tag([before.pk], "enter")
    run(now)

    made.refresh_from_db()
    made.steps = [tag("new")]
    save_workflow(made)
    add_tag([after.pk], "enter")
    run(now + timedelta(days=1))

    assert tags_of(before) == {"enter", "old"}
    assert tags_of(after) == {"enter", "new"}
    assert made.current_version.number == 2


def tagged(word):
    return {
        "version": 1,
        "all": [{"type": "tag", "operator": "has", "tags": [word]}],
    }


def test_a_goal_ends_the_way_as_converted_and_a_condition_as_left():
    now = timezone.now()
    wait = step("wait", until="duration", amount=1, unit="days")
    workflow(
        wait,
        tag("after"),
        now=now,
        goal=tagged("bought"),
        exit_conditions=tagged("left"),
    )
    bought, left, neither = make.customers(3)
    add_tag([bought.pk, left.pk, neither.pk], "enter")
    run(now)

    add_tag([bought.pk], "bought")
    add_tag([left.pk], "left")
    run(now + timedelta(days=1))

    assert [state_of(one) for one in (bought, left, neither)] == [
        "converted",
        "exited",
        "completed",
    ]
    assert "after" not in tags_of(bought) | tags_of(left)


def test_an_archived_customer_leaves():
    now = timezone.now()
    wait = step("wait", until="duration", amount=1, unit="days")
    workflow(wait, tag("after"), now=now)
    who = make.customer()
    add_tag([who.pk], "enter")
    run(now)
    who.archived_at = now
    who.save()

    run(now + timedelta(days=1))

    assert state_of(who) == "exited"
    assert "after" not in tags_of(who)


def test_only_active_members_enter_by_events(api_events):
    make.attribute("membership_status")
    active, left = (
        make.customer(attributes={"membership_status": status})
        for status in ("active", "cancelled")
    )
    workflow(tag("entered"), on=trigger("activity_performed", name="booked"))

    for who in (active, left):
        api_events(who, "booked")
    run()

    assert (tags_of(active), tags_of(left)) == ({"entered"}, set())
