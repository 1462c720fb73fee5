"""What the group offers: circles that meet every week, and whom they are for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

DOMAIN = "circle.example.org"
MONTHLY_PRICE = Decimal(24)


@dataclass(frozen=True)
class Circle:
    """A group that meets on some weekdays (0 is Monday) at an hour, in UTC.

    `challenge` is what its members have in common, "" for any.
    """

    key: str
    name: str
    description: str
    weekdays: tuple[int, ...]
    hour: int
    challenge: str = ""
    is_paid: bool = True
    for_gender: str = ""

    def meetings(self, begin: date, end: date) -> list[datetime]:
        """List when it meets from one day to the one before another."""
        days = (begin + timedelta(days=n) for n in range((end - begin).days))
        return [
            datetime.combine(day, time(self.hour), tzinfo=UTC)
            for day in days
            if day.weekday() in self.weekdays
        ]

    def session_key(self, at: datetime) -> str:
        return f"MG-{self.key}-{at:%Y%m%d}"


FIRST_STEPS = Circle(
    "first",
    "Circle: first steps",
    "Free, for everybody who is new: how a circle works, and an hour of talk.",
    (0, 1, 2, 3, 4, 5),
    17,
    is_paid=False,
)


def _circles(
    key: str,
    title: str,
    description: str,
    meetings: str,
    *,
    challenge: str = "",
    for_gender: str = "",
) -> list[Circle]:
    """Make a circle for each of the meetings, such as “Mon 18”."""
    made = []
    for number, meeting in enumerate(meetings.split(", "), 1):
        weekday, hour = meeting.split()
        name = f"Circle: {title}, {meeting}h"
        days = (_WEEKDAYS.index(weekday),)
        circle = Circle(
            f"{key}{number}",
            name,
            description,
            days,
            int(hour),
            challenge,
            for_gender=for_gender,
        )
        made.append(circle)
    return made


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CIRCLES = (
    *_circles(
        "worry",
        "worry",
        "When thoughts go round at night.",
        "Mon 18, Tue 8, Wed 19, Thu 12, Sat 9, Sun 17",
        challenge="anxiety",
    ),
    *_circles(
        "grey",
        "grey days",
        "When nothing is fun.",
        "Mon 8, Tue 19, Wed 12, Fri 18, Sun 10",
        challenge="low mood",
    ),
    *_circles(
        "much",
        "too much",
        "Work, family, and nothing left.",
        "Mon 20, Tue 12, Thu 19, Fri 7, Sun 18",
        challenge="burnout",
    ),
    *_circles(
        "town",
        "new in town",
        "Getting to know people.",
        "Tue 18, Thu 18, Sat 16",
        challenge="loneliness",
    ),
    *_circles(
        "night",
        "short nights",
        "When sleep stays away.",
        "Mon 21, Wed 21, Sun 20",
        challenge="insomnia",
    ),
    *_circles(
        "miss",
        "missing somebody",
        "After a loss.",
        "Wed 18, Sat 11",
        challenge="grief",
    ),
    *_circles(
        "w", "among women (W)", "Any topic.", "Tue 20, Sat 10", for_gender="female"
    ),
    *_circles("m", "among men (M)", "Any topic.", "Thu 20, Sun 11", for_gender="male"),
    *_circles("open", "open talk", "Any topic, for everybody.", "Fri 11, Sat 18"),
)
CHALLENGES = {
    "anxiety": 27,
    "low mood": 22,
    "burnout": 19,
    "loneliness": 12,
    "insomnia": 11,
    "grief": 9,
}
DEVICES = {"Mobile": 58, "Desktop": 31, "Tablet": 11}


def circles_for(challenge: str, gender: str) -> list[Circle]:
    """Return the circles that fit somebody, those of their challenge four times."""
    fitting = [
        circle
        for circle in CIRCLES
        if circle.challenge in ("", challenge) and circle.for_gender in ("", gender)
    ]
    own = [circle for circle in fitting if circle.challenge]
    return [*fitting, *own, *own, *own]
