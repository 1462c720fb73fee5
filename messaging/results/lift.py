"""How much more often those who were meant to get a message did something.

The difference of two proportions, with its 95 % interval by Newcombe's hybrid score
method (Statistics in Medicine 17, 1998, method 10), which also holds where few did.
"""

from dataclasses import dataclass
from math import sqrt

_Z = 1.959963984540054
# Below these a percentage would say more about chance than about the message.
LEAST_PEOPLE = 100
LEAST_CONVERSIONS = 10


@dataclass(frozen=True)
class Share:
    """How many of some people did it."""

    done: int
    people: int

    @property
    def rate(self) -> float:
        return self.done / self.people if self.people else 0.0

    @property
    def percent(self) -> float:
        return 100 * self.rate

    def interval(self) -> tuple[float, float]:
        """Return the bounds of the rate by Wilson's score interval."""
        count, rate, square = self.people, self.rate, _Z * _Z
        middle = (rate + square / (2 * count)) / (1 + square / count)
        half = (
            _Z
            * sqrt(rate * (1 - rate) / count + square / (4 * count * count))
            / (1 + square / count)
        )
        return middle - half, middle + half


@dataclass(frozen=True)
class Lift:
    """A difference and the bounds of its 95 % interval, in percentage points."""

    points: float
    low: float
    high: float

    @property
    def margin(self) -> float:
        return (self.high - self.low) / 2

    @property
    def absolute(self) -> float:
        return abs(self.points)

    @property
    def is_clear(self) -> bool:
        """Say whether chance alone hardly makes such a difference."""
        return self.low > 0 or self.high < 0


def is_enough(meant: Share, held_out: Share) -> bool:
    """Say whether two shares can be compared at all."""
    return (
        min(meant.people, held_out.people) >= LEAST_PEOPLE
        and meant.done + held_out.done >= LEAST_CONVERSIONS
    )


def lift(meant: Share, held_out: Share) -> Lift | None:
    """Compare two shares; None where there is not enough to compare."""
    return difference(meant, held_out) if is_enough(meant, held_out) else None


def difference(meant: Share, held_out: Share) -> Lift:
    """Return the difference of two shares, neither of nobody, with its interval."""
    points = meant.rate - held_out.rate
    meant_low, meant_high = meant.interval()
    held_low, held_high = held_out.interval()
    below = sqrt((meant.rate - meant_low) ** 2 + (held_high - held_out.rate) ** 2)
    above = sqrt((meant_high - meant.rate) ** 2 + (held_out.rate - held_low) ** 2)
    return Lift(100 * points, 100 * (points - below), 100 * (points + above))
