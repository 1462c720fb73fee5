"""Figures about messages."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone

from messaging.channels import chosen_channel
from messaging.models import Delivery, Dispatch, ProviderLimit, SendingSwitch


def dispatch_counts(dispatch: Dispatch) -> list[tuple[str, str, int]]:
    """Return (state, reason, count) of a dispatch's deliveries."""
    return list(
        dispatch.deliveries.order_by()
        .values_list("state", "reason")
        .annotate(count=Count("pk"))
        .order_by("state", "reason")
    )


@dataclass(frozen=True)
class Progress:
    """How far a dispatch is: `rate` in messages a second over the last minute."""

    total: int
    waiting: int
    rate: float
    seconds_left: float | None

    @property
    def percent(self) -> int:
        return (
            100 if not self.total else 100 * (self.total - self.waiting) // self.total
        )


def dispatch_progress(dispatch: Dispatch) -> Progress:
    """Return how much of a dispatch waits, and how long that may take."""
    waiting = dispatch.deliveries.filter(state__in=Delivery.WAITING).count()
    window = timedelta(minutes=1)
    since = max(timezone.now() - window, dispatch.created_at)
    recent = dispatch.deliveries.filter(first_sending_at__gte=since).count()
    seconds = max((timezone.now() - since).total_seconds(), 1.0)
    rate = recent / seconds
    left = waiting / rate if rate and waiting else None
    return Progress(dispatch.audience_count, waiting, rate, left)


@dataclass(frozen=True)
class SendingHealth:
    """The state of sending as a whole, for the dashboard."""

    channel: str
    is_held: bool
    held_by_setting: bool
    waiting: int
    due: int
    oldest_due_at: datetime | None
    unknown: int
    provider_failing_since: datetime | None
    provider_error: str
    sent_last_hour: int
    sending_dispatches: int
    paused_dispatches: int = field(default=0)

    @property
    def is_down(self) -> bool:
        return self.provider_failing_since is not None


def sending_health() -> SendingHealth:
    """Return how sending goes: what waits, since when, and what is down."""
    pending = Delivery.objects.filter(state=Delivery.State.PENDING)
    due = pending.filter(
        due_at__lte=Now(), dispatch__state=Dispatch.State.SENDING
    ).aggregate(count=Count("pk"), oldest=Min("due_at"))
    channel = chosen_channel()
    limit = ProviderLimit.objects.filter(provider=channel).first()
    states = dict(
        Dispatch.objects.filter(
            state__in=(Dispatch.State.SENDING, Dispatch.State.PAUSED)
        )
        .order_by()
        .values_list("state")
        .annotate(count=Count("pk"))
    )
    return SendingHealth(
        channel=channel,
        is_held=settings.HOLD
        or SendingSwitch.objects.filter(pk=1, is_held=True).exists(),
        held_by_setting=settings.HOLD,
        waiting=pending.count(),
        due=due["count"],
        oldest_due_at=due["oldest"],
        unknown=Delivery.objects.filter(state=Delivery.State.UNKNOWN).count(),
        provider_failing_since=limit.failing_since if limit else None,
        provider_error=limit.last_error if limit else "",
        sent_last_hour=Delivery.objects.filter(
            accepted_at__gte=timezone.now() - timedelta(hours=1)
        ).count(),
        sending_dispatches=states.get(Dispatch.State.SENDING, 0),
        paused_dispatches=states.get(Dispatch.State.PAUSED, 0),
    )
