"""Steps that send: each message once, by the rules that hold for every message."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.models import AutomationLog, Enrolment
from automations.services.workflows import save_workflow
from automations.workflows.leaving import sweep
from automations.workflows.steps.sending import close_left_dispatches
from customers.services import add_tag
from customers.services.erasing import erase_customer
from messaging.models import (
    Delivery,
    Dispatch,
    FrequencyCap,
    MessageTemplate,
    Notification,
    ProviderLimit,
)
from messaging.selectors import sending_health
from messaging.services import (
    cancel_dispatch,
    pause_dispatch,
    resume_dispatch,
    save_template,
)
from messaging.services.breaker import trip_breakers
from messaging.services.dispatches import close_finished_dispatches
from segments.errors import ConditionError
from tests import make
from tests.messaging.ledger import send, withdraw_consent
from tests.workflows.make import logs, run, state_of, step, tag, tags_of, workflow

pytestmark = pytest.mark.django_db


def mail(template=None, **parameters):
    template = template or make.template()
    return step("send_email", template_id=template.pk, **parameters)


def notification(**fields):
    return make.template(
        **{
            "type": "in_app",
            "subject": "Hello {{ member_first_name }}",
            "message": "{{ offer_code }}",
        }
        | fields
    )


def enter(*people):
    add_tag([one.pk for one in people], "enter")
    run()


def state_and_reason(who):
    found = Delivery.objects.get(customer=who)
    return found.state, found.reason


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


def test_a_template_that_cannot_be_sent_is_tried_again_and_then_passed_by():
    now = timezone.now()
    who, template = make.customer(), make.template()
    workflow(mail(template), tag("after"), now=now)
    template.current_version = None
    template.save()
    add_tag([who.pk], "enter")

    run(now)
    assert state_of(who) == "active"
    for hours in (1, 2, 4):
        run(now + timedelta(hours=hours))

    failed = [words for kind, success, words in logs(who) if not success]
    assert len(failed) == 4
    assert "no version" in failed[0]
    assert "after" in tags_of(who)


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


def test_a_dispatch_that_grows_is_never_done_and_outlives_pause_and_cancel():
    people = make.customers(3)
    workflow(mail())
    enter(people[0])
    send()
    dispatch = Dispatch.objects.get()

    close_finished_dispatches()
    dispatch.refresh_from_db()
    assert dispatch.state == "sending"

    pause_dispatch(dispatch)
    enter(people[1])
    assert send() == 0
    cancel_dispatch(dispatch)
    assert state_and_reason(people[1]) == ("cancelled", "run_cancelled")
    resume_dispatch(dispatch)

    enter(people[2])
    assert send() == 1


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


def test_pages_say_which_workflow_and_step_a_message_came_from(admin_client):
    who = make.customer()
    made = workflow(tag("before"), mail())
    enter(who)
    delivery = Delivery.objects.get(customer=who)
    name = f"Workflow {made}, step 2"

    for page in (
        delivery.get_absolute_url(),
        delivery.dispatch.get_absolute_url(),
        f"/admin/customers/customer/{who.pk}/messages/",
        "/admin/messaging/dispatch/",
    ):
        assert name in admin_client.get(page).content.decode(), page
    page = admin_client.get(delivery.get_absolute_url()).content.decode()
    assert f'href="{made.get_absolute_url()}"' in page


def test_the_lists_count_a_dispatch_that_grows_as_it_is_now(admin_client):
    people = make.customers(3)
    template = make.template()
    workflow(mail(template))
    for one in people:
        enter(one)
    send(limit=2)

    dispatch = Dispatch.objects.get()
    assert "2 / 3" in admin_client.get("/admin/messaging/dispatch/").content.decode()
    page = admin_client.get(dispatch.get_absolute_url())
    assert page.context["progress"].total == 3
    assert page.context["progress"].waiting == 1
    results = admin_client.get(
        f"/admin/messaging/messagetemplate/{template.pk}/results/"
    )
    assert results.context["figures"].audience == 3
    assert results.context["figures"].sent == 2


def test_the_page_of_sending_counts_what_is_being_sent():
    template = notification()
    workflow(step("send_in_app_notification", template_id=template.pk), mail())
    enter(make.customer())

    before = sending_health()
    send()
    after = sending_health()

    assert (before.sending_dispatches, after.sending_dispatches) == (1, 0)
    assert (before.sent_last_hour, after.sent_last_hour) == (0, 1)


def test_what_a_notification_said_stands_on_its_page(admin_client):
    who = make.customer(first_name="Ada")
    workflow(step("send_in_app_notification", template_id=notification().pk))
    enter(who)

    page = admin_client.get(Delivery.objects.get().get_absolute_url())

    assert "Hello Ada" in page.content.decode()
    assert "notification centre" in page.content.decode()


def test_a_notification_made_of_sensitive_values_is_not_for_everybody(client):
    make.attribute("challenge", sensitive=True)
    who = make.customer(attributes={"challenge": "a secret"})
    template = notification(subject="About {{ customer.challenge }}")
    workflow(step("send_in_app_notification", template_id=template.pk))
    enter(who)
    reader = make.grant(make.user(), "messaging.view_delivery")

    client.force_login(reader)
    response = client.get(Delivery.objects.get().get_absolute_url())

    assert response.status_code == 200
    assert "a secret" not in response.content.decode()


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


def test_the_dispatch_of_a_version_that_everybody_left_ends():
    made = workflow(mail())
    enter(make.customer())
    send()
    dispatch = Dispatch.objects.get()

    assert close_left_dispatches() == 0
    made.steps = [mail()]
    save_workflow(made)
    assert close_left_dispatches() == 1
    close_finished_dispatches()

    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.audience_count) == ("done", 1)


def test_while_nobody_comes_a_provider_that_is_down_pauses_nothing():
    workflow(mail())
    enter(make.customer())
    send()
    ProviderLimit.objects.update_or_create(
        provider="smtp", defaults={"failures": 1_000}
    )

    trip_breakers("smtp")
    idle = Dispatch.objects.get().state
    enter(make.customer())
    trip_breakers("smtp")

    assert (idle, Dispatch.objects.get().state) == ("sending", "paused")


def test_erasure_forgets_what_the_workflow_knew_for_the_mail():
    who = make.customer()
    workflow(step("offer_discount", offer_code="X", duration_days=3), mail())
    enter(who)
    assert Delivery.objects.get().context

    erase_customer(who, by=make.administrator())

    assert Delivery.objects.get().context is None


@pytest.mark.parametrize("is_inside", [False, True])
def test_a_template_that_a_workflow_sends_is_not_deleted(admin_client, is_inside):
    template = make.template()
    steps = [mail(template)]
    if is_inside:
        vip = {"type": "tag", "operator": "has", "tags": ["vip"]}
        conditions = {"version": 1, "all": [vip]}
        steps = [step("branch", conditions=conditions, yes=steps, no=[])]
    made = workflow(*steps)
    url = f"/admin/messaging/messagetemplate/{template.pk}/delete/"

    page = admin_client.get(url).content.decode()
    admin_client.post(url, {"post": "yes"})

    assert f"Workflow {made}" in page
    assert MessageTemplate.objects.filter(pk=template.pk).exists()

    made.steps = [tag("other")]
    save_workflow(made)
    admin_client.post(url, {"post": "yes"})
    assert not MessageTemplate.objects.filter(pk=template.pk).exists()


def test_a_template_that_was_sent_names_its_dispatches_when_it_is_deleted(admin_client):
    template = make.template()
    workflow(mail(template))
    enter(make.customer())

    url = f"/admin/messaging/messagetemplate/{template.pk}/delete/"
    page = admin_client.get(url).content.decode()

    assert "permission" not in page
    assert Dispatch.objects.get().get_absolute_url() in page


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
