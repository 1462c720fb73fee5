"""Who leaves before the end, and what stops nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.models import Enrolment
from automations.services.workflows import OnTheWay, disable, save_workflow
from automations.tasks import end_ways_early
from automations.workflows.explaining import dry_run, why
from customers.models import EventSubscription
from customers.services import add_tag, erase_customer
from segments.errors import SegmentError
from segments.services import delete_segment
from tests import make
from tests.workflows.make import (
    logs,
    run,
    state_of,
    step,
    tag,
    tags_of,
    trigger,
    workflow,
)

pytestmark = pytest.mark.django_db


def tagged(word):
    return {"version": 1, "all": [{"type": "tag", "operator": "has", "tags": [word]}]}


def wait(days=1):
    return step("wait", until="duration", amount=days, unit="days")


def enter(*people):
    add_tag([one.pk for one in people], "enter")
    run()


def test_a_goal_ends_a_way_while_it_waits():
    bought, left, neither = make.customers(3)
    workflow(wait(), tag("after"), goal=tagged("bought"), exit_conditions=tagged("out"))
    enter(bought, left, neither)
    add_tag([bought.pk], "bought")
    add_tag([left.pk], "out")

    end_ways_early()

    states = [state_of(one) for one in (bought, left, neither)]
    assert states == ["converted", "exited", "active"]
    assert Enrolment.objects.get(customer=bought).exit_reason == "Reached the goal."
    run(timezone.now() + timedelta(days=1))
    assert "after" not in tags_of(bought) | tags_of(left)
    assert "after" in tags_of(neither)


@pytest.mark.parametrize("end", ["exit_conditions", "goal"])
def test_who_would_end_at_once_does_not_enter(end):
    out, other = make.customers(2)
    made = workflow(tag("after"), **{end: tagged("out")})
    add_tag([out.pk], "out")
    add_tag([out.pk, other.pk], "enter")

    meant = dry_run(made).entering
    run()

    assert meant == 1
    assert [one.customer for one in Enrolment.objects.all()] == [other]
    assert not why(made, out, by=make.administrator()).is_meant


def test_a_goal_of_a_later_version_is_not_asked_of_those_before():
    who = make.customer()
    made = workflow(wait(), tag("after"))
    enter(who)
    made.refresh_from_db()
    made.goal = tagged("enter")
    save_workflow(made)

    end_ways_early()

    assert state_of(who) == "active"


def test_a_way_that_is_paused_stays_as_it_is():
    who = make.customer()
    made = workflow(wait(), goal=tagged("bought"))
    enter(who)
    disable(made, on_the_way=OnTheWay.PAUSE)
    add_tag([who.pk], "bought")

    end_ways_early()

    assert state_of(who) == "paused"


@pytest.mark.parametrize("is_paused", [False, True])
def test_erasure_ends_a_way(is_paused):
    who = make.customer()
    made = workflow(wait(), tag("after"))
    enter(who)
    disable(made, on_the_way=OnTheWay.PAUSE if is_paused else OnTheWay.FINISH)

    erase_customer(who, by=None)

    way = Enrolment.objects.get(customer=who)
    assert (way.state, way.context, way.exit_reason) == ("exited", {}, "erased")


def test_a_version_that_cannot_be_read_stops_no_other(settings):
    """The branch asks for an attribute that is forgotten while people wait."""
    color = make.attribute("color")
    red = {"type": "attribute", "attribute": "color", "operator": "is_set"}
    asks = workflow(
        wait(),
        step("branch", conditions={"version": 1, "all": [red]}, yes=[]),
        tag("a"),
    )
    other = workflow(wait(), tag("b"))
    who = make.customer()
    enter(who)
    color.delete()
    tomorrow = timezone.now() + timedelta(days=1)

    run(tomorrow)
    run(tomorrow + timedelta(hours=1))

    assert tags_of(who) == {"enter", "b"}
    assert (state_of(who, asks), state_of(who, other)) == ("active", "completed")
    told = [one for one in logs(who) if "color" in one[2]]
    assert [success for _step, success, _words in told] == [False]

    make.attribute("color")
    run(tomorrow + timedelta(hours=3))
    assert tags_of(who) == {"enter", "a", "b"}


def test_who_comes_to_a_wait_of_an_older_version_still_hears_of_it(api_events):
    now = timezone.now()
    who = make.customer()
    paid = step("wait", until="activity", name="paid", timeout_days=9)
    made = workflow(wait(), paid, tag("after"))
    enter(who)
    made.refresh_from_db()
    made.steps = [tag("new")]
    save_workflow(made)
    run(now + timedelta(days=1, minutes=1))

    api_events(who, "paid")
    run(now + timedelta(days=1, minutes=2))

    assert "after" in tags_of(who)


def test_without_anybody_on_the_way_nothing_is_waited_for(api_events):
    paid = step("wait", until="activity", name="paid", timeout_days=9)
    made = workflow(paid, on=trigger("tag_added", tag="enter"))

    disable(made, on_the_way=OnTheWay.FINISH)

    assert not EventSubscription.objects.exists()


@pytest.mark.parametrize("place", ["trigger", "goal", "branch", "people on the way"])
def test_a_segment_that_a_workflow_asks_for_is_not_deleted(place):
    segment = make.segment()
    asks = {
        "version": 1,
        "all": [{"type": "segment", "operator": "in", "segment": segment.pk}],
    }
    branch = step("branch", conditions=asks, yes=[], no=[])
    made = workflow(
        wait(),
        branch if place in ("branch", "people on the way") else tag("x"),
        on=trigger("segment", segment=segment.pk) if place == "trigger" else None,
        goal=asks if place == "goal" else None,
    )
    if place == "people on the way":
        enter(make.customer())
        made.refresh_from_db()
        made.steps = [tag("x")]
        save_workflow(made)

    with pytest.raises(SegmentError, match=f"workflow “{made.name}”"):
        delete_segment(segment)
