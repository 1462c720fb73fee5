"""What became of the mails of the last days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.kept import kept
from messaging.models import Delivery, MessageTemplate

State = Delivery.State

# From the bottom of a bar to its top; `kind` names its colour.
KINDS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("sent", _("Sent"), (State.ACCEPTED, State.DELIVERED)),
    ("waiting", _("Waiting"), (State.PENDING, State.CLAIMED, State.SENDING)),
    (
        "failed",
        _("Failed"),
        (State.REJECTED, State.UNKNOWN, State.BOUNCED, State.COMPLAINED),
    ),
    ("skipped", _("Skipped"), (State.SKIPPED, State.CANCELLED)),
)
_KIND_OF = {state: kind for kind, _title, states in KINDS for state in states}
HEIGHT, BAR, GAP = 160, 30, 10


@dataclass(frozen=True)
class Piece:
    """One colour of a bar, in the units of the drawing."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True)
class Day:
    """The mails of one day, counted by kind, and the bar that shows them."""

    on: date
    x: int
    counts: dict[str, int]
    pieces: tuple[Piece, ...]
    is_labelled: bool
    is_major: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def middle(self) -> int:
        return self.x + BAR // 2

    @property
    def numbers(self) -> list[int]:
        return [self.counts.get(kind, 0) for kind, _title, _states in KINDS]


@dataclass(frozen=True)
class Mails:
    """The chart of the mails of some days."""

    days: tuple[Day, ...]
    totals: dict[str, int]
    highest: int

    @property
    def total(self) -> int:
        return sum(self.totals.values())

    @property
    def width(self) -> int:
        return len(self.days) * (BAR + GAP)

    @property
    def frame(self) -> int:
        """The width of the drawing, with room for the labels at both ends."""
        return self.width + 24


def mails(days: int) -> Mails | None:
    """Return the chart of the last so many days, today among them."""
    counted = kept(f"dashboard.mails.{days}", lambda: _count(days))
    return None if counted is None else _draw(counted, days)


def _count(days: int) -> dict[date, dict[str, int]]:
    first = timezone.localdate() - timedelta(days=days - 1)
    since = timezone.make_aware(datetime.combine(first, time.min))
    rows = (
        Delivery.objects.filter(
            created_at__gte=since, channel=MessageTemplate.Channel.EMAIL
        )
        .annotate(on=TruncDate("created_at"))
        .values_list("on", "state")
        .annotate(number=Count("pk"))
        .order_by()
    )
    counts: dict[date, dict[str, int]] = {}
    for on, state, number in rows:
        of_day = counts.setdefault(on, {})
        kind = _KIND_OF[state]
        of_day[kind] = of_day.get(kind, 0) + number
    return counts


def _draw(counted: dict[date, dict[str, int]], days: int) -> Mails:
    today = timezone.localdate()
    dates = [today - timedelta(days=days - 1 - place) for place in range(days)]
    every = 2 if days <= 14 else 5
    highest = max((sum(counts.values()) for counts in counted.values()), default=0)
    bars = tuple(
        Day(
            on=on,
            x=place * (BAR + GAP) + GAP // 2,
            counts=counted.get(on, {}),
            pieces=_pieces(counted.get(on, {}), highest),
            is_labelled=(days - 1 - place) % every == 0,
            is_major=(days - 1 - place) % (2 * every) == 0,
        )
        for place, on in enumerate(dates)
    )
    totals = {
        kind: sum(day.counts.get(kind, 0) for day in bars) for kind, _title, _s in KINDS
    }
    return Mails(bars, totals, highest)


def _pieces(counts: dict[str, int], highest: int) -> tuple[Piece, ...]:
    pieces, top = [], float(HEIGHT)
    for kind, _title, _states in KINDS:
        if number := counts.get(kind, 0):
            # However few there are, they are to be seen.
            height = max(2.0, HEIGHT * number / highest)
            top -= height
            pieces.append(Piece(kind, round(top, 1), round(height, 1)))
    return tuple(pieces)
