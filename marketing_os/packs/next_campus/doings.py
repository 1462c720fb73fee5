"""What a made-up lead does: visits, forms, webinars, payments, classes."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from marketing_os.packs.lives import Doing, Move
from marketing_os.packs.next_campus.catalogue import WEBINARS, Course

_PAGES = ("/", "/fees", "/campus", "/scholarships", "/student-life", "/apply")
_INSTALMENTS = 4


def doings_of(
    rng: Random, moves: list[Move], course: Course, readiness: float
) -> list[Doing]:
    """Return all that one lead does, in the order of time."""
    reached = {move.to_stage: move.at for move in moves}
    asked_at = moves[0].at
    doings = [Doing("form submitted", asked_at, properties={"form": "enquiry"})]
    doings += _visits(rng, asked_at, course, readiness)
    doings += _signs_of_interest(rng, asked_at, course, readiness)
    doings += _admission(reached)
    doings += _tuition(reached, course)
    doings += _classes(rng, reached)
    doings = [replace(doing, at=doing.at.replace(microsecond=0)) for doing in doings]
    return sorted(doings, key=lambda doing: doing.at)


def _visits(
    rng: Random, asked_at: datetime, course: Course, readiness: float
) -> list[Doing]:
    count = min(9, 1 + int(rng.expovariate(1 / (1.6 * readiness))))
    pages = [course.page, *(rng.choice((course.page, *_PAGES)) for _ in range(count))]
    visits = [
        Doing(
            "page visit",
            asked_at - timedelta(seconds=rng.randint(40, 900)),
            properties={"path": pages[0], "seconds": rng.randint(15, 420)},
        )
    ]
    for page in pages[1:]:
        at = asked_at + timedelta(days=rng.expovariate(1 / 12), hours=rng.random() * 4)
        properties: dict[str, str | int | bool] = {
            "path": page,
            "seconds": rng.randint(8, 420),
        }
        visits.append(Doing("page visit", at, properties=properties))
    return visits


def _signs_of_interest(
    rng: Random, asked_at: datetime, course: Course, readiness: float
) -> list[Doing]:
    doings = []
    if rng.random() < 0.34 * readiness:
        at = asked_at + timedelta(hours=rng.expovariate(1 / 30))
        properties: dict[str, str | int | bool] = {"course": course.name}
        doings.append(Doing("brochure downloaded", at, properties=properties))
    if rng.random() < 0.19 * readiness:
        at = asked_at + timedelta(days=rng.uniform(1, 30))
        at = at.replace(hour=17, minute=0, second=0)
        properties = {"webinar": rng.choice(WEBINARS), "minutes": rng.randint(9, 55)}
        doings.append(Doing("webinar attended", at, properties=properties))
    if rng.random() < 0.09 * readiness:
        at = asked_at + timedelta(days=rng.uniform(4, 50))
        at += timedelta(days=(5 - at.weekday()) % 7)
        at = at.replace(hour=10, minute=rng.randrange(60))
        doings.append(Doing("open day visited", at))
    return doings


def _admission(reached: dict[str, datetime]) -> list[Doing]:
    doings = []
    if "application" in reached:
        at = reached["application"]
        doings.append(
            Doing("form submitted", at, properties={"form": "application"}),
        )
        fee = {"for": "application fee"}
        doings.append(
            Doing("payment", at + timedelta(minutes=6), Decimal("60.00"), {**fee})
        )
    if "enrolled" in reached:
        at = reached["enrolled"] - timedelta(hours=3)
        doings.append(Doing("payment", at, Decimal("500.00"), {"for": "deposit"}))
    return doings


def _tuition(reached: dict[str, datetime], course: Course) -> list[Doing]:
    if "attending" not in reached:
        return []
    share = (Decimal(course.price - 500) / _INSTALMENTS).quantize(Decimal("0.01"))
    gap = timedelta(weeks=course.weeks / _INSTALMENTS)
    leaves_at = reached.get("withdrawn")
    dues = (reached["attending"] + gap * number for number in range(_INSTALMENTS))
    return [
        Doing("payment", at, share, {"for": "tuition", "instalment": number})
        for number, at in enumerate(dues, 1)
        if leaves_at is None or at < leaves_at
    ]


def _classes(rng: Random, reached: dict[str, datetime]) -> list[Doing]:
    if "attending" not in reached:
        return []
    start = reached["attending"] + timedelta(hours=1)
    end = reached.get("graduated") or reached["withdrawn"]
    diligence = rng.betavariate(7, 2)
    weeks = (start + timedelta(weeks=week) for week in range((end - start).days // 7))
    return [Doing("class attended", at) for at in weeks if rng.random() < diligence]
