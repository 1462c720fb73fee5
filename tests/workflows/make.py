"""Workflows for tests, and the clockwork that carries them out."""

from django.utils import timezone

from automations.models import AutomationLog, Enrolment, Workflow
from automations.services.workflows import enable, save_workflow
from automations.workflows.daily import check_daily
from automations.workflows.happenings import take_events
from automations.workflows.walking import advance
from tests import make


def step(kind, step_id=None, *, yes=None, no=None, **parameters):
    """One step as a person's form would write it."""
    made = {"id": step_id or f"s{make.next_number()}", "type": kind}
    if parameters:
        made["parameters"] = parameters
    if yes is not None:
        made |= {"yes": yes, "no": no or []}
    return made


def tag(word):
    return step("add_tag", tag=word)


def trigger(kind, **parameters):
    return {"type": kind, "parameters": parameters}


def workflow(*steps, on=None, enabled=True, now=None, **fields):
    """A workflow that members enter when they become known as “vip”."""
    made = save_workflow(
        Workflow(
            trigger=on or trigger("tag_added", tag="enter"),
            steps=list(steps),
            **{"name": f"Workflow {make.next_number()}"} | fields,
        )
    )
    return enable(made, now=now) if enabled else made


def run(now=None):
    """Do all that is due at an instant, as the workers would."""
    now = now or timezone.now()
    check_daily(now)
    while take_events(now):
        pass
    while advance(now):
        pass


def tags_of(who):
    return set(who.tags.values_list("tag", flat=True))


def state_of(who, of=None):
    found = Enrolment.objects.filter(customer=who)
    return (found.filter(workflow=of) if of else found).latest("id").state


def logs(who):
    """What the log says of a customer: (step, success, words)."""
    return [
        (one.step, one.success, one.error_message or one.detail)
        for one in AutomationLog.objects.filter(customer=who).order_by("id")
    ]
