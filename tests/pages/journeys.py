"""Workflows with people in them, what staff are asked, and what members were given."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from automations.models import AutomationLog, Enrolment, StaffTask, Workflow
from automations.services.webhooks import News, make_endpoint, queue_calls
from automations.services.workflows import save_workflow
from customers.models import CreditEntry, Customer, MemberOffer
from customers.services import add_tag
from messaging.models import MessageTemplate
from tests.workflows.make import run, step, tag, trigger, workflow


def _has(word):
    return {
        "version": 1,
        "all": [{"type": "tag", "operator": "has", "tags": [word]}],
    }


_CAME = _has("came")


def begin():
    """Let some customers walk through a workflow; return the address of each page."""
    made = _invitation()
    other = save_workflow(
        Workflow(
            name="Remind of documents", trigger=trigger("api_call"), steps=[tag("x")]
        )
    )
    people = list(Customer.objects.active().order_by("pk")[:12])
    add_tag([one.pk for one in people[:3]], "came")
    add_tag([one.pk for one in people], "invited")
    run()
    call = _reward(people[0])

    def of_workflow(page, which=made):
        return reverse(f"admin:automations_workflow_{page}", args=[which.pk])

    return {
        "workflow": made.get_absolute_url(),
        "workflow form": reverse("admin:automations_workflow_add"),
        "workflow editor": of_workflow("change"),
        "workflow versions": of_workflow("versions"),
        "workflow changes": of_workflow("changes"),
        "workflow forecast": of_workflow("dry_run", other),
        "workflow explained": of_workflow("why") + f"?id={people[0].pk}",
        "enabling a workflow": of_workflow("enable", other),
        "disabling a workflow": of_workflow("disable"),
        "enrolment": Enrolment.objects.earliest("pk").get_absolute_url(),
        "log of a step": AutomationLog.objects.earliest("pk").get_absolute_url(),
        "staff task": StaffTask.objects.earliest("pk").get_absolute_url(),
        "webhook": reverse(
            "admin:automations_webhookendpoint_change", args=[call.endpoint_id]
        ),
        "webhook call": call.get_absolute_url(),
    }


def _invitation():
    template = MessageTemplate.objects.get(name__startswith="Open day")
    return workflow(
        step("send_email", template_id=template.pk),
        step(
            "branch",
            conditions=_CAME,
            yes=[step("branch", conditions=_CAME, yes=[tag("deep")], no=[tag("else")])],
            no=[step("assign_task_to_staff", description="Call and ask why.")],
        ),
        step("wait", until="duration", amount=9, unit="days"),
        on=trigger("tag_added", tag="invited"),
        name="Invite to the open day, and ask who stayed away for the reason",
        goal=_has("enrolled"),
        context={"adviser": "Sam"},
    )


def _reward(who):
    today = timezone.localdate()
    for days in (-2, 5):
        due_date = today + timedelta(days=days)
        StaffTask.objects.create(customer=who, description="Call", due_date=due_date)
    MemberOffer.objects.create(customer=who, offer_code="SPRING", description="20 %")
    CreditEntry.objects.create(customer=who, amount=25, reason="Brought a friend")
    endpoint, _secret = make_endpoint("CRM", "https://crm.example.org/hooks")
    news = [News(who.pk, "told", {"customer": {"id": who.pk}})]
    queue_calls(endpoint, "member.rescued", news, now=timezone.now())
    return who.webhook_calls.get()
