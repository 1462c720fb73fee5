"""How a made-up lead moves through the funnel, and how long each move takes."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

from marketing_os.packs.lives import Move
from marketing_os.packs.next_campus.catalogue import Course, next_intake

SALES = "sales"
SERVICE = "service-delivery"


@dataclass(frozen=True)
class Step:
    """A stage, the share that gets there, and the median days that it takes."""

    stage: str
    share: float
    days: float


STEPS = (
    Step("contacted", 0.81, 0.9),
    Step("application", 0.34, 8.0),
    Step("offer", 0.66, 12.0),
    Step("enrolled", 0.54, 9.0),
)
ENQUIRY = "enquiry"
LOST = "lost"


def sales_journey(rng: Random, asked_at: datetime, readiness: float) -> list[Move]:
    """Return all moves of one lead through sales, also those still to come."""
    moves = [Move(SALES, "", ENQUIRY, asked_at)]
    _climb(rng, moves, STEPS, readiness)
    if moves[-1].to_stage == LOST and rng.random() < 0.06:
        back_at = _office_time(rng, moves[-1].at + _days(rng, 75))
        moves.append(Move(SALES, LOST, "contacted", back_at))
        _climb(rng, moves, STEPS[1:], readiness * 0.8)
    return moves


def _climb(
    rng: Random, moves: list[Move], steps: tuple[Step, ...], readiness: float
) -> None:
    for step in steps:
        here = moves[-1]
        if rng.random() < min(0.97, step.share * readiness**0.55):
            at = _office_time(rng, here.at + _days(rng, step.days))
            moves.append(Move(SALES, here.to_stage, step.stage, at))
            continue
        if rng.random() < 0.78:
            at = _office_time(rng, here.at + _days(rng, 24))
            moves.append(Move(SALES, here.to_stage, LOST, at))
        return


def service_journey(rng: Random, enrolled_at: datetime, course: Course) -> list[Move]:
    """Return the moves of somebody who enrolled, to the end of the course."""
    start_on = next_intake(enrolled_at.date(), weeks_of_notice=2)
    start_at = datetime.combine(start_on, time(9), tzinfo=UTC)
    onboarded_at = _office_time(rng, enrolled_at + _days(rng, 5))
    onboarded_at = min(onboarded_at, start_at - timedelta(days=2))
    moves = [
        Move(SERVICE, "", "onboarded", onboarded_at),
        Move(SERVICE, "onboarded", "attending", start_at),
    ]
    length = timedelta(weeks=course.weeks)
    if rng.random() < 0.11:
        leaves_at = start_at + length * rng.uniform(0.1, 0.7)
        moves.append(
            Move(SERVICE, "attending", "withdrawn", _office_time(rng, leaves_at))
        )
    else:
        ends_at = start_at + length + timedelta(days=4, hours=5)
        moves.append(Move(SERVICE, "attending", "graduated", ends_at))
    return moves


def _days(rng: Random, median: float) -> timedelta:
    # Waiting times have a long tail: a lognormal around their median.
    return timedelta(days=median * rng.lognormvariate(0, 0.75))


def _office_time(rng: Random, moment: datetime) -> datetime:
    """Return the next moment when somebody is in the office."""
    while moment.weekday() > 4 or not 8 <= moment.hour < 18:
        moment += timedelta(hours=1)
    return moment.replace(
        minute=rng.randrange(60), second=rng.randrange(60), microsecond=0
    )
