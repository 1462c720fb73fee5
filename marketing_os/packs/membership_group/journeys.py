"""The way of a made-up member: signs up, tries, pays, comes every week, or stops."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from marketing_os.packs.membership_group.catalogue import (
    FIRST_STEPS,
    Circle,
    circles_for,
)

SIGNUP = "signup"
FIRST_SESSION = "attend_first_session"
UPGRADE = "upgrade"
FIRST_PAID_SESSION = "attend_first_paid_session"
_PLANNED = timedelta(days=15)


@dataclass(frozen=True)
class Place:
    """A booked place in a session of a circle; whether somebody came, if it was."""

    circle: Circle
    at: datetime
    attended: bool | None
    booked_at: datetime


@dataclass
class Way:
    """All that one member did until now; `pays` says whether they still do."""

    conversions: dict[str, datetime] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    payments: list[datetime] = field(default_factory=list)
    pays: bool = False

    @property
    def attended(self) -> list[datetime]:
        return [place.at for place in self.places if place.attended]


def walk(
    rng: Random, signed_up_at: datetime, challenge: str, gender: str, now: datetime
) -> Way:
    """Draw the way of somebody who signed up, until now and what they booked ahead."""
    way = Way({SIGNUP: signed_up_at})
    if rng.random() < 0.74:
        way.places += _first_sessions(rng, signed_up_at, now)
    if not way.attended:
        return way
    way.conversions[FIRST_SESSION] = way.attended[0]
    upgraded_at = way.attended[0] + timedelta(hours=1 + rng.expovariate(1 / 70))
    if rng.random() > 0.52 or upgraded_at > now:
        return way
    way.conversions[UPGRADE] = upgraded_at
    stays = timedelta(weeks=2 + rng.expovariate(1 / 46))
    leaves_at = upgraded_at + stays
    way.pays = leaves_at > now
    way.payments = list(_months(upgraded_at, min(leaves_at, now)))
    circles = circles_for(challenge, gender)
    # A circle that is drawn twice is one.
    chosen = dict.fromkeys(rng.choices(circles, k=2 if rng.random() < 0.35 else 1))
    paid = sorted(
        _weekly(rng, chosen, upgraded_at, leaves_at, now), key=lambda place: place.at
    )
    way.places += paid
    came = [place.at for place in paid if place.attended]
    if came:
        way.conversions[FIRST_PAID_SESSION] = came[0]
    return way


def _first_sessions(
    rng: Random, signed_up_at: datetime, now: datetime
) -> Iterator[Place]:
    """Book free sessions until one is attended, three at most."""
    after = signed_up_at + timedelta(hours=rng.uniform(6, 150))
    for _ in range(3):
        days = after.date(), after.date() + timedelta(days=8)
        at = next(one for one in FIRST_STEPS.meetings(*days) if one > after)
        comes = rng.random() < 0.78 if at <= now else None
        booked_at = max(signed_up_at, at - timedelta(hours=rng.uniform(4, 120)))
        if booked_at <= now:
            yield Place(FIRST_STEPS, at, comes, booked_at.replace(microsecond=0))
        if comes or at > now or rng.random() < 0.4:
            return
        after = at + timedelta(days=rng.uniform(1, 12))


def _weekly(
    rng: Random,
    circles: Iterable[Circle],
    begin: datetime,
    end: datetime,
    now: datetime,
) -> Iterator[Place]:
    faithful = rng.triangular(0.45, 0.98, 0.86)
    last = min(end, now + _PLANNED).date()
    for circle in circles:
        for at in circle.meetings(begin.date() + timedelta(days=1), last):
            if rng.random() < 0.08:
                continue  # away, and said so
            attended = rng.random() < faithful if at <= now else None
            booked_at = at - timedelta(days=rng.uniform(0.5, 14))
            booked_at = min(max(begin, booked_at), now)
            yield Place(circle, at, attended, booked_at.replace(microsecond=0))


def _months(begin: datetime, end: datetime) -> Iterator[datetime]:
    at = begin.replace(microsecond=0)
    while at < end:
        yield at
        at += timedelta(days=30)
