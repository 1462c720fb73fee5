from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from automations.models import Enrolment, StaffTask
from customers.models import CreditEntry, MemberOffer
from customers.services import add_tag
from tests import make
from tests.workflows.make import logs, run, state_of, step, tag, tags_of, workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make.customer(first_name="Ada", last_name="Lovelace")


def enter(*who):
    add_tag([one.pk for one in who], "enter")


def test_steps_come_one_after_the_other_and_the_way_ends(ada):
    workflow(tag("one"), step("remove_tag", tag="enter"), tag("two"))
    enter(ada)

    run()

    assert tags_of(ada) == {"one", "two"}
    assert state_of(ada) == "completed"
    assert [line[:2] for line in logs(ada)] == [
        ("add_tag", True),
        ("remove_tag", True),
        ("add_tag", True),
    ]


def test_an_offer_lasts_its_days_and_is_made_once(ada):
    workflow(step("offer_discount", offer_code="BACK10", duration_days=30))
    enter(ada)

    run()
    run()

    offer = MemberOffer.objects.get()
    assert (offer.customer, offer.offer_code, offer.is_used) == (ada, "BACK10", False)
    assert offer.expiry_date == timezone.localdate() + timedelta(days=30)


def test_an_offer_without_a_code_is_said_in_the_log_and_stops_nothing(ada):
    workflow(step("offer_discount", offer_code="", duration_days=30), tag("after"))
    enter(ada)

    run()

    assert logs(ada)[0] == (
        "offer_discount",
        False,
        "There is no offer code in this step.",
    )
    assert "after" in tags_of(ada)


def test_credits_are_booked_with_the_workflows_name(ada):
    made = workflow(step("grant_credits", amount=12.5))
    enter(ada)

    run()

    entry = CreditEntry.objects.get()
    assert (entry.customer, entry.amount) == (ada, Decimal("12.50"))
    assert entry.reason == f"Automated workflow: {made.name}"


def test_a_task_goes_to_the_members_trainer():
    make.attribute("primary_trainer")
    trainer = make.user(username="grace")
    ada = make.customer(attributes={"primary_trainer": "Grace"}, first_name="Ada")
    workflow(step("assign_task_to_staff"))
    enter(ada)

    run()

    task = StaffTask.objects.get()
    assert (task.assignee, task.customer, task.priority) == (trainer, ada, "medium")
    assert task.description == f"Follow up with member {ada}"
    assert task.due_date == timezone.localdate() + timedelta(days=3)


def test_a_task_without_an_assignee_is_made_and_said_in_the_log(ada):
    workflow(step("assign_task_to_staff"), tag("after"))
    enter(ada)

    run()

    assert StaffTask.objects.get().assignee is None
    kind, success, words = logs(ada)[0]
    assert (kind, success) == ("assign_task_to_staff", False)
    assert "no assignee" in words
    assert "after" in tags_of(ada)


def test_round_robin_goes_by_open_tasks():
    busy, free = make.user(), make.user()
    for _number in range(3):
        StaffTask.objects.create(assignee=busy, description="x")
    people = make.customers(5)
    workflow(step("assign_task_to_staff", assignee_rule="round_robin"))
    enter(*people)

    run()

    assert busy.staff_tasks.count() == 4
    assert free.staff_tasks.count() == 4


def test_an_attribute_gets_its_value(ada):
    make.attribute("level")
    workflow(step("set_attribute", attribute="level", value="gold"))
    enter(ada)

    run()

    ada.refresh_from_db()
    assert ada.attributes == {"level": "gold"}


def test_a_branch_parts_and_both_ways_meet_again():
    make.attribute("course")
    mba, law = (make.customer(attributes={"course": one}) for one in ("MBA", "Law"))
    is_mba = {
        "version": 1,
        "all": [
            {
                "type": "attribute",
                "attribute": "course",
                "operator": "equals",
                "value": "MBA",
            }
        ],
    }
    workflow(
        step("branch", conditions=is_mba, yes=[tag("yes")], no=[tag("no")]),
        tag("both"),
    )
    enter(mba, law)

    run()

    assert tags_of(mba) == {"enter", "yes", "both"}
    assert tags_of(law) == {"enter", "no", "both"}


def test_an_exit_ends_the_way(ada):
    workflow(step("exit"), tag("never"))
    enter(ada)

    run()

    assert tags_of(ada) == {"enter"}
    assert state_of(ada) == "exited"


def test_a_step_that_fails_for_one_stops_nobody_else(ada):
    grace = make.customer()
    workflow(step("grant_credits", amount=5), tag("after"))
    enter(ada, grace)
    refuse_credits_of(ada)

    now = timezone.now()
    run(now)

    assert tags_of(grace) == {"enter", "after"}
    assert tags_of(ada) == {"enter"}
    enrolment = Enrolment.objects.get(customer=ada)
    assert enrolment.due_at == now + timedelta(minutes=1)
    assert logs(ada)[0][:2] == ("grant_credits", False)


def test_after_its_retries_a_failing_step_is_passed_by(ada):
    workflow(step("grant_credits", amount=5), tag("after"))
    enter(ada)
    refuse_credits_of(ada)
    now = timezone.now()

    for minutes in (0, 1, 11, 71):
        run(now + timedelta(minutes=minutes, seconds=1))

    assert [line[1] for line in logs(ada)] == [False] * 4 + [True]
    assert tags_of(ada) == {"enter", "after"}
    assert state_of(ada) == "completed"


def refuse_credits_of(customer):
    """Let the database refuse bookings for one customer."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE credit_entries ADD CONSTRAINT refused_{customer.pk}"
            f" CHECK (member_id <> {customer.pk})"
        )
