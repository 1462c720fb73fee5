"""How regularly a customer comes to sessions."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, DateField, Max, Q, QuerySet
from django.db.models.functions import Trunc
from django.utils import timezone

from funnel.models import Booking

_WEEK = datetime.timedelta(days=7)
_MOST_WEEKS = 520


@dataclass(frozen=True)
class Attendance:
    """What a customer booked and came to; `streak` counts weeks in a row."""

    booked: int
    attended: int
    last: datetime.datetime | None
    streak: int


def attendance_of(customer: Any) -> Attendance:
    """Count a customer's bookings and visits."""
    bookings: QuerySet[Any] = Booking.objects.filter(customer=customer).order_by()
    came = Q(attended=True)
    figures = bookings.aggregate(
        booked=Count("pk"),
        last=Max("session__starts_at", filter=came),
        # Last, for its name hides the column's from what follows.
        attended=Count("pk", filter=came),
    )
    return Attendance(**figures, streak=_streak(bookings.filter(came)))


def _streak(bookings: QuerySet[Any]) -> int:
    """Count the weeks in a row with a visit, up to this week or the one before."""
    weeks = (
        bookings.annotate(
            week=Trunc("session__starts_at", "week", output_field=DateField())
        )
        .values_list("week", flat=True)
        .distinct()
        .order_by("-week")[:_MOST_WEEKS]
    )
    today = timezone.localdate()
    this_week = today - datetime.timedelta(days=today.weekday())
    # Until Sunday the week before still goes on.
    expected = None
    streak = 0
    for week in weeks:
        if expected is None:
            expected = week if week >= this_week - _WEEK else None
        if week != expected:
            break
        streak, expected = streak + 1, week - _WEEK
    return streak
