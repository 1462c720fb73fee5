"""How a made-up member lives with the club: comes, pauses, buys, and goes one day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import exp
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings

from marketing_os.packs.lives import Doing, poisson
from marketing_os.packs.people import drawn
from marketing_os.packs.training_club.catalogue import (
    LESSONS,
    TIMEZONE,
    TRAINERS,
    WARES,
    Lesson,
    Level,
    Trainer,
)

# How full the club is per month: good resolutions in January, holidays in summer.
_MONTHS = (1.3, 1.15, 1.05, 1.0, 1.0, 0.85, 0.7, 0.72, 1.1, 1.1, 1.0, 0.75)
_WEEKDAYS = (20, 19, 18, 17, 11, 9, 6)
# What irregular members change between: they stay away for weeks, and come back.
_MOODS = (0, 0, 0.15, 0.3, 1.0, 1.6)
_ZONE = ZoneInfo(TIMEZONE)


@dataclass(frozen=True)
class Habit:
    """How often somebody comes a week, to what, and the day after which no more."""

    per_week: float
    level: Level
    favourite: Lesson
    trainer: Trainer
    last_on: date
    pause: tuple[date, date] | None
    is_irregular: bool

    def is_paused(self, day: date) -> bool:
        return self.pause is not None and self.pause[0] <= day < self.pause[1]

    def rate(self, day: date, weeks_in: int) -> float:
        """Return how many classes are to be expected in the week that begins."""
        if self.is_paused(day):
            return 0
        # New members come eagerly, and those who stop come less before they do.
        start = 1 + 0.5 * exp(-weeks_in / 5)
        weeks_left = (self.last_on - day).days / 7
        end = min(1.0, 0.35 + weeks_left / 8)
        return self.per_week * start * end * _MONTHS[day.month - 1]


def draw_habit(rng: Random, level: Level, joined_on: date) -> Habit:
    """Draw how somebody who joined will come, and until when."""
    trainer = drawn(rng, TRAINERS)
    lessons = [each for each in LESSONS if each.name in trainer.lessons]
    if rng.random() < 0.3:
        lessons = list(LESSONS)
    favourite = drawn(rng, lessons)
    # One in four gives up within weeks; the others stay for three years in the mean.
    stay = rng.uniform(2, 14) if rng.random() < 0.24 else rng.expovariate(1 / 140) + 8
    pause = None
    if rng.random() < 0.45:
        begin = joined_on + timedelta(weeks=rng.uniform(6, 110))
        pause = (begin, begin + timedelta(weeks=rng.triangular(3, 26, 5)))
    return Habit(
        per_week=min(5.5, 1.05 * level.keenness * rng.lognormvariate(0, 0.55)),
        level=level,
        favourite=favourite,
        trainer=trainer,
        last_on=joined_on + timedelta(weeks=stay),
        pause=pause,
        is_irregular=rng.random() < 0.5,
    )


def doings_of(
    rng: Random, habit: Habit, joined_at: datetime, begin: datetime
) -> list[Doing]:
    """Return all that a member does from `begin` on, in the order of time.

    It goes on into the future, so that the caller can cut it off anywhere.
    """
    week = max(joined_at, begin).astimezone(_ZONE).date()
    doings = [] if joined_at < begin else [_joining(habit, joined_at)]
    mood = 1.0
    while week < habit.last_on and week < begin.date() + timedelta(weeks=82):
        weeks_in = (week - joined_at.date()).days // 7
        if habit.is_irregular and rng.random() < 0.17:
            mood = rng.choice(_MOODS)
        for _ in range(poisson(rng, mood * habit.rate(week, weeks_in))):
            doings += _visit(rng, habit, week)
        week += timedelta(days=7)
    doings = [doing for doing in doings if doing.at >= joined_at]
    return sorted(doings, key=lambda doing: doing.at)


def _joining(habit: Habit, joined_at: datetime) -> Doing:
    properties: dict[str, str | int | bool] = {"level": habit.level.name}
    return Doing("membership bought", joined_at, properties=properties)


def _visit(rng: Random, habit: Habit, week: date) -> list[Doing]:
    """Return a class, the booking in the app before it, and what is bought after."""
    day = week + timedelta(days=rng.choices(range(7), _WEEKDAYS)[0])
    clock = time(rng.choice(habit.level.hours), rng.choice((0, 0, 15, 30)))
    at = datetime.combine(day, clock, tzinfo=_ZONE).astimezone(UTC)
    lesson = habit.favourite
    if rng.random() < 0.42:
        lesson = drawn(rng, LESSONS)
    properties: dict[str, str | int | bool] = {
        "class": lesson.name,
        "minutes": lesson.minutes,
    }
    doings = [Doing(settings.CLASS_ATTENDED_ACTIVITY, at, properties=properties)]
    if rng.random() < 0.45:
        before = timedelta(hours=rng.uniform(1, 40))
        doings.append(Doing("login", (at - before).replace(microsecond=0)))
    if rng.random() < 0.11:
        ware = drawn(rng, WARES)
        after = at + timedelta(minutes=lesson.minutes + rng.randrange(3, 25))
        bought: dict[str, str | int | bool] = {"item": ware.name}
        doings.append(Doing("purchase", after, ware.price, bought))
    return doings
