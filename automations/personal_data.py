"""What automations keep about a customer, and forget when they are erased."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce, Now

from automations.models import (
    AutomationLog,
    Enrolment,
    StaffTask,
    TaskComment,
    WebhookCall,
)
from automations.services.fulfilling import settle_tasks_of_erased
from marketing_os.lib.personal_data import Person, described
from marketing_os.lib.registry import registry

GONE = "erased"


def describe_person(person: Person) -> dict[str, Any]:
    """List a customer's ways through workflows, and the tasks of staff about them."""
    mine = {"customer_id": person.pk}
    return {
        "enrolments": described(Enrolment.objects.filter(**mine)),
        "automation_logs": described(AutomationLog.objects.filter(**mine)),
        "staff_tasks": described(StaffTask.objects.filter(**mine)),
        "task_comments": described(
            TaskComment.objects.filter(task__customer_id=person.pk)
        ),
        "webhook_calls": described(WebhookCall.objects.filter(**mine)),
    }


@transaction.atomic
def forget_person(person: Person) -> None:
    """End what is under way, and keep of the rest only that it was."""
    enrolments = Enrolment.objects.filter(customer_id=person.pk)
    states = (Enrolment.State.ACTIVE, Enrolment.State.PAUSED)
    enrolments.filter(state__in=states).update(
        state=Enrolment.State.EXITED, ended_at=Coalesce("ended_at", Now())
    )
    for enrolment in enrolments:
        # Unique for the workflow and the customer, so it needs a word of its own.
        enrolments.filter(pk=enrolment.pk).update(
            context={}, exit_reason=GONE, trigger_key=f"{GONE}:{enrolment.pk}"
        )
    AutomationLog.objects.filter(customer_id=person.pk).update(
        error_message="", detail=""
    )
    settle_tasks_of_erased(person.pk)
    TaskComment.objects.filter(task__customer_id=person.pk).update(text="–")
    calls = WebhookCall.objects.filter(customer_id=person.pk)
    calls.filter(state=WebhookCall.State.PENDING).update(
        state=WebhookCall.State.CANCELLED
    )
    calls.update(body="")


registry.exporters["automations"] = describe_person
registry.erasers["automations"] = forget_person
