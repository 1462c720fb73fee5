"""What the browser sends to the admin of workflows, and what it gets back."""

import json

from django.contrib.auth.models import Group
from django.urls import reverse

from customers.services import add_tag
from marketing_os.roles import make_roles
from tests import make
from tests.workflows.make import run, trigger

LIST = reverse("admin:automations_workflow_changelist")
ADD = reverse("admin:automations_workflow_add")
VIP = {
    "version": 1,
    "all": [{"type": "tag", "operator": "has", "tags": ["vip"]}],
}


def url(name, of):
    return reverse(f"admin:automations_workflow_{name}", args=(of.pk,))


def fields(*steps, on=None, **changes):
    """What the browser sends for a workflow, with some of it changed."""
    return {
        "name": "Welcome",
        "description": "",
        "trigger": json.dumps(on or trigger("tag_added", tag="enter")),
        "steps": json.dumps(list(steps)),
        "goal": "",
        "exit_conditions": "",
        "context": "{}",
        "cooldown_period_days": "7",
        "reentry": "after_cooldown",
        "at_unsubscribe": "go_on",
        "check_hour": "4",
        "timezone": "",
    } | changes


def signed_in_as(client, role):
    make_roles()
    user = make.user()
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


def text(response):
    return response.content.decode()


def enter(of, *people):
    add_tag([who.pk for who in people], "enter")
    run()
