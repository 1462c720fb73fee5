"""Who made-up people are, and when they came: names, addresses, places, seasons."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from marketing_os.packs.places import Country

DOMAIN = "example.org"
HISTORY = timedelta(days=548)

_LETTERS = str.maketrans({"ł": "l", "ß": "ss", "ø": "o", "'": "", " ": ""})


class Weighted(Protocol):
    """What is drawn as often as its weight says, relative to the others."""

    @property
    def weight(self) -> int: ...


Drawn = TypeVar("Drawn", bound=Weighted)


def drawn(rng: Random, things: Sequence[Drawn]) -> Drawn:
    """Draw one of the things by their weights."""
    return rng.choices(things, [each.weight for each in things])[0]


@dataclass
class Person:
    """One customer as a person; `key` is the ID that the company's system gave."""

    key: str
    country: Country
    city: str
    timezone: str
    first_name: str
    last_name: str
    email: str
    mobile: str
    came_at: datetime = field(init=False)


@dataclass(frozen=True)
class Season:
    """How many come when, relative to one another, and the growth per day."""

    months: tuple[float, ...]
    weekdays: tuple[float, ...]
    hours: tuple[int, ...]
    growth: float

    def days(self, rng: Random, count: int, now: datetime) -> list[int]:
        """Draw on which days of the history, from 1, so many come; in order."""
        weights = []
        for day in range(HISTORY.days):
            date = now - timedelta(days=HISTORY.days - day)
            season = self.months[date.month - 1] * self.weekdays[date.weekday()]
            weights.append(season * self.growth**day)
        return sorted(rng.choices(range(1, HISTORY.days + 1), weights, k=count))

    def moment(self, rng: Random, day: int, timezone: str, now: datetime) -> datetime:
        """Draw the time of a day of the history, before `now`, by a zone's clock."""
        date = (now - HISTORY + timedelta(days=day)).date()
        hour, zone = rng.choices(range(24), self.hours)[0], ZoneInfo(timezone)
        clock = time(hour, rng.randrange(60), rng.randrange(60), tzinfo=zone)
        moment = datetime.combine(date, clock).astimezone(UTC)
        while moment >= now:
            moment -= timedelta(hours=rng.randint(3, 20))
        return moment


class Registry:
    """Gives people their keys and addresses, no address twice."""

    def __init__(self, prefix: str, domain: str) -> None:
        self._prefix, self._domain = prefix, domain
        self._taken: set[str] = set()

    def draw(
        self, rng: Random, number: int, countries: Sequence[Country], *, mailable: float
    ) -> Person:
        """Make a person from one of these countries; a share of them has an e-mail."""
        country = drawn(rng, countries)
        city = rng.choice(list(country.cities))
        first_name = rng.choice(country.given.split())
        last_name = rng.choice(country.family.split())
        has_email = rng.random() >= 1 - mailable
        has_mobile = bool(country.mobiles) and rng.random() < 0.8
        return Person(
            key=f"{self._prefix}-{number:05d}",
            country=country,
            city=city,
            timezone=country.cities[city],
            first_name=first_name,
            last_name=last_name,
            email=self._address(first_name, last_name) if has_email else "",
            mobile=_mobile(rng, country) if has_mobile else "",
        )

    def come(
        self,
        rng: Random,
        season: Season,
        days: Sequence[int],
        countries: Sequence[Country],
        *,
        mailable: float,
        now: datetime,
    ) -> Iterator[Person]:
        """Yield a first person, and then one for each of the days of the history.

        The first came exactly `HISTORY` before `now`, so that the moment that a history
        was made for can be read back from it.
        """
        for number in range(1, len(days) + 2):
            person = self.draw(rng, number, countries, mailable=mailable)
            person.came_at = (
                now - HISTORY
                if number == 1
                else season.moment(rng, days[number - 2], person.timezone, now)
            )
            yield person

    def _address(self, first_name: str, last_name: str) -> str:
        local = f"{_plain(first_name)}.{_plain(last_name)}"
        candidate, suffix = local, 1
        while candidate in self._taken:
            suffix += 1
            candidate = f"{local}{suffix}"
        self._taken.add(candidate)
        return f"{candidate}@{self._domain}"


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return "".join(char for char in letters if char.isascii())


def _mobile(rng: Random, country: Country) -> str:
    pattern = rng.choice(country.mobiles)
    return "".join(str(rng.randrange(10)) if char == "#" else char for char in pattern)
