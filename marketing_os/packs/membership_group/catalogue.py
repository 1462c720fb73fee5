"""What the group offers: circles that meet every week, and whom they are for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

DOMAIN = "circle.example.org"
MONTHLY_PRICE = 24


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
    (1, 3, 5),
    17,
    is_paid=False,
)
CIRCLES = (
    Circle(
        "worry-1",
        "Circle: worry, evenings",
        "When thoughts go round at night.",
        (0,),
        18,
        "anxiety",
    ),
    Circle(
        "worry-2",
        "Circle: worry, mornings",
        "When thoughts go round at night; with a coffee.",
        (2,),
        8,
        "anxiety",
    ),
    Circle("low", "Circle: grey days", "When nothing is fun.", (1,), 19, "low mood"),
    Circle(
        "burn",
        "Circle: too much",
        "Work, family, and nothing left.",
        (3,),
        19,
        "burnout",
    ),
    Circle("grief", "Circle: missing somebody", "After a loss.", (2,), 18, "grief"),
    Circle(
        "sleep", "Circle: short nights", "When sleep stays away.", (6,), 17, "insomnia"
    ),
    Circle(
        "lonely",
        "Circle: new in town",
        "Getting to know people.",
        (4,),
        18,
        "loneliness",
    ),
    Circle(
        "women",
        "Circle: among women (W)",
        "Any topic.",
        (5,),
        10,
        for_gender="female",
    ),
    Circle("men", "Circle: among men (M)", "Any topic.", (6,), 10, for_gender="male"),
    Circle("open", "Circle: open talk", "Any topic, for everybody.", (4,), 11),
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
    """Return the circles that fit somebody."""
    return [
        circle
        for circle in CIRCLES
        if circle.challenge in ("", challenge) and circle.for_gender in ("", gender)
    ]
