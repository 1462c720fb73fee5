"""What segments and scores tell about a customer, and that they are forgotten."""

from typing import Any

from marketing_os.lib.personal_data import Person, described
from marketing_os.lib.registry import registry
from segments.models import CustomerScore, SegmentMember, SegmentSnapshotMember
from segments.services.members import forget_customer
from segments.services.scores import forget_scores


def describe_person(person: Person) -> dict[str, Any]:
    """List the segments that a customer is, or was found, in, and the scores."""
    mine = {"customer_id": person.pk}
    return {
        "segment_lists": described(SegmentMember.objects.filter(**mine)),
        "segment_snapshots": described(SegmentSnapshotMember.objects.filter(**mine)),
        "scores": described(CustomerScore.objects.filter(**mine)),
    }


def forget_person(person: Person) -> None:
    """Take a customer out of every list and every look-up, and drop their scores."""
    forget_customer(person.customer)
    forget_scores(person.customer)


registry.exporters["segments"] = describe_person
registry.erasers["segments"] = forget_person
