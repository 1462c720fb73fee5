"""The page that walks through a workflow before it is enabled."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from automations.models import Enrolment, Workflow, WorkflowLook
from automations.services.webhooks import make_endpoint, switch_endpoint
from automations.services.workflows import OnTheWay, disable
from automations.tasks import look_at_triggers
from messaging.models import MessageTemplate
from tests import make
from tests.workflows.make import run, step, tag, tags_of, trigger, workflow
from tests.workflows.test_admin_entering import low_engagement, quiet_member, text, url

pytestmark = pytest.mark.django_db


def test_enabling_says_what_will_happen_and_when(admin):
    quiet_member()
    made = low_engagement(enabled=False, timezone="Europe/Berlin")

    page = text(admin.get(url("enable", made)))

    assert "Add the tag “entered”" in page
    assert "The trigger is asked every day at 04:00, first on" in page
    assert "The trigger means 1 customer." in page
    assert not Workflow.objects.get().is_enabled


def test_enabling_lets_in_those_who_match_at_the_first_check(admin):
    ada = quiet_member()
    made = low_engagement(enabled=False)

    admin.post(url("enable", made), {"matching": "at_check"})

    assert Workflow.objects.get().is_enabled
    assert not WorkflowLook.objects.filter(lets_in=True).exists()
    run(timezone.now() + timedelta(days=1))
    assert "entered" in tags_of(ada)


def test_enabling_can_let_in_at_once(admin):
    ada = quiet_member()
    made = low_engagement(enabled=False)

    page = text(admin.post(url("enable", made), {"matching": "at_once"}, follow=True))
    assert "is enabled" in page
    look_at_triggers()
    run()

    assert "entered" in tags_of(ada)


def test_enabling_can_leave_out_those_who_match_until_they_match_anew(admin):
    now = timezone.now()
    old, new = quiet_member(), make.customer()
    make.activity(new, occurred_at=now - timedelta(days=20))
    made = low_engagement(enabled=False)

    admin.post(url("enable", made), {"matching": "leave_out"})
    run(now + timedelta(days=11))

    assert ("entered" in tags_of(old), "entered" in tags_of(new)) == (False, True)
    page = text(admin.get(url("view", made)))
    assert "1 left out" in page
    assert "<strong>1</strong> entered" in page
    page = text(admin.get(url("why", made), {"id": old.pk}))
    assert "Matched already when the workflow was enabled." in page

    make.activity(old, occurred_at=now + timedelta(days=12))
    run(now + timedelta(days=13))
    assert Enrolment.objects.filter(customer=old).count() == 0
    run(now + timedelta(days=43))
    assert "entered" in tags_of(old)


def test_only_those_who_could_enter_are_left_out(admin):
    make.attribute("membership_status")
    quiet_member(attributes={"membership_status": "active"})
    quiet_member(attributes={"membership_status": "cancelled"})
    made = low_engagement(enabled=False)
    assert "The trigger means 1 customer." in text(admin.get(url("enable", made)))

    admin.post(url("enable", made), {"matching": "leave_out"})

    assert Enrolment.objects.filter(state="left_out").count() == 1


def test_who_was_left_out_is_let_in_when_it_is_enabled_anew(admin):
    ada = quiet_member()
    made = low_engagement(enabled=False)
    admin.post(url("enable", made), {"matching": "leave_out"})
    disable(made, on_the_way=OnTheWay.FINISH)

    admin.post(url("enable", made), {"matching": "at_check"})
    run(timezone.now() + timedelta(days=1))

    assert "entered" in tags_of(ada)


def test_what_is_to_be_mended_keeps_a_workflow_off(admin):
    broken = MessageTemplate.objects.create(name="Draft", type="email")
    made = workflow(step("send_email", template_id=broken.pk), enabled=False)

    page = text(admin.get(url("enable", made)))
    assert "One thing to mend first" in page
    assert "cannot be sent yet" in page
    assert broken.get_absolute_url() in page

    admin.post(url("enable", made))
    assert not Workflow.objects.get().is_enabled


def test_a_workflow_without_steps_cannot_be_enabled(admin):
    made = workflow(enabled=False)

    assert "has no steps yet" in text(admin.get(url("enable", made)))
    admin.post(url("enable", made))
    assert not Workflow.objects.get().is_enabled


def test_a_webhook_that_is_off_or_gone_is_mended_first(admin):
    endpoint, _secret = make_endpoint("CRM", "https://crm.example.org/hooks")
    made = workflow(step("webhook", url=endpoint.url), enabled=False)

    switch_endpoint(endpoint, on=False)
    page = text(admin.get(url("enable", made)))
    assert "The webhook endpoint “CRM” is switched off." in page
    assert reverse("admin:automations_webhookendpoint_changelist") in page

    endpoint.delete()
    page = text(admin.get(url("enable", made)))
    assert "Choose one of the webhook endpoints." in page


def test_enabling_twice_changes_nothing(admin):
    made = low_engagement(enabled=False)
    admin.post(url("enable", made), {"matching": "at_check"})
    since = Workflow.objects.get().enabled_at

    page = text(admin.post(url("enable", made), {"matching": "leave_out"}, follow=True))

    assert "is enabled already" in page
    assert Workflow.objects.get().enabled_at == since


def test_an_attribute_that_is_gone_is_told_with_where_to_find_it(admin):
    definition = make.attribute("birth_date", "date")
    made = workflow(tag("x"), on=trigger("birthday"), enabled=False)
    definition.delete()

    page = text(admin.get(url("enable", made)))

    assert "birth_date" in page
    assert reverse("admin:customers_attributedefinition_changelist") in page
