"""What Next Campus offers, and how leads come to hear of it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Course:
    """A course: its level, its length, its price, and who is drawn to it."""

    name: str
    level: str
    weeks: int
    price: int
    weight: int
    interests: tuple[str, ...]
    page: str


COURSES = (
    Course(
        "Data Analytics",
        "certificate",
        16,
        4200,
        20,
        ("data", "technology", "business"),
        "/courses/data-analytics",
    ),
    Course(
        "Digital Marketing",
        "certificate",
        14,
        3600,
        17,
        ("marketing", "design", "business"),
        "/courses/digital-marketing",
    ),
    Course(
        "UX Design",
        "certificate",
        18,
        4600,
        13,
        ("design", "technology", "psychology"),
        "/courses/ux-design",
    ),
    Course(
        "Software Engineering",
        "diploma",
        32,
        9800,
        16,
        ("technology", "data", "robotics"),
        "/courses/software-engineering",
    ),
    Course(
        "Hospitality Management",
        "diploma",
        30,
        8900,
        11,
        ("travel", "business", "languages"),
        "/courses/hospitality-management",
    ),
    Course(
        "Nursing Foundation",
        "diploma",
        36,
        10400,
        10,
        ("health", "psychology", "languages"),
        "/courses/nursing-foundation",
    ),
    Course(
        "International Business",
        "master",
        44,
        15800,
        13,
        ("business", "languages", "travel"),
        "/courses/international-business",
    ),
)


@dataclass(frozen=True)
class Source:
    """A way by which leads come, its share, and how ready they then are."""

    name: str
    weight: int
    readiness: float
    fair: bool = False


SOURCES = (
    Source("organic search", 27, 1.05),
    Source("paid search", 22, 0.95),
    Source("social media", 19, 0.70),
    Source("partner school", 11, 1.30),
    Source("referral", 10, 1.45),
    Source("education fair", 7, 1.10, fair=True),
    Source("webinar", 4, 1.20),
)

INTAKE_MONTHS = (2, 5, 9)
WEBINARS = (
    "How to choose a course",
    "Paying for your studies",
    "A day on campus",
    "Careers after graduation",
)
LOST_REASONS = ("price", "no answer", "chose another school", "timing", "visa")


def next_intake(after: date, *, weeks_of_notice: int = 5) -> date:
    """Return the first day of the first intake that still leaves time to prepare."""
    year, notice = after.year, weeks_of_notice * 7
    while True:
        for month in INTAKE_MONTHS:
            # Terms begin on the first Monday of the month.
            first = date(year, month, 1)
            start = date(year, month, 1 + (7 - first.weekday()) % 7)
            if (start - after).days >= notice:
                return start
        year += 1
