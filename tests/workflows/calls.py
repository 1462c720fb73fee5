"""Calls of webhooks, and the clock that they wait for."""

from datetime import timedelta

from django.utils import timezone

from automations.models import WebhookCall, WebhookEndpoint
from automations.services.webhooks import make_endpoint
from automations.webhooks.sending import send_due_calls
from customers.services import add_tag
from tests import make
from tests.workflows.make import run, step, workflow


def calls_for(url, *people, event="member.rescued"):
    """Let members come to a step that calls; return the secret of the endpoint."""
    _endpoint, secret = make_endpoint(f"CRM {make.next_number()}", url)
    workflow(step("webhook", url=url, event=event))
    add_tag([one.pk for one in people], "enter")
    run()
    return secret


def send_later(by):
    """Send what is due after a while."""
    WebhookCall.objects.filter(state="pending").update(
        due_at=timezone.now() - timedelta(seconds=1)
    )
    WebhookEndpoint.objects.update(rests_until=None)
    assert send_due_calls() == by
