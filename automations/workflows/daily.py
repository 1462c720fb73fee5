"""The daily look: every enabled workflow with a daily trigger, once a day."""

import logging
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import DataError, transaction
from django.db.models import Q
from django.utils import timezone
from psycopg import sql

from automations.clock import local_date
from automations.errors import fault_words
from automations.models import Workflow
from automations.workflows.entering import enter
from automations.workflows.leaving_out import forget_who_left
from automations.workflows.triggers import DAILY, Moment, daily_key, daily_tree
from automations.workflows.zones import zone_of_workflow
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import place
from segments.conditions import Clock, members_query
from segments.services.conditions import limited
from segments.services.evaluation import look_up_used

logger = logging.getLogger(__name__)
MOST_SECONDS = 240
RETRY_AFTER = timedelta(hours=1)


def check_daily(now: datetime | None = None) -> int:
    """Let in whom the daily triggers mean whose hour has come; return how many.

    Safe to call at any time and from any number of places: each workflow's day is
    done once.
    """
    now = now or timezone.now()
    entered = 0
    for workflow, at in _due(now):
        try:
            look_up_segments(workflow, at)
            entered += _check(workflow.pk, now)
        except (DomainError, DataError) as error:
            # The others must go on; the workflow's page tells of the fault.
            _note_failure(workflow, error, now)
    return entered


def _note_failure(workflow: Workflow, error: Exception, now: datetime) -> None:
    words = fault_words(error)
    logger.error("Workflow %s could not be checked: %s", workflow.pk, words)
    Workflow.objects.filter(pk=workflow.pk).update(
        check_error=words, check_failed_at=now
    )


def due_look(workflow: Workflow, now: datetime) -> datetime | None:
    """Return the instant of which a look is due, or None.

    That is now; where the hour passed yesterday and nobody looked, it is that hour.
    """
    zone, done = zone_of_workflow(workflow), workflow.checked_on
    local = now.astimezone(zone)
    if local.hour >= workflow.check_hour:
        return now if done is None or done < local.date() else None
    yesterday = local.date() - timedelta(days=1)
    if done is None or done >= yesterday:
        return None
    return place(datetime.combine(yesterday, time(workflow.check_hour)), zone).at


def look_up_segments(workflow: Workflow, at: datetime) -> None:
    """Look up anew what the trigger asks of SQL and functions; raises SegmentError.

    Call it outside a transaction, so that a failed look-up leaves its record.
    """
    look_up_used(daily_tree(workflow.trigger, day_of(workflow, at)))


def _due(now: datetime) -> list[tuple[Workflow, datetime]]:
    rests = Q(check_failed_at__gt=now - RETRY_AFTER)
    enabled = Workflow.objects.filter(is_enabled=True, trigger__type__in=list(DAILY))
    looks = ((one, due_look(one, now)) for one in enabled.exclude(rests).order_by("pk"))
    return [(workflow, at) for workflow, at in looks if at]


@transaction.atomic
def _check(workflow_id: int, now: datetime) -> int:
    workflow = (
        Workflow.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=workflow_id, is_enabled=True)
        .first()
    )
    at = due_look(workflow, now) if workflow else None
    if workflow is None or at is None:
        return 0
    entered = enter_daily(workflow, at, now=now)
    Workflow.objects.filter(pk=workflow.pk).update(
        checked_on=local_date(at, zone_of_workflow(workflow)),
        check_error="",
        check_failed_at=None,
    )
    return entered


def enter_daily(workflow: Workflow, at: datetime, *, now: datetime) -> int:
    """Let in whom the daily trigger means at an instant; call it in a transaction."""
    candidates = daily_candidates(workflow, at)
    with limited(MOST_SECONDS):
        forget_who_left(workflow, candidates)
        return enter(workflow, candidates, now=now)


def daily_candidates(workflow: Workflow, at: datetime) -> sql.Composable:
    """SELECT whom the daily trigger means at an instant; raises ConditionError."""
    day = day_of(workflow, at)
    return sql.SQL("SELECT found.id, {}, '{{}}'::jsonb FROM ({}) AS found").format(
        sql.Literal(daily_key(workflow.trigger, day)),
        members_query(daily_tree(workflow.trigger, day), Clock(at, settings.TIME_ZONE)),
    )


def day_of(workflow: Workflow, at: datetime) -> Moment:
    """Return an instant as the daily trigger of a workflow sees it."""
    zone = zone_of_workflow(workflow)
    since = workflow.enabled_at or at
    return Moment(local_date(at, zone), local_date(since, zone))
