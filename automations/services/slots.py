"""Which slots of the automations have come, and the run that each of them gets."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.clock import latest_slot, next_slots, slots
from automations.cron import parse_cron
from automations.models import Automation, AutomationRun
from automations.services.runs import follow_dispatches
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import read_zone

logger = logging.getLogger(__name__)

# Ticks come every 20 seconds; a slot seen within this time was not missed.
ON_TIME = timedelta(minutes=2)
_BATCH = 2000


def tick(now: datetime | None = None) -> int:
    """Give every slot that has come its run; return how many automations had any.

    Safe to call at any time, from any number of places at once.
    """
    now = now or timezone.now()
    busy = 0
    for automation in Automation.objects.filter(is_active=True):
        try:
            _adopt(automation, now)
            if next(_slots_since(automation, now), None):
                busy += ensure_slots(automation.pk, now)
        except DomainError as error:
            # A row changed by other means than the form; the others must go on.
            logger.error("Automation %s has no schedule: %s", automation.pk, error)
    follow_dispatches()
    return busy


@transaction.atomic
def ensure_slots(automation_id: int, now: datetime | None = None) -> bool:
    """Write the runs of an automation's slots up to now, each of them once.

    Whoever else is at the same automation just now is left to do it. Returns
    whether a slot had come.
    """
    now = now or timezone.now()
    automation = (
        Automation.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk=automation_id, is_active=True)
        .first()
    )
    if automation is None:
        return False
    last = _write_runs(automation, _slots_since(automation, now), now)
    if last is None:
        return False
    Automation.objects.filter(pk=automation.pk).update(last_slot_at=last)
    if automation.schedule != Automation.Schedule.CRON:
        _finish(automation)
    return True


def next_run_at(automation: Automation, now: datetime | None = None) -> datetime | None:
    """Return when an automation is due next, or None where it never is."""
    now = now or timezone.now()
    if not automation.is_active:
        return None
    if automation.schedule == Automation.Schedule.CRON:
        try:
            cron, zone = parse_cron(automation.cron), read_zone(automation.timezone)
        except DomainError:
            return None
        found = next_slots(cron, zone, now, 1)
        return found[0].at if found else None
    if automation.schedule == Automation.Schedule.ONCE and automation.run_at:
        return automation.run_at if automation.run_at > now else None
    return None


def slot_as_of(automation: Automation, at: datetime) -> datetime:
    """Return the slot that was the newest at an instant.

    Raises DomainError where an automation had none yet.
    """
    if automation.schedule == Automation.Schedule.NOW:
        return at
    if automation.schedule == Automation.Schedule.ONCE:
        found = automation.run_at
        if found and found > at:
            found = None
    else:
        cron, zone = parse_cron(automation.cron), read_zone(automation.timezone)
        slot = latest_slot(cron, zone, at)
        found = slot.at if slot else None
    if found is None:
        raise DomainError(_("The automation has no slot at or before that time."))
    return found


def _slots_since(automation: Automation, now: datetime) -> Iterator[datetime]:
    """Yield the slots up to now that no run was written for yet, in order."""
    since, last = automation.schedule_since, automation.last_slot_at
    if since is None:
        return
    if automation.schedule == Automation.Schedule.CRON:
        cron, zone = parse_cron(automation.cron), read_zone(automation.timezone)
        yield from (
            slot.at for slot in slots(cron, zone, max(since, last or since), now)
        )
        return
    is_now = automation.schedule == Automation.Schedule.NOW
    at = since if is_now else automation.run_at
    is_over = last is not None and last >= since
    if at and since <= at <= now and not is_over:
        yield at


def _adopt(automation: Automation, now: datetime) -> None:
    """Let a schedule that was switched on past the services count from now."""
    if automation.schedule_since is None:
        automation.schedule_since = now
        Automation.objects.filter(pk=automation.pk, schedule_since=None).update(
            schedule_since=now
        )


def _write_runs(
    automation: Automation, due: Iterator[datetime], now: datetime
) -> datetime | None:
    last = None
    judged = _judge(automation, due, now)
    while batch := list(islice(judged, _BATCH)):
        AutomationRun.objects.bulk_create(batch, ignore_conflicts=True)
        last = batch[-1].scheduled_for
    return last


def _judge(
    automation: Automation, due: Iterator[datetime], now: datetime
) -> Iterator[AutomationRun]:
    """Decide for each slot whether it still counts, by the rule for missed runs."""
    first = next(due, None)
    if first is None:
        return
    rest = chain((first,), due)
    misfire = automation.misfire
    if misfire == Automation.Misfire.LATEST and now - first > ON_TIME:
        yield from _latest_only(automation, rest, now)
        return
    for at in rest:
        is_missed = misfire == Automation.Misfire.SKIP and now - at > ON_TIME
        yield _run(automation, at, now, is_missed=is_missed)


def _latest_only(
    automation: Automation, due: Iterator[datetime], now: datetime
) -> Iterator[AutomationRun]:
    grace = max(timedelta(minutes=automation.grace_minutes), ON_TIME)
    held: datetime | None = None
    for at in due:
        if held:
            yield _run(automation, held, now, is_missed=True)
        held = at
    if held:
        yield _run(automation, held, now, is_missed=now - held > grace)


def _run(
    automation: Automation, at: datetime, now: datetime, *, is_missed: bool
) -> AutomationRun:
    if not is_missed:
        return AutomationRun(automation=automation, scheduled_for=at)
    return AutomationRun(
        automation=automation,
        scheduled_for=at,
        state=AutomationRun.State.MISSED,
        error=_("The system was not running when this was due."),
        finished_at=now,
    )


def _finish(automation: Automation) -> None:
    automation.is_active = False
    automation._change_reason = _("Its only slot has come.")  # type: ignore[attr-defined]
    automation.save(update_fields=("is_active", "updated_at"))
