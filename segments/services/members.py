"""The list of a manual segment."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from segments.errors import SegmentError
from segments.models import Segment, SegmentMember


@transaction.atomic
def add_members(segment: Segment, customers: Iterable[Customer]) -> int:
    """Put customers on the list; return how many were not on it yet."""
    _insist_on_list(segment)
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
    _insist_on_list(segment)
    removed, _kinds = segment.memberships.filter(customer__in=list(customers)).delete()
    return removed


def _insist_on_list(segment: Segment) -> None:
    if segment.type != Segment.Type.MANUAL:
        raise SegmentError(
            _("“%(segment)s” finds its customers by itself; it has no list to change.")
            % {"segment": segment}
        )
