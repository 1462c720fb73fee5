"""Where the marks of a drawing lie."""

from collections.abc import Sequence
from dataclasses import dataclass

from messaging.results.lift import Lift

WIDTH = 320
_MARGIN = 12.0


@dataclass(frozen=True)
class Whisker:
    """An interval, the value inside and zero, as distances from the left edge."""

    zero: float
    low: float
    high: float
    point: float


def whiskers(lifts: Sequence[Lift | None]) -> list[Whisker | None]:
    """Place intervals on a common scale, which always shows zero."""
    known = [lift for lift in lifts if lift]
    least = min((0.0, *(lift.low for lift in known)))
    most = max((0.0, *(lift.high for lift in known)))
    scale = (WIDTH - 2 * _MARGIN) / ((most - least) or 1.0)

    def at(value: float) -> float:
        return round(_MARGIN + scale * (value - least), 1)

    return [
        Whisker(at(0.0), at(lift.low), at(lift.high), at(lift.points)) if lift else None
        for lift in lifts
    ]
