"""Who the made-up leads are: name, address, country, and when they first asked."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from marketing_os.packs.next_campus.places import COUNTRIES, Country

DOMAIN = "example.org"
HISTORY = timedelta(days=548)

# How many ask per month, relative to a quiet one: before the intakes of February
# and September many do, in December and at midsummer few.
_MONTHS = (1.55, 1.1, 0.9, 1.05, 0.95, 0.8, 1.15, 1.6, 1.25, 0.9, 0.85, 0.6)
_WEEKDAYS = (1.2, 1.25, 1.15, 1.1, 0.95, 0.6, 0.75)
_HOURS = (1, 1, 0, 0, 0, 1, 2, 4, 6, 8, 9, 9, 8, 8, 8, 8, 8, 8, 9, 11, 12, 10, 6, 3)
_GROWTH_PER_DAY = 1.0008
_LETTERS = str.maketrans({"ł": "l", "ß": "ss", "ø": "o", "'": "", " ": ""})


@dataclass
class Person:
    """One lead as a person."""

    number: int
    country: Country
    city: str
    timezone: str
    first_name: str
    last_name: str
    email: str
    mobile: str
    asked_at: datetime

    @property
    def lms_lead_id(self) -> str:
        return f"NC-{self.number:05d}"


def make_people(rng: Random, count: int, now: datetime) -> list[Person]:
    """Return `count` people, the one who asked first in front.

    The first one asked exactly `HISTORY` before `now`, so that the moment that a
    history was made for can be read back from it.
    """
    days = sorted(_days_of_asking(rng, count - 1, now))
    taken: set[str] = set()
    people: list[Person] = []
    for number in range(1, count + 1):
        person = _make_person(rng, number, taken)
        person.asked_at = (
            now - HISTORY
            if number == 1
            else _moment_of(rng, days[number - 2], person.timezone, now)
        )
        people.append(person)
    _share_addresses(rng, people)
    return people


def _days_of_asking(rng: Random, count: int, now: datetime) -> list[int]:
    weights = []
    for day in range(HISTORY.days):
        date = now - timedelta(days=HISTORY.days - day)
        season = _MONTHS[date.month - 1] * _WEEKDAYS[date.weekday()]
        weights.append(season * _GROWTH_PER_DAY**day)
    return rng.choices(range(1, HISTORY.days + 1), weights, k=count)


def _moment_of(rng: Random, day: int, timezone: str, now: datetime) -> datetime:
    date = (now - HISTORY + timedelta(days=day)).date()
    hour = rng.choices(range(24), _HOURS)[0]
    clock = time(hour, rng.randrange(60), rng.randrange(60), tzinfo=ZoneInfo(timezone))
    moment = datetime.combine(date, clock).astimezone(UTC)
    while moment >= now:
        moment -= timedelta(hours=rng.randint(3, 20))
    return moment


def _make_person(rng: Random, number: int, taken: set[str]) -> Person:
    country = rng.choices(COUNTRIES, [each.weight for each in COUNTRIES])[0]
    city = rng.choice(list(country.cities))
    first_name = rng.choice(country.given.split())
    last_name = rng.choice(country.family.split())
    has_email = rng.random() >= 0.06
    has_mobile = bool(country.mobiles) and rng.random() < 0.8
    return Person(
        number=number,
        country=country,
        city=city,
        timezone=country.cities[city],
        first_name=first_name,
        last_name=last_name,
        email=_address(first_name, last_name, taken) if has_email else "",
        mobile=_mobile(rng, country) if has_mobile else "",
        asked_at=datetime.min.replace(tzinfo=UTC),
    )


def _address(first_name: str, last_name: str, taken: set[str]) -> str:
    local = f"{_plain(first_name)}.{_plain(last_name)}"
    candidate, suffix = local, 1
    while candidate in taken:
        suffix += 1
        candidate = f"{local}{suffix}"
    taken.add(candidate)
    return f"{candidate}@{DOMAIN}"


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return "".join(char for char in letters if char.isascii())


def _mobile(rng: Random, country: Country) -> str:
    pattern = rng.choice(country.mobiles)
    return "".join(str(rng.randrange(10)) if char == "#" else char for char in pattern)


def _share_addresses(rng: Random, people: list[Person]) -> None:
    """Let a few ask twice, and a few use the address of a relative."""
    with_address = [person for person in people if person.email]
    for _ in range(len(people) // 70):
        earlier, later = sorted(
            rng.sample(with_address, 2), key=lambda person: person.number
        )
        if later.number == 1 or earlier.email == later.email:
            continue
        later.email, later.last_name = earlier.email, earlier.last_name
        later.country, later.city = earlier.country, earlier.city
        later.timezone, later.mobile = earlier.timezone, earlier.mobile
        if rng.random() < 0.6:
            later.first_name = earlier.first_name
