"""The log of workflows, and the way of one member, as staff see them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from automations.models import AutomationLog, Enrolment, StaffTask
from customers.services import add_tag
from tests import make
from tests.workflows.make import run, state_of, step, tag, tags_of, workflow
from tests.workflows.test_steps import refuse_credits_of

pytestmark = pytest.mark.django_db
LOGS = reverse("admin:automations_automationlog_changelist")
ENROLMENTS = reverse("admin:automations_enrolment_changelist")
THREE_DAYS = {"until": "duration", "amount": 3, "unit": "days"}


def enter(*people):
    add_tag([one.pk for one in people], "enter")


def text(response):
    assert response.status_code == 200, response
    return response.content.decode()


def do(client, enrolment, verb):
    url = reverse("admin:automations_enrolment_ask", args=(enrolment.pk, verb))
    return client.post(url, follow=True)


def test_the_empty_lists_say_what_will_stand_there(admin):
    assert "No workflow has done anything yet." in text(admin.get(LOGS))
    assert "Nobody has entered a workflow yet." in text(admin.get(ENROLMENTS))


def test_logs_are_found_by_customer_workflow_step_and_success(admin):
    ada, bob = make.customer(first_name="Ada"), make.customer(first_name="Bob")
    made = workflow(tag("seen"), step("grant_credits", "gift", amount=5))
    other = workflow(tag("other"))
    refuse_credits_of(bob)
    enter(ada, bob)
    run()

    def found(**query):
        rows = admin.get(LOGS, query).context["cl"].result_list
        return {(row.customer_id, row.workflow_id, row.step) for row in rows}

    assert len(found()) == 6
    assert {row[0] for row in found(q="Ada")} == {ada.pk}
    assert {row[0] for row in found(q=bob.email)} == {bob.pk}
    assert {row[0] for row in found(customer=ada.pk)} == {ada.pk}
    assert {row[1] for row in found(workflow=other.pk)} == {other.pk}
    assert {row[2] for row in found(step="grant_credits")} == {"grant_credits"}
    assert {row[2] for row in found(step_id="gift")} == {"grant_credits"}
    assert found(success="no") == {(bob.pk, made.pk, "grant_credits")}
    assert found(success="given_up") == set()
    assert found(from_day="2999-01-01") == set()


def test_a_log_leads_to_what_the_step_made(admin):
    workflow(step("assign_task_to_staff", assignee_rule="round_robin"))
    enter(make.customer())
    run()
    log = AutomationLog.objects.get()

    page = text(admin.get(log.get_absolute_url()))

    assert f"#{StaffTask.objects.get().pk}" in page
    assert log.enrolment.get_absolute_url() in page
    assert "Went well" in page


def test_logs_can_be_exported(admin):
    workflow(tag("seen"))
    enter(make.customer())
    run()
    url = reverse("admin:automations_automationlog_export")
    fields = admin.get(url).context["form"].fields
    form = {"format": "0", "resource": "0"}
    form |= {name: "on" for name in fields if name.startswith("listresource_")}

    lines = b"".join(admin.post(url, form).streaming_content).decode().splitlines()

    assert "error_message" in lines[0]
    assert "add_tag" in lines[1]


def test_nobody_changes_the_log(admin):
    workflow(tag("seen"))
    enter(make.customer())
    run()
    log = AutomationLog.objects.get()

    assert admin.post(log.get_absolute_url(), {"success": ""}).status_code == 403
    delete = reverse("admin:automations_automationlog_delete", args=(log.pk,))
    assert admin.post(delete, {"post": "yes"}).status_code == 403


def test_the_way_of_a_member_says_what_was_done_and_what_comes_next(admin):
    ada = make.customer()
    workflow(tag("first"), step("wait", **THREE_DAYS), tag("last"))
    enter(ada)
    run()

    page = text(admin.get(Enrolment.objects.get().get_absolute_url()))

    assert "Add the tag “first”" in page
    assert "Waits until" in page
    assert page.index("Wait 3 days") < page.index("Add the tag “last”")


def test_a_wait_can_be_skipped(admin):
    ada = make.customer()
    workflow(step("wait", **THREE_DAYS), tag("last"))
    enter(ada)
    run()

    page = text(do(admin, Enrolment.objects.get(), "skip"))
    assert "The customer goes on now." in page

    run()
    assert "last" in tags_of(ada)


def test_waiting_for_an_activity_can_be_skipped(admin):
    ada = make.customer()
    wait = step("wait", until="activity", name="booked", timeout_days=3)
    workflow(wait | {"parameters": wait["parameters"] | {"on_timeout": "exit"}})
    enter(ada)
    run()

    do(admin, Enrolment.objects.get(), "skip")
    run()

    assert state_of(ada) == "completed"


def test_a_way_can_be_ended_and_only_once(admin):
    ada = make.customer()
    workflow(step("wait", **THREE_DAYS), tag("last"))
    enter(ada)
    run()
    enrolment = Enrolment.objects.get()

    assert "The way has ended." in text(do(admin, enrolment, "end"))
    page = text(admin.get(enrolment.get_absolute_url()))
    assert "By staff" in page
    assert "Ended by staff." in page
    assert "not possible any more" in text(do(admin, enrolment, "end"))

    run(timezone.now() + timedelta(days=4))
    assert (state_of(ada), "last" in tags_of(ada)) == ("exited", False)


def test_a_step_that_failed_can_be_tried_again_at_once(admin):
    ada = make.customer()
    workflow(step("grant_credits", amount=5))
    refuse_credits_of(ada)
    enter(ada)
    run()
    enrolment = Enrolment.objects.get()
    assert "It is tried again" in text(admin.get(enrolment.get_absolute_url()))

    do(admin, enrolment, "retry")
    run()

    assert AutomationLog.objects.filter(success=False, will_retry=True).count() == 2


def test_a_verb_asks_before_and_needs_the_right(client, admin):
    ada = make.customer()
    workflow(step("wait", **THREE_DAYS))
    enter(ada)
    run()
    enrolment = Enrolment.objects.get()
    url = reverse("admin:automations_enrolment_ask", args=(enrolment.pk, "end"))

    assert "Yes, end it" in text(admin.get(url))
    assert state_of(ada) == "active"

    client.force_login(make.grant(make.user(), "automations.view_enrolment"))
    assert "Skip the wait" not in text(client.get(enrolment.get_absolute_url()))
    assert client.post(url).status_code == 403
    assert state_of(ada) == "active"


def test_an_unknown_verb_or_enrolment_is_not_found(admin):
    for pk, verb in ((1, "end"), (2**62, "skip"), (1, "dance")):
        url = reverse("admin:automations_enrolment_ask", args=(pk, verb))
        assert admin.get(url).status_code == 404


def test_whatever_came_with_the_trigger_the_page_is_shown(admin):
    workflow(tag("seen"))
    enter(make.customer())
    run()
    strange = {"occurred_at": "2026-99-99T00:00:00Z", "a": {"b": 1}, "x": "<b>"}
    Enrolment.objects.update(context=strange)

    page = text(admin.get(Enrolment.objects.get().get_absolute_url()))

    assert "&lt;b&gt;" in page
