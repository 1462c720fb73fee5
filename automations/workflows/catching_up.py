"""The fallback of event triggers: what happened and, for whatever reason, was not told.

A writer that began before a workflow was enabled does not know yet that somebody
listens. What such a writer wrote is found here, as the rules would have judged it when
it happened: who was kept out then does not come in later.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from psycopg import sql

from automations.models import Workflow
from automations.workflows.entering import enter
from automations.workflows.happenings import EVENTS, candidates, event_trigger
from automations.workflows.recorded import recorded_events
from imports.database import comma
from imports.models import ImportJob
from imports.services.changes import has_changes
from marketing_os.lib.errors import DomainError
from segments.services.conditions import limited

logger = logging.getLogger(__name__)
MOST_SECONDS = 60
_TARGETS = {"funnel": "funnel_events", "activity": "activities", "tag": "tags"}
_MISSED = """
(SELECT a.* FROM {events} AS a
WHERE a.occurred_at <= {now} {not_imported} AND NOT EXISTS (
    SELECT FROM enrolments e
    WHERE e.workflow_id = {workflow} AND e.member_id = a.customer_id
      AND (e.ended_at IS NULL OR e.ended_at > a.occurred_at
           OR e.entered_at > a.occurred_at - make_interval(days => {cooldown}))))
"""


def catch_up_all(now: datetime | None = None) -> int:
    """Let in whom events were to let in, for every workflow; return how many."""
    now = now or timezone.now()
    kinds = list(EVENTS)
    entered = 0
    for workflow in Workflow.objects.filter(is_enabled=True, trigger__type__in=kinds):
        try:
            with transaction.atomic():
                entered += catch_up(workflow, now)
        except DomainError as error:
            logger.error("Workflow %s could not catch up: %s", workflow.pk, error)
    return entered


def catch_up(workflow: Workflow, now: datetime) -> int:
    """Let in by events since the workflow was enabled, a day old at most.

    Returns how many entered. Call it in a transaction.
    """
    kind, _entry = event_trigger(workflow.trigger)
    since = now - timedelta(hours=settings.EVENT_FRESH_HOURS)
    since = max(since, workflow.enabled_at or now)
    not_imported = _not_imported(kind.kind, since)
    if not_imported is None:
        return 0
    missed = sql.SQL(_MISSED).format(
        events=recorded_events(kind.kind, since),
        now=sql.SQL("{}::timestamptz").format(sql.Literal(now.isoformat())),
        not_imported=not_imported,
        workflow=sql.Literal(workflow.pk),
        cooldown=sql.Literal(workflow.cooldown_period_days),
    )
    with limited(MOST_SECONDS):
        return enter(workflow, candidates(workflow.trigger, now, missed), now=now)


def _not_imported(kind: str, since: datetime) -> sql.Composable | None:
    """Return the condition that an event `a` came from no file; None: nobody knows.

    What files bring is history, whatever its date.
    """
    if kind not in _TARGETS:
        return sql.SQL("")
    jobs = ImportJob.objects.filter(
        Q(finished_at=None) | Q(finished_at__gt=since),
        target=_TARGETS[kind],
        started_at__isnull=False,
    )
    found = list(jobs)
    if not found:
        return sql.SQL("")
    if not all(has_changes(job) for job in found):
        return None
    return sql.SQL(
        "AND a.id NOT IN (SELECT subject_id FROM import_changes"
        " WHERE action = 'create' AND job_id IN ({}))"
    ).format(comma(sql.Literal(job.pk) for job in found))
