"""Steps that send: each message once, by the rules that hold for every message."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.models import AutomationLog, Enrolment
from automations.workflows.leaving import sweep
from customers.services import add_tag
from customers.services.erasing import erase_customer
from messaging.models import Delivery, Dispatch, FrequencyCap, Notification
from messaging.services import save_template
from segments.errors import ConditionError
from tests import make
from tests.messaging.ledger import send, withdraw_consent
from tests.workflows.make import logs, run, state_of, step, tag, tags_of, workflow
from tests.workflows.messages import enter, mail, notification, state_and_reason

pytestmark = pytest.mark.django_db


def test_a_step_puts_one_mail_into_the_ledger_and_the_log_leads_to_it():
    who = make.customer()
    workflow(mail(), tag("after"))

    enter(who)
    delivery = Delivery.objects.get(customer=who)

    assert (delivery.state, delivery.lane) == ("pending", Dispatch.Lane.WORKFLOW)
    assert AutomationLog.objects.get(delivery=delivery).success
    assert "after" in tags_of(who)
    assert send() == 1
    delivery.refresh_from_db()
    assert delivery.state == "accepted"


def test_each_entry_gets_its_own_mail():
    now = timezone.now()
    who = make.customer()
    workflow(mail(), cooldown_period_days=7, now=now)

    for days in (0, 3, 8):
        who.tags.all().delete()
        add_tag([who.pk], "enter")
        run(now + timedelta(days=days))

    assert Delivery.objects.filter(customer=who).count() == 2
    assert Dispatch.objects.count() == 1


def test_members_who_share_an_address_each_get_theirs():
    first = make.customer(email="family@example.org")
    second = make.customer(email="Family@example.org")
    workflow(mail())

    enter(first, second)

    assert state_and_reason(first) == state_and_reason(second) == ("pending", "")


def test_the_rules_of_every_audience_decide_and_the_member_goes_on():
    template = make.template()
    nobody, unwilling = make.customer(email=""), make.customer()
    withdraw_consent(unwilling)
    workflow(mail(template), tag("after"))

    enter(nobody, unwilling)

    assert state_and_reason(nobody) == ("skipped", "no_address")
    assert state_and_reason(unwilling) == ("skipped", "no_consent")
    assert logs(unwilling)[0] == ("send_email", True, "Not sent: No consent")
    assert {"after"} <= tags_of(nobody) & tags_of(unwilling)


def test_who_unsubscribed_leaves_at_once_where_the_workflow_says_so():
    now = timezone.now()
    early, late, willing = make.customers(3)
    withdraw_consent(early)
    wait = step("wait", until="duration", amount=5, unit="days")
    made = workflow(mail(), wait, tag("after"), at_unsubscribe="end", now=now)
    enter(early, late, willing)

    withdraw_consent(late)
    sweep(now + timedelta(days=1))
    left = Enrolment.objects.filter(workflow=made, state="exited")

    assert {one.customer for one in left} == {early, late}
    assert {one.exit_reason for one in left} == {"Unsubscribed."}
    assert not Delivery.objects.filter(customer=early).exists()
    assert state_of(willing) == "active"


def test_who_never_agreed_has_not_unsubscribed(settings):
    settings.CONSENT_REQUIRED = True
    who = make.customer()
    workflow(mail(), tag("after"), at_unsubscribe="end")

    enter(who)

    assert state_and_reason(who) == ("skipped", "no_consent")
    assert "after" in tags_of(who)


def test_what_is_sent_is_the_version_of_the_moment_of_sending():
    who = make.customer()
    template = make.template(message="<p>Helo</p>")
    workflow(mail(template))
    enter(who)

    template.message = "<p>Hello</p>"
    save_template(template)
    send()

    assert "Hello" in Delivery.objects.get().content.version.html


def test_it_is_sent_when_the_template_is_mended_in_time():
    now = timezone.now()
    who, template = make.customer(), make.template()
    version = template.current_version
    workflow(mail(template), now=now)
    template.current_version = None
    template.save()
    add_tag([who.pk], "enter")
    run(now)

    template.current_version = version
    template.save()
    run(now + timedelta(minutes=1))

    assert Delivery.objects.filter(customer=who).count() == 1


def test_a_notification_is_there_at_once_and_filled_in_for_the_member():
    who = make.customer(first_name="Ada", email="")
    template = notification()
    workflow(
        step("offer_discount", offer_code="WELCOME", duration_days=3),
        step("send_in_app_notification", template_id=template.pk),
    )

    enter(who)
    made = Notification.objects.get(customer=who)

    assert (made.title, made.message) == ("Hello Ada", "Hello Ada")
    assert made.delivery.state == "accepted"
    assert AutomationLog.objects.filter(delivery=made.delivery).exists()
    assert send() == 0


@pytest.mark.parametrize("kind", ["send_sms", "send_whatsapp"])
def test_what_cannot_be_sent_yet_cannot_be_chosen(kind):
    with pytest.raises(ConditionError, match="cannot be sent yet"):
        workflow(step(kind, template_id=1))


def test_a_template_of_another_channel_or_none_cannot_be_chosen():
    for pk in (notification().pk, 999_999):
        with pytest.raises(ConditionError) as refused:
            workflow(step("send_email", template_id=pk))
        assert refused.value.path == "steps[0].parameters.template_id"


def test_a_frequency_cap_has_notifications_skipped_and_counts_them():
    FrequencyCap.objects.create(most=1, length=1, unit="days")
    who = make.customer()
    template = notification()
    workflow(
        *(step("send_in_app_notification", template_id=template.pk) for _n in range(2))
    )

    enter(who)
    reasons = Delivery.objects.order_by("id").values_list("state", "reason")

    assert list(reasons) == [("accepted", ""), ("skipped", "frequency_cap")]
    assert Notification.objects.count() == 1


def test_erasure_forgets_what_the_workflow_knew_for_the_mail():
    who = make.customer()
    workflow(step("offer_discount", offer_code="X", duration_days=3), mail())
    enter(who)
    assert Delivery.objects.get().context

    erase_customer(who, by=make.administrator())

    assert Delivery.objects.get().context is None


def test_who_is_on_the_way_goes_on_when_what_a_step_names_is_gone():
    now = timezone.now()
    who, staff = make.customer(), make.user()
    task = step(
        "assign_task_to_staff", assignee_rule="specific_staff_id", staff_id=staff.pk
    )
    wait = step("wait", until="duration", amount=1, unit="days")
    template = make.template()
    workflow(wait, task, mail(template), tag("after"), now=now)
    enter(who)

    staff.is_active = False
    staff.save()
    template.delete()
    for days in (1, 2, 3, 4, 5):
        run(now + timedelta(days=days))

    assert "after" in tags_of(who)
    told = " ".join(words for _kind, success, words in logs(who) if not success)
    assert "not active any more" in told
    assert "not there any more" in told
