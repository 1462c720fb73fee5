"""What the funnel tells about a customer, and forgets when they are erased."""

from typing import Any

from django.db import connection, transaction

from funnel.models import Activity, AttendanceMark, Booking, FunnelEvent, RandomUUID
from marketing_os.lib.personal_data import Person, described
from marketing_os.lib.registry import registry


def describe_person(person: Person) -> dict[str, Any]:
    """List a customer's moves, what they did and what they booked."""
    mine = {"customer_id": person.pk}
    return {
        "funnel_events": described(
            FunnelEvent.objects.filter(**mine), leave_out=["identity"]
        ),
        "activities": described(
            Activity.objects.filter(**mine), leave_out=["identity"]
        ),
        "bookings": described(Booking.objects.filter(**mine)),
        "attendance_marks": described(
            AttendanceMark.objects.filter(booking__customer_id=person.pk),
            leave_out=["by_id"],
        ),
    }


@transaction.atomic
def forget_person(person: Person) -> None:
    """Keep what figures count (stages, names, amounts, times, places), and nothing else.

    A move is removed through the database's door and written anew, as nobody may
    change it.
    """
    moves = list(FunnelEvent.objects.filter(customer_id=person.pk).order_by("id"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT remove_funnel_events(%s, 'erasure of the customer', '')",
            [[move.pk for move in moves]],
        )
    FunnelEvent.objects.bulk_create(
        FunnelEvent(
            customer_id=person.pk,
            funnel_type=move.funnel_type,
            from_stage=move.from_stage,
            to_stage=move.to_stage,
            created_date=move.created_date,
        )
        for move in moves
    )
    Activity.objects.filter(customer_id=person.pk).update(
        properties={}, external_id="", identity=RandomUUID()
    )


registry.exporters["funnel"] = describe_person
registry.erasers["funnel"] = forget_person
