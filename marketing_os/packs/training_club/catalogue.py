"""What the club offers: memberships, classes, trainers, and what is sold at the bar."""

from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import User

from marketing_os.packs.places import COUNTRIES, Country

CLUB = "Training Club"
TIMEZONE = "America/New_York"
DOMAIN = "club.example.org"


def _names(which: str) -> str:
    return " ".join(getattr(country, which) for country in COUNTRIES)


# A club of one town: names from everywhere, numbers of its own area codes.
TOWN = Country(
    name="United States",
    weight=1,
    budget=0,
    cities={"Boston": TIMEZONE},
    given=_names("given"),
    family=_names("family"),
    mobiles=tuple(
        f"+1{area}55501##" for area in (617, 857, 781, 339, 508, 774, 978, 351)
    ),
)


@dataclass(frozen=True)
class Level:
    """A membership level: dollars a month, its share, and how keen its members are."""

    name: str
    price: int
    weight: int
    keenness: float
    hours: tuple[int, ...]


LEVELS = (
    Level("Off-peak", 32, 24, 0.85, (9, 10, 11, 12, 13, 14)),
    Level("Standard", 54, 51, 1.0, (6, 7, 9, 12, 17, 18, 18, 19)),
    Level("Premium", 89, 25, 1.4, (6, 7, 8, 12, 17, 18, 19, 20)),
)


@dataclass(frozen=True)
class Term:
    """For how many months a membership is bought at once, and its share."""

    name: str
    months: int
    weight: int


TERMS = (Term("monthly", 1, 56), Term("half-year", 6, 14), Term("yearly", 12, 30))


@dataclass(frozen=True)
class Lesson:
    """A kind of class: its length in minutes and how popular it is."""

    name: str
    minutes: int
    weight: int


LESSONS = (
    Lesson("Yoga flow", 60, 19),
    Lesson("Indoor cycling", 45, 18),
    Lesson("Strength basics", 50, 16),
    Lesson("HIIT", 30, 15),
    Lesson("Pilates", 55, 12),
    Lesson("Boxing", 60, 8),
    Lesson("Mobility", 40, 7),
    Lesson("Swim technique", 45, 5),
)


@dataclass(frozen=True)
class Trainer:
    """A member of staff whom members are given to, and the classes that they give."""

    first_name: str
    last_name: str
    lessons: tuple[str, ...]
    weight: int

    @property
    def username(self) -> str:
        return f"trainer-{self.first_name.lower()}"

    def as_user(self) -> User:
        return User(
            username=self.username,
            first_name=self.first_name,
            last_name=self.last_name,
            email=f"{self.first_name.lower()}@{DOMAIN}",
        )


TRAINERS = (
    Trainer("Imogen", "Ward", ("Yoga flow", "Pilates"), 24),
    Trainer("Marcus", "Hall", ("Strength basics", "HIIT"), 22),
    Trainer("Priya", "Menon", ("Yoga flow", "Mobility"), 18),
    Trainer("Diego", "Serrano", ("Indoor cycling", "HIIT"), 16),
    Trainer("Astrid", "Holm", ("Swim technique", "Pilates"), 11),
    Trainer("Kunle", "Bello", ("Boxing", "Strength basics"), 9),
)


@dataclass(frozen=True)
class Ware:
    """Something sold beside the membership, its price in dollars and its share."""

    name: str
    price: Decimal
    weight: int


WARES = (
    Ware("smoothie", Decimal("6.50"), 46),
    Ware("protein bar", Decimal("3.20"), 24),
    Ware("towel hire", Decimal("2.00"), 16),
    Ware("personal training", Decimal("68.00"), 9),
    Ware("club shirt", Decimal("29.00"), 5),
)
