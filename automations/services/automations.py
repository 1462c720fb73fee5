"""Save, switch on and off, and delete automations."""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.cron import parse_cron
from automations.errors import AutomationError
from automations.models import Automation, AutomationRun
from automations.selectors import template_problem
from automations.services.schedules import remove_beat, sync_beat
from automations.services.slots import ensure_slots
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import read_zone

MOST_DAYS = 3650
SCHEDULE_FIELDS = ("schedule", "cron", "run_at", "timezone")


@transaction.atomic
def save_automation(
    automation: Automation, *, now: datetime | None = None, by: User | None = None
) -> Automation:
    """Store a new or changed automation and bring its beat row into step.

    A change of the schedule, or switching on, lets slots count from this moment.
    Raises AutomationError with a sentence per field.
    """
    now = now or timezone.now()
    stored = _stored(automation)
    _tidy(automation)
    errors = automation_errors(automation, stored=stored, now=now)
    if errors:
        raise AutomationError(errors)
    if stored:
        # The tick may have moved on since the form was opened.
        automation.schedule_since = stored.schedule_since
        automation.last_slot_at = stored.last_slot_at
        automation.periodic_task = stored.periodic_task
    if automation.is_active and not _goes_on(automation, stored):
        automation.schedule_since = now
    _name_author(automation, by)
    automation.save()
    sync_beat(automation)
    if automation.is_active and automation.schedule == Automation.Schedule.NOW:
        ensure_slots(automation.pk, now)
        automation.refresh_from_db()
    return automation


def activate(
    automation: Automation, *, now: datetime | None = None, by: User | None = None
) -> Automation:
    """Switch an automation on; slots count from now. Raises AutomationError."""
    automation.refresh_from_db()
    automation.is_active = True
    return save_automation(automation, now=now, by=by)


@transaction.atomic
def deactivate(
    automation: Automation, *, by: User | None = None
) -> tuple[Automation, int]:
    """Switch an automation off; return it and how many runs are still under way.

    Those runs go on; each can be cancelled by itself.
    """
    automation.refresh_from_db()
    if automation.is_active:
        automation.is_active = False
        _name_author(automation, by)
        automation.save(update_fields=("is_active", "updated_at"))
    sync_beat(automation)
    return automation, runs_under_way(automation)


@transaction.atomic
def delete_automation(automation: Automation) -> None:
    """Delete an automation that never ran; raises DomainError for one that did."""
    if automation.runs.exists():
        raise DomainError(
            _(
                "“%(name)s” has runs, which are kept as the record of what was sent. "
                "Switch it off instead."
            )
            % {"name": automation.name}
        )
    task = automation.periodic_task
    automation.delete()
    if task:
        remove_beat(task)


def automation_errors(
    automation: Automation, *, stored: Automation | None, now: datetime
) -> dict[str, str]:
    """Say what keeps an automation from being saved, as a sentence per field."""
    errors = _sentence("timezone", read_zone, automation.timezone)
    if automation.schedule == Automation.Schedule.CRON:
        errors |= _sentence("cron", parse_cron, automation.cron)
    elif automation.schedule == Automation.Schedule.ONCE:
        errors |= _run_at_errors(automation, stored, now)
    days = automation.again_after_days or 0
    if automation.policy == Automation.Policy.AGAIN_AFTER and not 0 < days <= MOST_DAYS:
        errors["again_after_days"] = _(
            "Say after how many days, from 1 to %(most)s."
        ) % {"most": MOST_DAYS}
    if automation.is_active:
        problem = template_problem(automation.template)
        errors |= {"template": problem} if problem else {}
    return errors


def runs_under_way(automation: Automation) -> int:
    return automation.runs.filter(state__in=AutomationRun.OPEN).count()


def _run_at_errors(
    automation: Automation, stored: Automation | None, now: datetime
) -> dict[str, str]:
    if automation.run_at is None:
        return {"run_at": _("Choose the date and time.")}
    is_new = stored is None or stored.run_at != automation.run_at
    starts = automation.is_active and not _goes_on(automation, stored)
    if automation.run_at <= now and (is_new or starts):
        return {"run_at": _("This time is over. Choose one that is still to come.")}
    return {}


def _sentence(field: str, check: Callable[[str], object], value: str) -> dict[str, str]:
    try:
        check(value)
    except DomainError as error:
        return {field: str(error)}
    return {}


def _goes_on(automation: Automation, stored: Automation | None) -> bool:
    """Say whether the schedule was on before and is the same."""
    return (
        stored is not None
        and stored.is_active
        and all(
            getattr(stored, name) == getattr(automation, name)
            for name in SCHEDULE_FIELDS
        )
    )


def _stored(automation: Automation) -> Automation | None:
    if automation.pk is None:
        return None
    return (
        Automation.objects.select_for_update(no_key=True)
        .filter(pk=automation.pk)
        .first()
    )


def _tidy(automation: Automation) -> None:
    """Leave out what the chosen schedule and policy do not use."""
    kinds = Automation.Schedule
    automation.cron = (
        " ".join(automation.cron.split()) if automation.schedule == kinds.CRON else ""
    )
    if automation.schedule != kinds.ONCE:
        automation.run_at = None
    if automation.policy != Automation.Policy.AGAIN_AFTER:
        automation.again_after_days = None


def _name_author(automation: Automation, by: User | None) -> None:
    if by is not None:
        automation._history_user = by  # type: ignore[attr-defined]
