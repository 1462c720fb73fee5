"""Figures about messages."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from marketing_os.lib.registry import TimelineEntry
from messaging.channels import chosen_channel
from messaging.models import (
    Delivery,
    DeliveryContent,
    Dispatch,
    MessageTemplate,
    ProviderLimit,
    SendingSwitch,
)
from messaging.templating.context import CUSTOMER_FIELDS, sensitive_names

RATE_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class News:
    """How many notifications a member has not read, and the ID of the newest."""

    unread: int
    newest: int


_NEWS = """
SELECT (SELECT count(*) FROM notifications
        WHERE member_id = c.id AND read_at IS NULL AND dismissed_at IS NULL),
       (SELECT coalesce(max(id), 0) FROM notifications WHERE member_id = c.id)
FROM customers c WHERE id = %s AND erased_at IS NULL AND archived_at IS NULL
"""


def news_of(customer_id: int) -> News | None:
    """Return a member's news by one query of indexes; None: there is no such member."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, [customer_id])
        found = cursor.fetchone()
    return News(*found) if found else None


def dispatch_counts(dispatch: Dispatch) -> list[tuple[str, str, int]]:
    """Return (state, reason, count) of a dispatch's deliveries."""
    return list(
        dispatch.deliveries.order_by()
        .values_list("state", "reason")
        .annotate(count=Count("pk"))
        .order_by("state", "reason")
    )


def waiting_of(dispatch_ids: Sequence[int]) -> dict[int, int]:
    """Count what still waits of each of these dispatches."""
    return dict(
        Delivery.objects.filter(dispatch__in=dispatch_ids, state__in=Delivery.WAITING)
        .order_by()
        .values_list("dispatch")
        .annotate(count=Count("pk"))
    )


def audiences_of(dispatches: Sequence[Dispatch]) -> dict[int, int]:
    """Return how many messages each dispatch has, counted where that still grows."""
    known = {one.pk: one.audience_count for one in dispatches}
    growing = [one.pk for one in dispatches if one.grows]
    counted = (
        Delivery.objects.filter(dispatch__in=growing)
        .order_by()
        .values_list("dispatch")
        .annotate(count=Count("*"))
    )
    return known | dict(counted if growing else ())


@dataclass(frozen=True)
class Progress:
    """How far a dispatch is; `rate` is in messages a second over the last minute."""

    total: int
    counts: list[tuple[str, str, int]]
    rate: float
    next_due_at: datetime | None

    @property
    def waiting(self) -> int:
        return sum(count for state, _r, count in self.counts if state in _WAITING)

    @property
    def percent(self) -> int:
        return (
            100 if not self.total else 100 * (self.total - self.waiting) // self.total
        )

    @property
    def seconds_left(self) -> float | None:
        return self.waiting / self.rate if self.rate and self.waiting else None


_WAITING = {str(state) for state in Delivery.WAITING}


def dispatch_progress(dispatch: Dispatch) -> Progress:
    """Return how far a dispatch is, in one pass over its deliveries."""
    now = timezone.now()
    since = max(now - RATE_WINDOW, dispatch.created_at)
    rows = list(
        dispatch.deliveries.order_by()
        .values("state", "reason")
        .annotate(
            count=Count("pk"),
            recent=Count("pk", filter=Q(first_sending_at__gte=since)),
            next_due_at=Min("due_at", filter=Q(state=Delivery.State.PENDING)),
        )
        .order_by("state", "reason")
    )
    due = [row["next_due_at"] for row in rows if row["next_due_at"]]
    return Progress(
        total=sum(row["count"] for row in rows),
        counts=[(row["state"], row["reason"], row["count"]) for row in rows],
        rate=sum(row["recent"] for row in rows)
        / max((now - since).total_seconds(), 1.0),
        next_due_at=min(due, default=None),
    )


@dataclass(frozen=True)
class Obstacles:
    """What keeps all mail from going out just now."""

    channel: str
    is_held: bool
    held_by_setting: bool
    provider_failing_since: datetime | None
    provider_error: str

    @property
    def is_down(self) -> bool:
        return self.provider_failing_since is not None


def obstacles() -> Obstacles:
    """Return whether sending is held, and whether the provider answers."""
    channel = chosen_channel()
    limit = ProviderLimit.objects.filter(provider=channel).first()
    switched = SendingSwitch.objects.filter(pk=1, is_held=True).exists()
    return Obstacles(
        channel=channel,
        is_held=settings.HOLD or switched,
        held_by_setting=settings.HOLD,
        provider_failing_since=limit.failing_since if limit else None,
        provider_error=limit.last_error if limit else "",
    )


