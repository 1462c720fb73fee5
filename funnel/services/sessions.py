"""Groups, sessions and bookings, one at a time; many come through the import engine."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from funnel.models import Booking, Session
from imports.services import ingest_rows
from marketing_os.lib.errors import DomainError

# What the activities of those who came say of a session.
TOLD = ("group", "starts_at", "is_paid")


@transaction.atomic
def save_session(session: Session) -> Session:
    """Save a session; what those who came were told to have attended stays.

    Raises DomainError when its group, time or price would change after that.
    """
    known = Session.objects.select_for_update().filter(pk=session.pk).first()
    if known is not None:
        changed = [n for n in TOLD if getattr(known, n) != getattr(session, n)]
        insist_may_change(known, changed)
    session.save()
    return session


def insist_may_change(session: Session, names: Collection[str]) -> None:
    """Raise DomainError if a field among `names` can no longer change."""
    if not session.pk or not set(names) & set(TOLD):
        return
    if session.bookings.attended().exists():
        raise DomainError(
            _(
                "Customers attended this session: its group, its time and whether it"
                " is paid can no longer change. Take the attendance back first."
            )
        )


def book(customer: Customer, session: Session, *, source: str) -> Booking:
    """Give a customer a place in a session; the same booking twice is one.

    Raises DomainError with the reason when it is refused.
    """
    row: dict[str, Any] = {"customer_id": customer.pk, "session_id": session.pk}
    [result] = ingest_rows("bookings", [row], source=source)
    if result.id is None:
        raise DomainError(" ".join(reason for _field, reason in result.errors))
    return Booking.objects.get(pk=result.id)


@transaction.atomic
def cancel_booking(booking: Booking) -> None:
    """Delete a booking that nobody came to; raises DomainError if somebody did."""
    found = Booking.objects.select_for_update().filter(pk=booking.pk).first()
    if found is None:
        return
    if found.attended:
        raise DomainError(
            _("The customer came to this session. Take the attendance back first.")
        )
    found.marks.all().delete()
    found.delete()
