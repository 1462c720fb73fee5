"""The pages of endpoints and calls, and what of them everybody may see."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from automations.models import WebhookCall, WebhookEndpoint
from automations.tasks import delete_old_webhook_calls
from automations.webhooks.sending import send_due_calls
from tests import make
from tests.workflows.admin_form import signed_in_as, text, url
from tests.workflows.calls import calls_for
from tests.workflows.make import step, workflow

pytestmark = pytest.mark.django_db(transaction=True)
LIST = reverse("admin:automations_webhookendpoint_changelist")


def test_staff_make_an_endpoint_and_see_its_secret_once(admin_client):
    add = reverse("admin:automations_webhookendpoint_add")
    answer = admin_client.post(add, {"name": "CRM", "url": "https://example.org/x"})

    page = answer.content.decode()
    assert "whsec_" in page
    assert "no-store" in answer["Cache-Control"]
    endpoint = WebhookEndpoint.objects.get()
    change = reverse("admin:automations_webhookendpoint_change", args=(endpoint.pk,))
    assert "whsec_" not in admin_client.get(change).content.decode()
    renew = reverse("admin:automations_webhookendpoint_secret", args=(endpoint.pk,))
    assert "24 hours" in admin_client.get(renew).content.decode()
    assert "whsec_" in admin_client.post(renew).content.decode()


@pytest.mark.parametrize("url", ["http://example.org/", "https://a:b@example.org/"])
def test_an_address_that_cannot_be_called_is_refused_in_the_form(admin_client, url):
    add = reverse("admin:automations_webhookendpoint_add")

    answer = admin_client.post(add, {"name": "CRM", "url": url})

    assert "The address " in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_what_was_given_up_is_found_and_sent_again_under_its_id(admin_client, receiver):
    receiver.status = 410
    ada = make.customer()
    calls_for(receiver.url, ada)
    send_due_calls()
    one = WebhookCall.objects.get()
    changelist = reverse("admin:automations_webhookcall_changelist")
    found = admin_client.get(changelist, {"state": "failed", "q": ada.email})
    assert list(found.context["cl"].result_list) == [one]

    receiver.status = 200
    page = admin_client.get(one.get_absolute_url())
    assert "It answered 410." in page.content.decode()
    resend = reverse("admin:automations_webhookcall_resend", args=(one.pk,))
    assert admin_client.get(resend).status_code == 405
    admin_client.post(resend)
    send_due_calls()

    one.refresh_from_db()
    assert one.state == "delivered"
    assert len({headers["webhook-id"] for _p, headers, _b in receiver.got}) == 1


def test_who_may_only_look_sends_nothing_again(client, receiver):
    calls_for(receiver.url, make.customer())
    one = WebhookCall.objects.get()
    client.force_login(make.grant(make.user(), "automations.view_webhookcall"))

    resend = reverse("admin:automations_webhookcall_resend", args=(one.pk,))
    assert client.post(resend).status_code == 403
    assert client.get(one.get_absolute_url()).status_code == 200


def test_an_endpoint_in_use_is_not_deleted(admin_client, receiver):
    calls_for(receiver.url, make.customer())
    endpoint = WebhookEndpoint.objects.get()

    delete = reverse("admin:automations_webhookendpoint_delete", args=(endpoint.pk,))
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    assert WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("path", ["x", 'say="yes"', "back\\slash", "two words"])
def test_an_endpoint_that_a_workflow_calls_is_not_deleted(admin_client, path):
    called = WebhookEndpoint.objects.create(name="A", url=f"https://example.org/{path}")
    other = WebhookEndpoint.objects.create(name="B", url="https://example.org/")
    workflow(step("webhook", url=called.url), enabled=False)

    for endpoint in (called, other):
        delete = reverse("admin:automations_webhookendpoint_delete", args=[endpoint.pk])
        admin_client.post(delete, {"post": "yes"})

    assert list(WebhookEndpoint.objects.all()) == [called]


@pytest.mark.parametrize(("role", "sees"), [("Viewer", False), ("Administrator", True)])
def test_a_token_in_an_address_is_seen_by_who_may_change_it(client, role, sees):
    calls_for("https://example.org/hook?token=s3cret", make.customer())
    [endpoint], [call] = WebhookEndpoint.objects.all(), WebhookCall.objects.all()
    signed_in_as(client, role)

    own = reverse("admin:automations_webhookendpoint_change", args=(endpoint.pk,))
    pages = {
        "its own": client.get(own),
        "the list": client.get(LIST),
        "found": client.get(LIST, {"q": "s3cret"}),
        "a call": client.get(call.get_absolute_url()),
        "the workflow": client.get(url("view", call.workflow)),
        "its history": client.get(url("changes", call.workflow)),
    }

    assert {page.status_code for page in pages.values()} == {200}
    telling = {name for name, page in pages.items() if "token=s3cret" in text(page)}
    assert telling == ({"its own"} if sees else set())
    assert "https://example.org/hook?…" in text(pages["the list"])
    assert not pages["found"].context["cl"].result_list


def test_calls_are_deleted_when_their_time_is_over(receiver, settings):
    settings.WEBHOOK_CALL_DAYS = 10
    ages = {"pending": 11, "delivered": 11, "failed": 400, "cancelled": 9}
    calls_for(receiver.url, *make.customers(len(ages)))
    for call, (state, days) in zip(
        WebhookCall.objects.all(), ages.items(), strict=True
    ):
        made = timezone.now() - timedelta(days=days)
        WebhookCall.objects.filter(pk=call.pk).update(state=state, created_at=made)

    delete_old_webhook_calls()

    left = WebhookCall.objects.values_list("state", flat=True)
    assert set(left) == {"pending", "cancelled"}


def test_calls_stay_where_no_time_is_set(receiver, settings):
    settings.WEBHOOK_CALL_DAYS = 0
    calls_for(receiver.url, make.customer())
    long_ago = timezone.now() - timedelta(days=4_000)
    WebhookCall.objects.update(state="delivered", created_at=long_ago)

    delete_old_webhook_calls()

    assert WebhookCall.objects.count() == 1
