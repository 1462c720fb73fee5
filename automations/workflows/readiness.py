"""What still stands in the way of a workflow, told before it is enabled."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from automations.models import Workflow
from automations.services.workflows import check_workflow
from automations.workflows.drafts import DraftStep, all_steps
from automations.workflows.numbers import number_of
from automations.workflows.steps.tasks import BY_TRAINER
from customers.models import AttributeDefinition
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import place, read_zone
from messaging.services.switches import sending_is_held
from messaging.services.tracking import PERSON
from segments.errors import ConditionError

_VISITS = ("message_opened", "message_clicked")


@dataclass(frozen=True)
class Problem:
    """Something to mend: `where` in the workflow, the parameter's `key` and `value`."""

    where: str
    words: str
    key: str = ""
    value: Any = None


def problems_of(workflow: Workflow, steps: list[DraftStep]) -> list[Problem]:
    """List what keeps a workflow with these steps from doing what it says."""
    found = list(_of_steps(workflow, steps))
    if workflow.trigger.get("type") in _VISITS and settings.TRACKING != PERSON:
        words = _(
            "Nobody knows who opens mails and follows links, as TRACKING is not “%s”:"
            " this trigger never starts anything."
        )
        found.insert(0, Problem(_part_of("trigger"), words % PERSON))
    if workflow.archived_at:
        found.append(Problem("", _("The workflow is archived.")))
    if not steps:
        found.append(Problem("", _("The workflow has no steps yet.")))
    try:
        check_workflow(workflow)
    except ConditionError as error:
        path = error.path or ""
        if not path.startswith("steps"):
            found.insert(0, Problem(_part_of(path), str(error), path))
    except DomainError as error:
        found.insert(0, Problem("", str(error)))
    return found


def warnings_of(steps: list[DraftStep]) -> Iterator[str]:
    """Say what does not stop a workflow and yet should be known."""
    if sending_is_held() and any(one.name == "send_email" for one in all_steps(steps)):
        yield _("All sending is held just now: mails wait until it goes on.")
    trainer = settings.PRIMARY_TRAINER_ATTRIBUTE
    if (
        any(_asks_trainer(one) for one in all_steps(steps))
        and not AttributeDefinition.objects.filter(name=trainer).exists()
    ):
        yield (
            _(
                "No customer has the attribute “%s” yet, which names the trainer: tasks for"
                " trainers find no assignee."
            )
            % trainer
        )


def first_check_at(workflow: Workflow, now: datetime) -> datetime:
    """Return when a daily trigger is asked first if it is enabled at an instant.

    It has the workflow's time zone.
    """
    zone = read_zone(workflow.timezone or settings.TIME_ZONE)
    local = now.astimezone(zone)
    day = local.date()
    if local.hour >= workflow.check_hour:
        day += timedelta(days=1)
    at = datetime.combine(day, time(workflow.check_hour))
    return place(at, zone).at.astimezone(zone)


def _of_steps(workflow: Workflow, steps: list[DraftStep]) -> Iterator[Problem]:
    for one in all_steps(steps):
        key, words = "", ""
        if one.fault:
            key, words = one.fault.key, one.fault.words
        elif one.step and (hindrance := one.step.hindrance()):
            key, words = hindrance
        if words:
            where = _("Step %(number)s, %(title)s") % {
                "number": number_of(workflow.steps, one.id),
                "title": one.title,
            }
            yield Problem(where, words, key, one.parameters.get(key))


def _part_of(path: str) -> str:
    """Name the part of a workflow in which a path lies."""
    names = {
        "trigger": _("Trigger"),
        "goal": _("Goal"),
        "exit_conditions": _("Leave when"),
        "context": _("Values"),
    }
    part = path.partition(".")[0].partition("[")[0]
    return names.get(part, "")


def _asks_trainer(step: DraftStep) -> bool:
    rule = step.parameters.get("assignee_rule", BY_TRAINER)
    return step.name == "assign_task_to_staff" and rule == BY_TRAINER
