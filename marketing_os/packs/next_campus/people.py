"""Who the made-up leads are, and when they first asked."""

from datetime import datetime
from random import Random

from marketing_os.packs.people import DOMAIN, Person, Registry, Season
from marketing_os.packs.places import COUNTRIES

# How many ask per month, relative to a quiet one: before the intakes of February
# and September many do, in December and at midsummer few.
_ASKING = Season(
    months=(1.55, 1.1, 0.9, 1.05, 0.95, 0.8, 1.15, 1.6, 1.25, 0.9, 0.85, 0.6),
    weekdays=(1.2, 1.25, 1.15, 1.1, 0.95, 0.6, 0.75),
    hours=(1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 9, 9, 8, 8, 8, 8, 8, 8, 9, 11, 12, 10, 6, 3),
    growth=1.0008,
)


def make_people(rng: Random, count: int, now: datetime) -> list[Person]:
    """Return `count` people, the one who asked first in front."""
    days = _ASKING.days(rng, count - 1, now)
    registry = Registry("NC", DOMAIN)
    people = list(registry.come(rng, _ASKING, days, COUNTRIES, mailable=0.94, now=now))
    _share_addresses(rng, people)
    return people


def _share_addresses(rng: Random, people: list[Person]) -> None:
    """Let a few ask twice, and a few use the address of a relative."""
    with_address = [person for person in people if person.email]
    for _ in range(len(people) // 70):
        earlier, later = sorted(
            rng.sample(with_address, 2), key=lambda person: person.key
        )
        if later is people[0] or earlier.email == later.email:
            continue
        later.email, later.last_name = earlier.email, earlier.last_name
        later.country, later.city = earlier.country, earlier.city
        later.timezone, later.mobile = earlier.timezone, earlier.mobile
        if rng.random() < 0.6:
            later.first_name = earlier.first_name
