"""The list of a manual segment."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from customers.models import Customer
from segments.errors import SegmentError
from segments.models import Segment, SegmentMember, SegmentSnapshotMember

_LONGEST = 320


@transaction.atomic
def add_members(segment: Segment, customers: Iterable[Customer]) -> int:
    """Put customers on the list; return how many were not on it yet."""
    insist_on_list(segment)
    before = segment.memberships.count()
    SegmentMember.objects.bulk_create(
        [SegmentMember(segment=segment, customer=customer) for customer in customers],
        ignore_conflicts=True,
        batch_size=5_000,
    )
    return segment.memberships.count() - before


@transaction.atomic
def remove_members(segment: Segment, customers: Iterable[Customer]) -> int:
    """Take customers off the list; return how many were on it."""
    insist_on_list(segment)
    removed, _kinds = segment.memberships.filter(customer__in=list(customers)).delete()
    return removed


@transaction.atomic
def forget_customer(customer: Customer) -> None:
    """Take a customer out of every list and every look-up, for good."""
    SegmentMember.objects.filter(customer=customer).delete()
    SegmentSnapshotMember.objects.filter(customer=customer).delete()


def find_customer(text: str) -> Customer:
    """Return the one customer that is meant by a lead ID, ID, e-mail or name."""
    wanted = text.replace("\0", "").strip()[:_LONGEST]
    if not wanted:
        raise SegmentError(_("Enter a name, e-mail, lead ID or customer ID."))
    active = Customer.objects.active()
    exact = active.filter(lms_lead_id=wanted).first()
    if exact is None and _is_id(wanted):
        exact = active.filter(pk=int(wanted)).first()
    if exact is not None:
        return exact
    found = list(
        active.annotate(address=Lower("email")).filter(address=wanted.lower())[:2]
    )
    found = found or list(active.search(wanted)[:2])  # type: ignore[attr-defined]
    if not found:
        raise SegmentError(_("No customer is found by “%s”.") % wanted)
    if len(found) > 1:
        raise SegmentError(
            _("Several customers are found by “%s”. Enter the lead ID or customer ID.")
            % wanted
        )
    return found[0]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def insist_on_list(segment: Segment) -> None:
    """Raise SegmentError unless the segment is a list that people keep."""
    if segment.type != Segment.Type.MANUAL:
        raise SegmentError(
            _("“%(segment)s” finds its customers by itself; it has no list to change.")
            % {"segment": segment}
        )
