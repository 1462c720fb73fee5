"""A circle that meets every week: who booked, who came, who became a member."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from funnel.models import Booking, ConversionName
from funnel.services import mark_attendance, record_conversion
from tests import make

_WAY = ("signup", "attend_first_session", "upgrade", "attend_first_paid_session")


def meet():
    """Let the circle meet four times; return the address of each page about it."""
    people = list(Customer.objects.active().order_by("pk")[:40])
    now = timezone.now()
    for number, person in enumerate(people):
        for step, name in enumerate(_WAY[: 1 + number % 5]):
            at = now - timedelta(days=90 - number - 7 * step)
            record_conversion(person, name, source="demo", at=at)
    ConversionName.objects.create(
        name="bring_a_friend", description="Came with somebody new.", place=50
    )
    group = make.group(name="Calm minds", description="Breathing, every Tuesday.")
    for week in range(-1, 4):
        session = make.session(
            group=group,
            starts_at=now - timedelta(weeks=week, hours=3),
            name="Breathing" if week else "",
            is_paid=week > 1,
            minutes=60,
        )
        booked = [make.booking(one, session=session) for one in people[week + 1 :: 4]]
        if week >= 0:
            mark_attendance([one.pk for one in booked[::2]], True, source="demo")
    booking = Booking.objects.attended().latest("pk")
    return {
        "funnel report": f"{reverse('admin:funnel_report')}?by=month",
        "session group": group.get_absolute_url(),
        "session": booking.session.get_absolute_url(),
        "booking": booking.get_absolute_url(),
    }
