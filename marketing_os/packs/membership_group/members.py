"""Made-up members whose parts fit together; the same seed, the same members."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.conf import settings

from marketing_os.packs.lives import Doing, Life, Move
from marketing_os.packs.membership_group.catalogue import (
    CHALLENGES,
    DEVICES,
    DOMAIN,
    MONTHLY_PRICE,
)
from marketing_os.packs.membership_group.journeys import Way, walk
from marketing_os.packs.people import Person, Registry, Season
from marketing_os.packs.places import COUNTRIES

SEED = 1_984
COUNT = 1_600
_SIGNING_UP = Season(
    months=(1.4, 1.2, 1.1, 0.9, 0.85, 0.8, 0.7, 0.75, 1.1, 1.3, 1.35, 0.9),
    weekdays=(1.3, 1.15, 1.05, 1.0, 0.85, 0.8, 1.2),
    hours=(2, 1, 1, 0, 0, 0, 1, 2, 3, 4, 4, 4, 5, 4, 4, 4, 4, 5, 6, 8, 10, 12, 9, 5),
    growth=1.0012,
)


@dataclass(kw_only=True)
class Member(Life):
    """One person, with the way from which all else follows."""

    way: Way


def make_members(now: datetime, count: int = COUNT) -> Iterator[Member]:
    """Yield members whose histories span 18 months and end at `now`."""
    rng, registry = Random(SEED), Registry("MG", DOMAIN)
    days = _SIGNING_UP.days(rng, count, now)[1:]
    people = registry.come(rng, _SIGNING_UP, days, COUNTRIES, mailable=1, now=now)
    for number, person in enumerate(people, 1):
        # A source of its own, so that a change to one leaves the others alone.
        yield _make_member(Random(f"{SEED}:{number}"), person, now)


def _make_member(rng: Random, person: Person, now: datetime) -> Member:
    challenge = _drawn(rng, CHALLENGES)
    gender = _gender(rng, person)
    way = walk(rng, person.came_at, challenge, gender, now)
    attributes = {
        "username": _username(rng, person),
        "age": round(rng.triangular(18, 71, 29)),
        "gender": gender,
        "device": _drawn(rng, DEVICES),
        "mental_health_challenge": challenge if rng.random() < 0.83 else None,
        "paying_member": way.pays,
        "qualified_for_leader": _is_known_as_leader(way, now),
    }
    return Member(
        person=person,
        attributes=attributes,
        moves=[
            (name, Move("conversion", "", name, at))
            for name, at in way.conversions.items()
        ],
        doings=[
            (f"p{number}", Doing("payment", at, MONTHLY_PRICE))
            for number, at in enumerate(way.payments, 1)
        ],
        has_unsubscribed=rng.random() < 0.04,
        way=way,
    )


def _gender(rng: Random, person: Person) -> str:
    if rng.random() < 0.04:
        return "non-binary"
    return "female" if person.country.is_womans_name(person.first_name) else "male"


def _drawn(rng: Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _username(rng: Random, person: Person) -> str:
    name = person.email.partition("@")[0].partition(".")[0]
    return f"{name}{rng.randint(2, 99)}" if rng.random() < 0.6 else name


def _is_known_as_leader(way: Way, now: datetime) -> bool:
    """Say whether staff marked somebody; whoever came that far lately waits for it."""
    least = settings.LEADER_AFTER_SESSIONS
    long_ago = [at for at in way.attended if at < now - timedelta(days=21)]
    return way.pays and len(long_ago) > least
