"""Runs that another system did before this one."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from automations.models import Automation, AutomationRun
from automations.services.runs import series_of
from customers.models import Customer
from messaging.services import record_past_dispatch
from segments.models import Segment
from segments.services import audience


def record_past_run(
    automation: Automation,
    *,
    at: datetime,
    held_out: Segment | None = None,
    by: User | None = None,
) -> AutomationRun:
    """Write down that the automation's segment got its message `at` a time.

    Those of them who are in `held_out` got nothing. The same time again is the same
    run. Raises DomainError for a time to come.
    """
    known = automation.runs.filter(scheduled_for=at).first()
    if known:
        return known
    everybody: QuerySet[Customer] = audience(automation.segment, by=by).order_by()
    without: QuerySet[Customer] = Customer.objects.none()
    if held_out:
        without = everybody.filter(pk__in=audience(held_out, by=by).values("pk"))
    return _record(automation, at, everybody, without, by)


@transaction.atomic
def _record(
    automation: Automation,
    at: datetime,
    everybody: QuerySet[Customer],
    without: QuerySet[Customer],
    by: User | None,
) -> AutomationRun:
    run = AutomationRun.objects.create(
        automation=automation,
        scheduled_for=at,
        trigger=AutomationRun.Trigger.MANUAL,
        state=AutomationRun.State.DONE,
        started_by=by,
        finished_at=at,
    )
    run.dispatch = record_past_dispatch(
        template=automation.template,
        received=everybody.exclude(pk__in=without.values("pk")),
        held_out=without,
        source_key=f"automation-run:{run.pk}",
        series=series_of(automation),
        name=_("%(automation)s, sent elsewhere %(slot)s UTC")
        % {"automation": automation.name, "slot": f"{at:%Y-%m-%d %H:%M}"},
        at=at,
    )
    run.save(update_fields=["dispatch"])
    return run
