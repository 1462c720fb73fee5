"""Which segments tell about a customer, and forget them when they are erased."""

from typing import Any

from marketing_os.lib.personal_data import Person, described
from marketing_os.lib.registry import registry
from segments.models import SegmentMember, SegmentSnapshotMember
from segments.services.members import forget_customer


def describe_person(person: Person) -> dict[str, Any]:
    """List the segments that a customer is, or was found, in."""
    mine = {"customer_id": person.pk}
    return {
        "segment_lists": described(SegmentMember.objects.filter(**mine)),
        "segment_snapshots": described(SegmentSnapshotMember.objects.filter(**mine)),
    }


def forget_person(person: Person) -> None:
    """Take a customer out of every list and every look-up."""
    forget_customer(person.customer)


registry.exporters["segments"] = describe_person
registry.erasers["segments"] = forget_person
