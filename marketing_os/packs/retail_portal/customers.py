"""Made-up customers of the shop; the same seed, the same customers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from customers.models import Device
from customers.services.devices import WORDS
from marketing_os.packs.lives import Doing, Life, Move, past, poisson
from marketing_os.packs.people import Person, Registry, Season, drawn
from marketing_os.packs.places import COUNTRIES
from marketing_os.packs.retail_portal.catalogue import (
    BOTH,
    DOMAIN,
    HABITS,
    IN_SHOP,
    ONLINE,
    QUESTIONS,
    RANGES,
    Habit,
    Range,
)
from marketing_os.packs.visits import Visit, Written, visits_at

SEED = 7_310
COUNT = 1_800
FUNNEL = "sales"
_WEEKS = 82
_COMING = Season(
    months=(0.8, 0.75, 0.9, 1.05, 1.05, 0.9, 0.8, 0.8, 0.95, 1.1, 1.6, 1.9),
    weekdays=(0.9, 0.85, 0.9, 1.0, 1.15, 1.4, 1.1),
    hours=(1, 0, 0, 0, 0, 0, 1, 3, 5, 7, 8, 8, 8, 7, 7, 7, 7, 8, 9, 10, 11, 10, 6, 3),
    growth=1.0006,
)


_SHOP_HOURS = (*(0,) * 10, 4, 6, 8, 7, 7, 8, 9, 9, 5, *(0,) * 5)


@dataclass(kw_only=True)
class Customer(Life):
    """One customer, with the visits to the public page and what was written there."""

    visits: list[Visit] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)


@dataclass(frozen=True)
class Taste:
    """How one person buys: by which habit, where, and mostly of which range."""

    habit: Habit
    place: str
    favourite: Range


def make_customers(now: datetime, count: int = COUNT) -> Iterator[Customer]:
    """Yield customers whose histories span 18 months and end at `now`."""
    rng, registry = Random(SEED), Registry("RP", DOMAIN)
    days = _COMING.days(rng, count - 1, now)
    people = registry.come(rng, _COMING, days, COUNTRIES, mailable=0.91, now=now)
    for number, person in enumerate(people, 1):
        # A source of its own, so that a change to one leaves the others alone.
        yield _make_customer(Random(f"{SEED}:{number}"), person, now)


def make_strangers(now: datetime, count: int = 11) -> Iterator[Written]:
    """Yield what was written by people who are no customers."""
    rng, registry = Random(-SEED), Registry("RP-0", f"mail.{DOMAIN}")
    for number in range(count):
        person = registry.draw(rng, number, COUNTRIES, mailable=1)
        at = now - timedelta(days=rng.uniform(1, 170))
        yield _written(rng, person, at.replace(microsecond=0))


def _make_customer(rng: Random, person: Person, now: datetime) -> Customer:
    place = rng.choices((ONLINE, IN_SHOP, BOTH), (52, 20, 28))[0]
    taste = Taste(drawn(rng, HABITS), place, drawn(rng, RANGES))
    bought = sorted(_purchases(rng, person, taste), key=lambda doing: doing.at)
    asked = _questions(rng, person)
    doings = [*bought, *_returns(rng, bought), *map(_as_doing, asked)]
    doings.sort(key=lambda doing: doing.at)
    done = past("a", doings, now)
    visits = [one for one in _visits(rng, person, taste, bought) if one.at <= now]
    has_card = place != ONLINE and rng.random() < 0.7
    spent = sum((one.amount or Decimal() for one in bought if one.at <= now), Decimal())
    return Customer(
        person=person,
        attributes=_attributes(person, taste, visits, has_card),
        moves=past("m", _moves(person, bought), now),
        doings=done,
        tags=["gift buyer"] if taste.habit.is_seasonal else [],
        credits=[(int(spent / 10), "Points of the card")]
        if has_card and spent >= 10
        else [],
        has_unsubscribed=bool(person.email) and rng.random() < 0.05,
        visits=visits,
        written=[one for one in asked if one.at <= now],
    )


def _purchases(rng: Random, person: Person, taste: Taste) -> Iterator[Doing]:
    """Draw purchases for as long as the habit lasts, on into the future."""
    habit = taste.habit
    weeks = rng.expovariate(1 / habit.weeks) if habit.weeks else 0
    if habit.name != HABITS[0].name and not habit.is_seasonal:
        yield _purchase(rng, taste, person.came_at + _first_hours(rng))
    for week in range(1, _WEEKS):
        if week > weeks:
            return
        begin = person.came_at + timedelta(weeks=week)
        # Presents are bought from the middle of November on.
        if habit.is_seasonal and not (begin.month == 12 or _is_late_november(begin)):
            continue
        rate = habit.per_week * taste.favourite.months[begin.month - 1]
        for _ in range(poisson(rng, rate)):
            day = begin.date() + timedelta(days=rng.randrange(7))
            yield _purchase(rng, taste, _clock(rng, taste, day, person.timezone))


def _first_hours(rng: Random) -> timedelta:
    return timedelta(minutes=round(2 + rng.expovariate(1 / 900)))


def _clock(rng: Random, taste: Taste, day: date, timezone: str) -> datetime:
    """Draw when somebody buys on a day: in the shop it is open, online it always is."""
    hours = _SHOP_HOURS if taste.place == IN_SHOP else _COMING.hours
    at = time(rng.choices(range(24), hours)[0], rng.randrange(60), rng.randrange(60))
    return datetime.combine(day, at, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def _is_late_november(at: datetime) -> bool:
    return at.month == 11 and at.day > 14


def _purchase(rng: Random, taste: Taste, at: datetime) -> Doing:
    wanted = taste.favourite if rng.random() < 0.7 else drawn(rng, RANGES)
    items = [drawn(rng, wanted.wares) for _ in range(1 + poisson(rng, 0.8))]
    place = rng.choice((ONLINE, IN_SHOP)) if taste.place == BOTH else taste.place
    properties: dict[str, str | int | bool] = {
        "range": wanted.name,
        "item": items[0].name,
        "items": len(items),
        "where": place,
    }
    amount = sum((item.price for item in items), Decimal())
    return Doing("purchase", at, amount, properties)


def _returns(rng: Random, bought: list[Doing]) -> Iterator[Doing]:
    for purchase in bought:
        if rng.random() < 0.05:
            after = timedelta(days=rng.randint(3, 20), minutes=rng.randrange(600))
            told = {name: purchase.properties[name] for name in ("range", "item")}
            yield Doing("return", purchase.at + after, properties=told)


def _moves(person: Person, bought: list[Doing]) -> Iterator[Move]:
    yield Move(FUNNEL, "", "registered", person.came_at)
    stages = ("registered", "first order", "came again")
    for number, purchase in enumerate(bought[:2]):
        yield Move(FUNNEL, stages[number], stages[number + 1], purchase.at)


def _visits(
    rng: Random, person: Person, taste: Taste, bought: list[Doing]
) -> list[Visit]:
    """Draw visits of those who sign in and let their device be noted, in order."""
    if not person.email or taste.place == IN_SHOP or rng.random() > 0.62:
        return []
    orders = [one.at for one in bought if one.properties["where"] == ONLINE]
    looks = [person.came_at + timedelta(days=rng.uniform(0, 45))]
    looks += [at - timedelta(days=rng.uniform(0, 9)) for at in orders]
    moments = [at for at in (*orders, *looks) if at > person.came_at]
    return visits_at(rng, person.key, moments)


def _questions(rng: Random, person: Person) -> list[Written]:
    if not person.email or rng.random() > 0.04:
        return []
    at = person.came_at + timedelta(days=rng.uniform(1, 200))
    return [_written(rng, person, at.replace(microsecond=0), is_customer=True)]


def _written(
    rng: Random, person: Person, at: datetime, *, is_customer: bool = False
) -> Written:
    return Written(
        at=at,
        name=f"{person.first_name} {person.last_name}",
        email=person.email,
        text=rng.choice(QUESTIONS),
        key=person.key if is_customer else "",
        is_signed=is_customer and rng.random() < 0.4,
    )


def _as_doing(written: Written) -> Doing:
    told: dict[str, str | int | bool] = {
        "message": written.text,
        "is_signed": written.is_signed,
    }
    return Doing("message", written.at, properties=told)


def _attributes(
    person: Person, taste: Taste, visits: list[Visit], has_card: bool
) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "shops_at": taste.place,
        "favourite_range": taste.favourite.name,
        "customer_card": has_card,
        "country": person.country.name,
        "city": person.city,
    }
    if visits and settings.DEVICE_ATTRIBUTE:
        newest = Device.Type(visits[-1].gadget.model.type)
        attributes[settings.DEVICE_ATTRIBUTE] = WORDS[newest]
    return attributes
