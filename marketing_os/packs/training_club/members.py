"""Made-up members whose parts fit together; the same seed, the same members."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from marketing_os.packs.lives import Life, Move, past
from marketing_os.packs.people import HISTORY, Person, Registry, Season, drawn
from marketing_os.packs.training_club.catalogue import (
    DOMAIN,
    LEVELS,
    TERMS,
    TIMEZONE,
    TOWN,
    Level,
    Term,
)
from marketing_os.packs.training_club.lives import Habit, doings_of, draw_habit

SEED = 4_711
COUNT = 2_500
_OLD_SHARE = 0.42
_ZONE = ZoneInfo(TIMEZONE)
_JOINING = Season(
    months=(1.9, 1.2, 1.0, 0.95, 0.9, 0.75, 0.6, 0.7, 1.45, 1.1, 0.8, 0.5),
    weekdays=(1.3, 1.2, 1.1, 1.0, 0.9, 1.0, 0.7),
    hours=(0, 0, 0, 0, 0, 0, 2, 4, 4, 5, 6, 6, 7, 5, 4, 4, 6, 9, 10, 8, 5, 2, 0, 0),
    growth=1.0005,
)


def make_members(now: datetime, count: int = COUNT) -> Iterator[Life]:
    """Yield members whose histories span 18 months and end at `now`.

    A third of them joined before. The first one came exactly `HISTORY` before `now`,
    so that the moment that a history was made for can be read back from it.
    """
    rng, registry = Random(SEED), Registry("TC", DOMAIN)
    days = _JOINING.days(rng, count, now)
    for number in range(1, count + 1):
        person = registry.draw(rng, number, (TOWN,), mailable=0.97)
        came = _JOINING.moment(rng, days[number - 1], person.timezone, now)
        if rng.random() < _OLD_SHARE:
            came -= HISTORY + timedelta(days=round(rng.expovariate(1 / 300)))
        person.came_at = now - HISTORY if number == 1 else came
        # A source of its own, so that a change to one leaves the others alone.
        yield _make_member(Random(f"{SEED}:{number}"), person, now)


def _make_member(rng: Random, person: Person, now: datetime) -> Life:
    level = drawn(rng, LEVELS)
    term = drawn(rng, TERMS)
    joins = rng.random() < 0.86
    joined_at = person.came_at + timedelta(days=rng.uniform(0, 9))
    about = {
        settings.BIRTH_DATE_ATTRIBUTE: _birth_date(rng, person),
        "training_goal": rng.choice(
            ("get stronger", "move more", "run a race", "find balance", "meet people")
        ),
        "uses_app": rng.random() < 0.71,
    }
    moves = [Move("sales", "", "trial", person.came_at)]
    has_unsubscribed = bool(person.email) and rng.random() < 0.05
    if not joins or joined_at > now:
        about[settings.MEMBERSHIP_STATUS_ATTRIBUTE] = "trial"
        moves += _lost(rng, person.came_at)
        return Life(
            person=person,
            attributes=about,
            moves=_named(moves, now),
            has_unsubscribed=has_unsubscribed,
        )
    habit = draw_habit(rng, level, joined_at.date())
    doings = doings_of(rng, habit, joined_at, now - HISTORY)
    ends_on = _end(rng, habit, term, joined_at.date())
    today = now.astimezone(_ZONE).date()
    status = _status(habit, ends_on, today)
    moves += _membership_moves(joined_at, ends_on)
    about |= _membership(level, term, habit, joined_at.date(), min(ends_on, today))
    about[settings.MEMBERSHIP_STATUS_ATTRIBUTE] = status
    if status in ("cancelled", "expired"):
        about[settings.MEMBERSHIP_EXPIRY_ATTRIBUTE] = ends_on
    return Life(
        person=person,
        attributes=about,
        moves=_named(moves, now),
        doings=past("a", doings, now),
        tags=_tags(rng, status),
        credits=_credits(rng, status),
        has_unsubscribed=has_unsubscribed,
    )


def _named(moves: list[Move], now: datetime) -> list[tuple[str, Move]]:
    return [
        (f"{move.funnel_type}-{move.to_stage}", move)
        for move in moves
        if move.at <= now
    ]


def _birth_date(rng: Random, person: Person) -> date:
    age = timedelta(days=365.25 * rng.triangular(17, 74, 33))
    return (person.came_at - age).date()


def _lost(rng: Random, came_at: datetime) -> list[Move]:
    if rng.random() > 0.7:
        return []
    return [
        Move("sales", "trial", "lost", came_at + timedelta(days=rng.uniform(5, 30)))
    ]


def _end(rng: Random, habit: Habit, term: Term, joined_on: date) -> date:
    """Return when the membership ends: with a term, some time after the last visit."""
    notice = timedelta(days=rng.choices((10, 40, 75, 130), (25, 35, 25, 15))[0])
    return _term_end(joined_on, term, habit.last_on + notice)


def _term_end(joined_on: date, term: Term, on: date) -> date:
    """Return the last day of the term in which a day lies."""
    months = (on.year - joined_on.year) * 12 + on.month - joined_on.month
    terms = max(0, months // term.months - 1)
    while (end := _months_after(joined_on, (terms + 1) * term.months)) <= on:
        terms += 1
    return end


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))


def _status(habit: Habit, ends_on: date, today: date) -> str:
    if ends_on <= today:
        return "cancelled" if ends_on.day % 3 else "expired"
    # Half of those who take a break tell the club.
    told = habit.pause is not None and habit.pause[0].day % 2 == 0
    return "frozen" if told and habit.is_paused(today) else "active"


def _membership(
    level: Level, term: Term, habit: Habit, joined_on: date, on: date
) -> dict[str, Any]:
    return {
        settings.MEMBERSHIP_LEVEL_ATTRIBUTE: level.name,
        settings.JOIN_DATE_ATTRIBUTE: joined_on,
        settings.MEMBERSHIP_EXPIRY_ATTRIBUTE: _term_end(joined_on, term, on),
        settings.PRIMARY_TRAINER_ATTRIBUTE: habit.trainer.username,
        "trainer_name": habit.trainer.first_name,
        "membership_term": term.name,
        "monthly_price": level.price,
        "favourite_class": habit.favourite.name,
    }


def _membership_moves(joined_at: datetime, ends_on: date) -> list[Move]:
    ended_at = datetime.combine(ends_on, joined_at.timetz())
    return [
        Move("sales", "trial", "joined", joined_at),
        Move("service-delivery", "", "member", joined_at),
        Move("service-delivery", "member", "left", ended_at),
    ]


def _tags(rng: Random, status: str) -> list[str]:
    tags = {
        "brought a friend": rng.random() < 0.07,
        "company rate": rng.random() < 0.09,
        "asked to be called": status == "active" and rng.random() < 0.02,
    }
    return [tag for tag, holds in tags.items() if holds]


def _credits(rng: Random, status: str) -> list[tuple[int, str]]:
    if status == "active" and rng.random() < 0.12:
        return [(rng.choice((5, 10, 10, 20)), "A class was cancelled")]
    return []
