"""Whom a run would reach, counted by the very decision of the fan-out.

What is quick is counted while the page waits; the rest by a worker, with the page
asking now and then. Nothing but the forecast itself is written.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import errors

from automations.models import Automation, Forecast
from automations.selectors import difference_to_last
from automations.services.runs import check_template, policy_of, series_of
from automations.services.surges import surge_of
from customers.models import Customer
from marketing_os.lib.errors import DomainError
from messaging.services import forecast
from segments.models import Segment
from segments.services import audience

_AT_ONCE_CUSTOMERS, _AT_ONCE_SECONDS = 50_000, 3.0
_WORKER_SECONDS = 240
_STUCK_AFTER = timedelta(minutes=5)
# A page that was told that the figures are there shows those, not new ones.
_FRESH = timedelta(minutes=1)


class ForecastTooSlowError(DomainError):
    """The count took longer than it may."""


def forecast_run(
    automation: Automation, *, by: User | None = None, seconds: float | None = None
) -> Forecast:
    """Count what a run would write now, and compare it with the last run.

    The forecast is not stored. Raises DomainError where nothing could be sent, and
    ForecastTooSlowError past `seconds` for one statement.
    """
    check_template(automation)
    try:
        with transaction.atomic():
            _limit(seconds)
            made = _count(automation, by)
            # Looking the segment up leaves a record, and a forecast leaves nothing.
            transaction.set_rollback(True)
    except OperationalError as error:
        if isinstance(error.__cause__, errors.QueryCanceled):
            raise ForecastTooSlowError(
                _("Counting took longer than %(seconds)s seconds, so it was given up.")
                % {"seconds": seconds}
            ) from error
        raise
    return made


def request_forecast(automation: Automation, *, by: User | None = None) -> Forecast:
    """Return a forecast of now, or one that a worker has yet to count.

    One that is being counted already is not asked for twice.
    """
    known = Forecast.objects.filter(automation=automation).first()
    is_quick = _is_quick(automation)
    if known and _is_of_use(known, automation, is_quick=is_quick):
        return known
    asked: dict[str, Any] = {
        "requested_at": timezone.now(),
        "requested_by": by,
        "claimed_at": None,
        "counted_at": None,
        "error": "",
    }
    made, _is_new = Forecast.objects.update_or_create(
        automation=automation, defaults=asked
    )
    return count_forecast(made, seconds=_AT_ONCE_SECONDS) if is_quick else made


def count_next_forecast() -> Forecast | None:
    """Count the forecast that waits longest; None when none waits."""
    waiting = _waiting().order_by("requested_at").first()
    return count_forecast(waiting) if waiting else None


def has_waiting_forecasts() -> bool:
    return _waiting().exists()


def count_forecast(made: Forecast, *, seconds: float | None = None) -> Forecast:
    """Count a forecast and keep it, unless somebody else is at it.

    One that takes longer than `seconds` is left to a worker.
    """
    now = timezone.now()
    mine = _waiting().filter(pk=made.pk, requested_at=made.requested_at)
    if not mine.update(claimed_at=now):
        return Forecast.objects.get(pk=made.pk)
    kept: dict[str, Any]
    try:
        counted = forecast_run(
            made.automation, by=made.requested_by, seconds=seconds or _WORKER_SECONDS
        )
    except ForecastTooSlowError as error:
        if seconds:
            kept = {"claimed_at": None}
        else:
            kept = {"error": str(error), "counted_at": timezone.now()}
    except DomainError as error:
        kept = {"error": str(error), "counted_at": timezone.now()}
    else:
        kept = {name: getattr(counted, name) for name in _COUNTED}
        kept |= {"counted_at": timezone.now()}
    Forecast.objects.filter(pk=made.pk, claimed_at=now).update(**kept)
    return Forecast.objects.select_related("last_run__dispatch").get(pk=made.pk)


_COUNTED = ("counts", "last_run", "entered_count", "left_count", "surge")


def _count(automation: Automation, by: User | None) -> Forecast:
    found = audience(automation.segment, by=by)
    counts = forecast(
        template=automation.template,
        audience=found,
        series=series_of(automation),
        policy=policy_of(automation),
        holdout_percent=automation.holdout_percent,
        local_time=automation.local_time,
    )
    made = Forecast(
        automation=automation,
        counts=[[state, reason, number] for (state, reason), number in counts.items()],
    )
    difference = difference_to_last(automation, found, made.total)
    if difference:
        made.last_run = difference.last
        made.entered_count, made.left_count = difference.entered, difference.left
    made.surge = surge_of(automation, audience=made.total, receivers=made.reached)
    return made


def _limit(seconds: float | None) -> None:
    if seconds:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")


def _waiting() -> QuerySet[Forecast]:
    stuck = timezone.now() - _STUCK_AFTER
    return Forecast.objects.filter(
        Q(claimed_at=None) | Q(claimed_at__lt=stuck), counted_at=None
    ).select_related("automation__segment", "automation__template", "requested_by")


def _is_quick(automation: Automation) -> bool:
    """Say whether a page can wait for the count: only our own rules, and few people."""
    own = (Segment.Type.MANUAL, Segment.Type.CONDITIONS)
    if automation.segment.type not in own:
        return False
    most = _AT_ONCE_CUSTOMERS + 1
    return Customer.objects.order_by().values("pk")[:most].count() < most


def _is_of_use(known: Forecast, automation: Automation, *, is_quick: bool) -> bool:
    if known.requested_at < automation.updated_at:
        return False
    now = timezone.now()
    if known.counted_at is None:
        return known.requested_at > now - _STUCK_AFTER
    took = known.counted_at - known.requested_at
    was_slow = took > timedelta(seconds=_AT_ONCE_SECONDS)
    return (was_slow or not is_quick) and now - known.counted_at < _FRESH
