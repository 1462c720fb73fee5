"""The rows of django-celery-beat that go with the automations.

Beat is the clock that staff can look at. That each slot gets its run does not hang
on it: `automations.services.slots` computes the slots from the automation itself.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from automations.cron import parse_cron
from automations.models import Automation
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import read_zone

TASK = "automations.tasks.ensure_slots"
# A firing that waited this long in the broker has been overtaken by the tick.
EXPIRE_SECONDS = 300

ChangeKind = Literal["created", "updated", "enabled", "disabled", "removed"]


@dataclass(frozen=True)
class BeatChange:
    """What was done to the beat row of one automation, or of one that is gone."""

    kind: ChangeKind
    task_name: str
    automation_id: int | None
    detail: str = ""


@transaction.atomic
def sync_beat(automation: Automation) -> BeatChange | None:
    """Make the beat row of an automation say what the automation says.

    An automation that never was on a schedule has no row; one that was keeps its
    row, switched off. Raises DomainError where cron or zone are not valid.
    """
    task = automation.periodic_task
    wanted = automation.is_active and automation.schedule == Automation.Schedule.CRON
    if not wanted:
        return _switch_off(automation, task)
    crontab, is_moved = _crontab_of(automation, task)
    values = {
        "task": TASK,
        "crontab": crontab,
        "args": json.dumps([automation.pk]),
        "kwargs": "{}",
        "enabled": True,
        "one_off": False,
        "expire_seconds": EXPIRE_SECONDS,
        "description": automation.name,
    }
    if task is None:
        return _create(automation, values)
    return _update(automation, task, values, is_moved)


def refresh_beat() -> Iterator[tuple[Automation, BeatChange | None]]:
    """Bring every automation's beat row into step; yield each with what changed."""
    automations = Automation.objects.select_related(
        "segment", "template", "periodic_task__crontab"
    )
    for automation in automations.order_by("pk"):
        try:
            change = sync_beat(automation)
        except DomainError as error:
            change = _switch_off(automation, automation.periodic_task, str(error))
        yield automation, change


@transaction.atomic
def remove_orphans() -> list[BeatChange]:
    """Delete the beat rows whose automation is gone."""
    kept = Automation.objects.exclude(periodic_task=None).values("periodic_task")
    orphans = PeriodicTask.objects.filter(task=TASK).exclude(pk__in=kept)
    changes = []
    for task in orphans.select_related("crontab"):
        changes.append(BeatChange("removed", task.name, None))
        remove_beat(task)
    return changes


def remove_beat(task: PeriodicTask) -> None:
    """Delete a beat row, and its crontab when nothing else uses it."""
    crontab = task.crontab
    task.delete()
    if crontab and not _is_used(crontab):
        crontab.delete()


def _create(automation: Automation, values: dict[str, Any]) -> BeatChange:
    name = f"automation-{automation.pk}"
    task, made = PeriodicTask.objects.update_or_create(name=name, defaults=values)
    automation.periodic_task = task
    Automation.objects.filter(pk=automation.pk).update(periodic_task=task)
    return BeatChange(
        "created" if made else "updated", name, automation.pk, str(task.crontab)
    )


def _update(
    automation: Automation, task: PeriodicTask, values: dict[str, Any], is_moved: bool
) -> BeatChange | None:
    changed = [name for name, value in values.items() if getattr(task, name) != value]
    was_enabled = task.enabled
    for name in changed:
        setattr(task, name, values[name])
    if changed:
        # Saved whole and by itself: that is how beat learns of a change.
        task.save()
    if not changed and not is_moved:
        return None
    kind: ChangeKind = "updated" if was_enabled else "enabled"
    return BeatChange(kind, task.name, automation.pk, str(task.crontab))


def _switch_off(
    automation: Automation, task: PeriodicTask | None, detail: str = ""
) -> BeatChange | None:
    if task is None or not task.enabled:
        return None
    task.enabled = False
    task.save()
    return BeatChange("disabled", task.name, automation.pk, detail)


def _crontab_of(
    automation: Automation, task: PeriodicTask | None
) -> tuple[CrontabSchedule, bool]:
    """Return the automation's own crontab row, and whether it had to be changed.

    The row is its own so that no edit touches the schedule of another task.
    """
    values = _crontab_values(automation)
    own = task.crontab if task else None
    if own is None or _is_used(own, besides=task):
        return CrontabSchedule.objects.create(**values), True
    changed = [name for name, value in values.items() if getattr(own, name) != value]
    for name in changed:
        setattr(own, name, values[name])
    if changed:
        own.save()
    return own, bool(changed)


def _crontab_values(automation: Automation) -> dict[str, Any]:
    cron = parse_cron(automation.cron)
    values: dict[str, Any] = {
        name: _fitting(name, part, numbers)
        for (name, part), numbers in zip(cron.parts.items(), cron.numbers, strict=True)
    }
    return values | {"timezone": read_zone(automation.timezone)}


def _fitting(name: str, part: str, numbers: tuple[int, ...]) -> str:
    longest = CrontabSchedule._meta.get_field(name).max_length
    return part if len(part) <= longest else ",".join(str(one) for one in numbers)


def _is_used(crontab: CrontabSchedule, besides: PeriodicTask | None = None) -> bool:
    users = PeriodicTask.objects.filter(crontab=crontab)
    if besides:
        users = users.exclude(pk=besides.pk)
    return bool(users.exists())