def stopped_dispatches(limit: int = 5) -> list[Dispatch]:
    """Return what the product itself paused or held, the newest first."""
    return list(
        Dispatch.objects.filter(state__in=(Dispatch.State.PAUSED, Dispatch.State.HELD))
        .exclude(stopped_because="")
        .select_related("automation_run")
        .order_by("-id")[:limit]
    )


def held_count() -> int:
    """Count the dispatches that wait for a person to release them."""
    return Dispatch.objects.filter(state=Dispatch.State.HELD).count()


@dataclass(frozen=True)
class SendingHealth:
    """The state of sending as a whole, for the dashboard."""

    obstacles: Obstacles
    waiting: int
    due: int
    oldest_due_at: datetime | None
    unknown: int
    sent_last_hour: int
    sending_dispatches: int
    paused_dispatches: int


def sending_health() -> SendingHealth:
    """Return how sending goes: what waits, since when, and what is down."""
    pending = Delivery.objects.filter(state=Delivery.State.PENDING)
    due = pending.filter(
        due_at__lte=Now(), dispatch__state=Dispatch.State.SENDING
    ).aggregate(count=Count("pk"), oldest=Min("due_at"))
    # One that grows is open also while nothing of it waits.
    waits = Exists(
        Delivery.objects.filter(dispatch=OuterRef("pk"), state__in=Delivery.WAITING)
    )
    is_busy = Q(state=Dispatch.State.SENDING) & (Q(grows=False) | Q(waits))
    dispatches = Dispatch.objects.aggregate(
        sending=Count("pk", filter=is_busy),
        paused=Count("pk", filter=Q(state=Dispatch.State.PAUSED)),
    )
    an_hour_ago = timezone.now() - timedelta(hours=1)
    return SendingHealth(
        obstacles=obstacles(),
        waiting=pending.count(),
        due=due["count"],
        oldest_due_at=due["oldest"],
        unknown=Delivery.objects.filter(state=Delivery.State.UNKNOWN).count(),
        sent_last_hour=Delivery.objects.filter(accepted_at__gte=an_hour_ago)
        .exclude(channel=MessageTemplate.Channel.IN_APP)
        .count(),
        sending_dispatches=dispatches["sending"],
        paused_dispatches=dispatches["paused"],
    )


def held_back() -> dict[str, int]:
    """Count what waits because of quiet hours or a cap, by reason."""
    waiting = Delivery.objects.filter(
        state=Delivery.State.PENDING, reason__in=Delivery.HELD_BACK
    )
    return dict(waiting.order_by().values_list("reason").annotate(count=Count("pk")))


def deliveries_of(customer_id: int, limit: int) -> list[Delivery]:
    """Return a customer's newest deliveries with what they are part of."""
    return list(
        Delivery.objects.filter(customer_id=customer_id)
        .select_related("dispatch__template", "customer")
        .order_by("-id")[:limit]
    )


_ICONS = {
    Delivery.State.ACCEPTED: "mail",
    Delivery.State.DELIVERED: "mark_email_read",
    Delivery.State.SKIPPED: "mail_off",
    Delivery.State.UNKNOWN: "question_mark",
}


def deliveries_on_timeline(customer: Any, limit: int) -> Iterable[TimelineEntry]:
    """Tell what a customer was sent, and what not."""
    for delivery in deliveries_of(customer.pk, limit):
        words = delivery.get_state_display()
        if delivery.reason:
            words = f"{words} · {delivery.get_reason_display()}"
        yield TimelineEntry(
            delivery.accepted_at or delivery.created_at,
            _ICONS.get(Delivery.State(delivery.state), "schedule_send"),
            _("Message “%(name)s”") % {"name": delivery.dispatch.template.name},
            words,
            delivery.get_absolute_url(),
        )


def made_of_sensitive(delivery_ids: Iterable[int]) -> set[int]:
    """Return those whose message was made with an attribute that not all may see."""
    hidden = sensitive_names()
    contents = DeliveryContent.objects.filter(delivery__in=delivery_ids)
    found = contents.values_list("delivery_id", "merge_values")
    return {pk for pk, values in found if _reads(values, hidden)}


def _reads(values: dict[str, Any], hidden: AbstractSet[str]) -> bool:
    read = set(values.get("customer", {})).difference(CUSTOMER_FIELDS)
    named = {
        "membership_level": settings.MEMBERSHIP_LEVEL_ATTRIBUTE,
        "join_date": settings.JOIN_DATE_ATTRIBUTE,
    }
    read |= {attribute for name, attribute in named.items() if name in values}
    return not read.isdisjoint(hidden)
