"""What became of the messages of some dispatches, by state and reason."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from messaging.models import Delivery, DeliveryEvent
from messaging.results.scope import Scope
from messaging.services import history

_State = Delivery.State
WENT_OUT = (_State.ACCEPTED, _State.DELIVERED, _State.BOUNCED, _State.COMPLAINED)
# Whoever marks a mail as spam has it.
ARRIVED = (_State.DELIVERED, _State.COMPLAINED)


@dataclass(frozen=True)
class Figures:
    """How many messages there are, how many went out, and what came of those.

    `counts` holds (state, reason, count) and adds up to `audience`.
    """

    counts: list[tuple[str, str, int]]
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0

    @property
    def audience(self) -> int:
        return sum(count for _state, _reason, count in self.counts)

    @property
    def sent(self) -> int:
        return self.of(*WENT_OUT)

    @property
    def arrived(self) -> int:
        return self.of(*ARRIVED)

    @property
    def bounced(self) -> int:
        return self.of(_State.BOUNCED)

    @property
    def complained(self) -> int:
        return self.of(_State.COMPLAINED)

    @property
    def skipped(self) -> int:
        return self.of(_State.SKIPPED)

    @property
    def waiting(self) -> int:
        return self.of(*Delivery.WAITING)

    @property
    def has_reports(self) -> bool:
        """Say whether the provider tells what arrives."""
        return bool(self.arrived + self.bounced)

    def of(self, *states: str) -> int:
        return sum(count for state, _reason, count in self.counts if state in states)

    def share(self, count: int) -> float:
        """Return a count in percent of what went out."""
        return 100 * count / self.sent if self.sent else 0.0


def figures(
    scope: Scope, counts: Iterable[tuple[str, str, int]] | None = None
) -> Figures:
    """Count the messages of a scope; `counts` if they were counted already."""
    deliveries = Delivery.objects.filter(dispatch__in=scope.ids).order_by()
    if counts is None:
        by_state = deliveries.values_list("state", "reason").annotate(Count("pk"))
        counts = by_state.order_by("state", "reason")
    opened = deliveries.filter(opened_at__isnull=False)
    return Figures(
        list(counts),
        **opened.aggregate(opened=Count("pk"), clicked=Count("clicked_at")),
        unsubscribed=deliveries.filter(events__kind=history.UNSUBSCRIBED).aggregate(
            people=Count("pk", distinct=True)
        )["people"],
    )


@dataclass(frozen=True)
class DispatchFigures:
    """The figures of one dispatch among others."""

    dispatch_id: int
    sent: int
    opened: int
    clicked: int
    bounced: int
    complained: int

    def _share(self, count: int) -> float:
        return 100 * count / self.sent if self.sent else 0.0

    @property
    def opened_percent(self) -> float:
        return self._share(self.opened)

    @property
    def clicked_percent(self) -> float:
        return self._share(self.clicked)


def by_dispatch(dispatch_ids: Iterable[int]) -> dict[int, DispatchFigures]:
    """Return the figures of each of some dispatches."""
    rows = (
        Delivery.objects.filter(dispatch__in=dispatch_ids, state__in=WENT_OUT)
        .order_by()
        .values("dispatch_id")
        .annotate(
            sent=Count("pk"),
            opened=Count("opened_at"),
            clicked=Count("clicked_at"),
            bounced=Count("pk", filter=Q(state=_State.BOUNCED)),
            complained=Count("pk", filter=Q(state=_State.COMPLAINED)),
        )
    )
    return {row["dispatch_id"]: DispatchFigures(**row) for row in rows}


def unsubscribed_by(delivery_ids: Iterable[int]) -> set[int]:
    """Return those of some deliveries by whose link somebody unsubscribed."""
    events = DeliveryEvent.objects.filter(
        delivery__in=list(delivery_ids), kind=history.UNSUBSCRIBED
    )
    return {pk for pk in events.values_list("delivery_id", flat=True) if pk}
