"""What happens to made-up people until now."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import exp
from random import Random
from typing import Any, TypeVar

from marketing_os.packs.people import Person


@dataclass(frozen=True)
class Move:
    """A move from one stage of a funnel to another."""

    funnel_type: str
    from_stage: str
    to_stage: str
    at: datetime


@dataclass(frozen=True)
class Doing:
    """One activity; the amount is in US dollars."""

    name: str
    at: datetime
    amount: Decimal | None = None
    properties: dict[str, str | int | bool] = field(default_factory=dict)


Happening = TypeVar("Happening", Move, Doing)


@dataclass(kw_only=True)
class Life:
    """One customer as a pack makes them up: the person, and what happened until now.

    Each move and doing stands with the end of its external ID, each credit with its
    amount and reason.
    """

    person: Person
    attributes: dict[str, Any]
    moves: list[tuple[str, Move]] = field(default_factory=list)
    doings: list[tuple[str, Doing]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    credits: list[tuple[int, str]] = field(default_factory=list)
    has_unsubscribed: bool = False


def past(
    letter: str, happenings: Iterable[Happening], now: datetime
) -> list[tuple[str, Happening]]:
    """Number what happens, then cut off the future: so no number ever changes."""
    return [
        (f"{letter}{number}", one)
        for number, one in enumerate(happenings, 1)
        if one.at <= now
    ]


def poisson(rng: Random, mean: float) -> int:
    """Draw how often something happens that happens so often in the mean."""
    limit, count, product = exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
