"""Made-up education leads whose parts fit together; the same seed, the same leads."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from math import exp
from random import Random
from typing import Any

from marketing_os.packs.lives import Doing, Life, Move, past
from marketing_os.packs.next_campus.catalogue import (
    COURSES,
    LOST_REASONS,
    SOURCES,
    Course,
    Source,
    next_intake,
)
from marketing_os.packs.next_campus.doings import doings_of
from marketing_os.packs.next_campus.journeys import (
    LOST,
    sales_journey,
    service_journey,
)
from marketing_os.packs.next_campus.people import make_people
from marketing_os.packs.people import Person, drawn

SEED = 20_260
COUNT = 2_000
_STAGE_POINTS = {
    "enquiry": 0,
    "contacted": 8,
    "application": 26,
    "offer": 38,
    "enrolled": 45,
    LOST: -18,
}
_AGES = {"certificate": (18, 47, 26), "diploma": (17, 34, 20), "master": (21, 41, 25)}


def make_leads(now: datetime, count: int = COUNT) -> Iterator[Life]:
    """Yield leads whose histories span 18 months and end at `now`."""
    people = make_people(Random(SEED), count, now)
    for number, person in enumerate(people, 1):
        # A source of its own, so that a change to one lead leaves the others alone.
        yield _make_lead(Random(f"{SEED}:{number}"), person, now)


def _make_lead(rng: Random, person: Person, now: datetime) -> Life:
    course, source = drawn(rng, COURSES), drawn(rng, SOURCES)
    budget = _budget(rng, person, course)
    affordable = min(1.35, max(0.55, budget / course.price))
    readiness = source.readiness * affordable * rng.lognormvariate(0, 0.3)
    moves = sales_journey(rng, person.came_at, readiness)
    if moves[-1].to_stage == "enrolled":
        moves += service_journey(rng, moves[-1].at, course)
    doings = doings_of(rng, moves, course, readiness)
    past_moves, past_doings = past("m", moves, now), past("a", doings, now)
    attributes = _attributes(rng, person, course, source)
    attributes |= _what_is_known(rng, past_moves, past_doings, readiness, budget)
    has_unsubscribed = _has_unsubscribed(rng, person, now)
    attributes["newsletter"] = not has_unsubscribed and rng.random() < 0.64
    return Life(
        person=person,
        attributes={
            name: value for name, value in attributes.items() if value is not None
        },
        moves=past_moves,
        doings=past_doings,
        tags=_tags(rng, past_moves, past_doings, source),
        has_unsubscribed=has_unsubscribed,
    )


def _budget(rng: Random, person: Person, course: Course) -> int:
    amount = (person.country.budget + course.price) / 2 * rng.lognormvariate(0, 0.32)
    return max(1500, round(amount / 100) * 100)


def _attributes(
    rng: Random, person: Person, course: Course, source: Source
) -> dict[str, Any]:
    youngest, oldest, usual = _AGES[course.level]
    age = timedelta(days=365.25 * rng.triangular(youngest, oldest, usual))
    interests = [name for name in course.interests if rng.random() < 0.72]
    if rng.random() < 0.35:
        interests.append(rng.choice(("sports", "music", "volunteering", "travel")))
    return {
        "course": course.name,
        "study_level": course.level,
        "study_mode": rng.choices(("on campus", "online", "evening"), (55, 32, 13))[0],
        "country": person.country.name,
        "city": person.city,
        "lead_source": source.name,
        "birth_date": (person.came_at - age).date(),
        "interests": list(dict.fromkeys(interests)) or None,
    }


def _what_is_known(
    rng: Random,
    moves: list[tuple[str, Move]],
    doings: list[tuple[str, Doing]],
    readiness: float,
    budget: int,
) -> dict[str, Any]:
    sales = [move for _, move in moves if move.funnel_type == "sales"]
    stages = {move.to_stage: move.at for _, move in moves}
    points = 22 * readiness + _STAGE_POINTS[sales[-1].to_stage] + 2.2 * len(doings)
    talks = [move.at for move in sales if move.to_stage != "enquiry"]
    asks_for_scholarship = rng.random() < (0.42 if budget < 7000 else 0.18)
    lost = sales[-1].to_stage == LOST
    return {
        "budget": budget,
        "lead_score": _score(points + rng.gauss(0, 5)),
        "intake_date": _intake(stages),
        "last_contacted": talks[-1] if talks else None,
        "scholarship": asks_for_scholarship,
        "lost_reason": rng.choice(LOST_REASONS) if lost else None,
    }


def _score(points: float) -> float:
    # However much somebody does, the score stays below 100.
    return round(100 * (1 - exp(-max(points, 1.5) / 46)), 1)


def _intake(stages: dict[str, datetime]) -> date:
    if "attending" in stages:
        return stages["attending"].date()
    if "enrolled" in stages:
        return next_intake(stages["enrolled"].date(), weeks_of_notice=2)
    return next_intake(stages["enquiry"].date())


def _has_unsubscribed(rng: Random, person: Person, now: datetime) -> bool:
    if not person.email or rng.random() >= 0.055:
        return False
    return person.came_at + timedelta(days=rng.uniform(2, 160)) < now


def _tags(
    rng: Random,
    moves: list[tuple[str, Move]],
    doings: list[tuple[str, Doing]],
    source: Source,
) -> list[str]:
    stages = {move.to_stage for _, move in moves}
    names = {doing.name for _, doing in doings}
    tags = {
        "alumni": "graduated" in stages,
        "education fair": source.fair,
        "met in person": "open day visited" in names,
        "call back": stages <= {"enquiry", "contacted"} and rng.random() < 0.08,
        "parent contact": rng.random() < 0.04,
    }
    return [tag for tag, holds in tags.items() if holds]
