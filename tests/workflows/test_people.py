"""How many people are at each step, and what became of the others."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.models import Workflow
from automations.services.workflows import OnTheWay, disable, save_workflow
from automations.workflows.happenings import take_events
from automations.workflows.people import people_at
from customers.services import add_tag
from segments.services.editing import delete_segment
from tests import make
from tests.workflows.make import run, step, tag, workflow
from tests.workflows.test_steps import refuse_credits_of

pytestmark = pytest.mark.django_db
HOUR = {"until": "duration", "amount": 1, "unit": "hours"}


def enter(*people):
    add_tag([one.pk for one in people], "enter")


def test_people_are_counted_at_the_step_where_they_are():
    ada, bob = make.customer(), make.customer()
    made = workflow(step("add_tag", "first", tag="x"), step("wait", "rest", **HOUR))

    enter(ada)
    run()
    enter(bob)
    run(timezone.now())
    [people] = people_at(made)

    assert (people.entered, people.on_the_way) == (2, 2)
    assert (people.steps["first"].now, people.steps["first"].passed) == (0, 2)
    assert (people.steps["rest"].active, people.steps["rest"].passed) == (2, 0)


def test_who_has_just_entered_stands_at_the_first_step(django_assert_num_queries):
    made = workflow(step("add_tag", "first", tag="x"))
    enter(make.customer())

    take_events()
    with django_assert_num_queries(3):
        [people] = people_at(made)

    assert people.steps["first"].active == 1


def test_people_stay_with_the_version_that_they_began_with():
    made = workflow(step("wait", "rest", **HOUR))
    enter(make.customer())
    run()
    made = Workflow.objects.get(pk=made.pk)
    made.steps = [*made.steps, tag("new")]
    save_workflow(made)
    enter(make.customer(), make.customer())
    run()

    new, old = people_at(made)

    assert (new.version.number, new.steps["rest"].active) == (2, 2)
    assert (old.version.number, old.steps["rest"].active) == (1, 1)


def test_who_left_is_counted_also_where_a_step_cannot_be_read_any_more(admin):
    segment = make.segment()
    asked = {"type": "segment", "operator": "in", "segment": segment.pk}
    made = workflow(
        step("branch", "asks", conditions={"version": 1, "all": [asked]}, yes=[])
    )
    enter(make.customer())
    take_events()
    disable(made, on_the_way=OnTheWay.LEAVE)
    made.refresh_from_db()
    made.steps = [tag("new")]
    save_workflow(made)
    delete_segment(segment)

    new, old = people_at(made)

    assert (new.entered, old.steps["asks"].left) == (0, 1)
    assert admin.get(made.get_absolute_url(), {"version": 2}).status_code == 200
    page = admin.get(made.get_absolute_url(), {"version": 1}).content.decode()
    assert "1 · The workflow was disabled." in page
    assert "This segment does not exist." in page


def test_a_page_reads_the_version_that_it_shows_and_no_other(admin):
    made = workflow(step("wait", "rest", **HOUR))
    enter(make.customer())
    run()
    for number in range(2, 6):
        made = Workflow.objects.get(pk=made.pk)
        made.steps = [*made.steps, step("add_tag", f"unlike-{number}", tag="x")]
        save_workflow(made)

    with CaptureQueriesContext(connection) as asked:
        page = admin.get(made.get_absolute_url(), {"version": 2}).content.decode()

    assert "1 person is in version 1." in page
    read = [one["sql"] for one in asked if '"workflow_versions"."steps"' in one["sql"]]
    assert len(read) == 2  # the current one, which comes with the workflow, and this


@pytest.mark.parametrize("number", ["0", "9", "x", "²", "1" * 30, ""])
def test_a_version_that_there_is_not_is_not_found(admin, number):
    made = workflow(step("wait", "rest", **HOUR))

    page = admin.get(made.get_absolute_url(), {"version": number})

    assert page.status_code == 404


def test_a_value_may_have_the_name_of_what_pages_are_made_with(admin):
    made = workflow(tag("x"), context={"items": "three"})

    page = admin.get(made.get_absolute_url()).content.decode()

    assert "<dt><code>items</code></dt><dd>three</dd>" in page


def test_a_paused_workflow_counts_its_people_as_paused():
    made = workflow(step("wait", "rest", **HOUR))
    enter(make.customer())
    run()

    disable(made, on_the_way=OnTheWay.PAUSE)
    [people] = people_at(made)

    assert (people.steps["rest"].active, people.steps["rest"].paused) == (0, 1)


def test_who_ended_is_told_by_state_and_reason():
    made = workflow(step("exit", "out"))
    enter(make.customer(), make.customer())

    run()
    [people] = people_at(made)

    assert people.states == {"exited": 2}
    assert people.exits == {"Left at a step.": 2}
    assert people.steps["out"].left == 2


def test_a_failure_counts_once_it_is_not_tried_again():
    now, ada = timezone.now(), make.customer()
    made = workflow(step("grant_credits", "gift", amount=5))
    enter(ada)
    refuse_credits_of(ada)

    run(now)
    [people] = people_at(made)
    assert (people.steps["gift"].retrying, people.steps["gift"].failed) == (1, 0)
    assert people.steps["gift"].active == 1

    for minutes in (1, 11, 71):
        run(now + timedelta(minutes=minutes, seconds=1))
    [people] = people_at(made)
    assert (people.steps["gift"].failed, people.steps["gift"].now) == (1, 0)
