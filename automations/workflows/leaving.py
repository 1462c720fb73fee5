"""Who leaves a workflow before its end: by its goal, its exits, or because they went."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from automations.models import WorkflowVersion
from automations.workflows.batch import Member
from automations.workflows.journal import Journal
from automations.workflows.matching import matching
from customers.models import Customer


def leave_early(
    version: WorkflowVersion,
    members: Sequence[Member],
    now: datetime,
    journal: Journal,
) -> list[Member]:
    """Note who leaves now; return those who stay."""
    ids = sorted({one.customer_id for one in members})
    there = set(
        Customer.objects.active().filter(pk__in=ids).values_list("pk", flat=True)
    )
    reached = matching(version.goal, ids, now)
    left = matching(version.exit_conditions, ids, now)
    staying = []
    for one in members:
        if one.customer_id not in there:
            journal.exit(one, _("The customer was erased or archived."))
        elif one.customer_id in reached:
            journal.convert(one, _("Reached the goal."))
        elif one.customer_id in left:
            journal.exit(one, _("The conditions for leaving came true."))
        else:
            staying.append(one)
    return staying
