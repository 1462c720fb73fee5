"""The dispatches of steps: open, counted and shown while members come to them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from automations.services.workflows import save_workflow
from automations.workflows.steps.sending import close_left_dispatches
from customers.services import add_tag
from messaging.models import (
    Delivery,
    Dispatch,
    MessageTemplate,
    ProviderLimit,
)
from messaging.selectors import sending_health
from messaging.services import (
    cancel_dispatch,
    pause_dispatch,
    resume_dispatch,
)
from messaging.services.breaker import trip_breakers
from messaging.services.dispatches import close_finished_dispatches
from tests import make
from tests.messaging.ledger import send
from tests.workflows.make import logs, run, state_of, step, tag, tags_of, workflow
from tests.workflows.messages import enter, mail, notification, state_and_reason

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(("days", "state"), [(6, "paused"), (8, "sending")])
def test_a_dispatch_that_lives_long_is_judged_by_its_last_week(days, state):
    workflow(mail())
    enter(*make.customers(12))
    Delivery.objects.update(
        state="bounced",
        accepted_at=timezone.now(),
        created_at=timezone.now() - timedelta(days=days),
    )

    trip_breakers("smtp")

    assert Dispatch.objects.get().state == state
