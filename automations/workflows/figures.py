"""How many members entered each of some workflows, and how they fared."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from automations.models import AutomationLog, Enrolment, Workflow


@dataclass
class Figures:
    """The people of a workflow over all its versions; `failures` counts steps."""

    entered: int = 0
    active: int = 0
    paused: int = 0
    completed: int = 0
    converted: int = 0
    exited: int = 0
    failures: int = 0


def figures_of(workflows: Sequence[Workflow]) -> dict[int, Figures]:
    """Count for all of some workflows at once, by their IDs."""
    found: dict[int, Figures] = defaultdict(Figures)
    states = (
        Enrolment.objects.filter(version__workflow__in=workflows)
        .exclude(state=Enrolment.State.LEFT_OUT)
        .order_by()
        .values_list("version__workflow", "state")
        .annotate(count=Count("*"))
    )
    for pk, state, count in states:
        one = found[pk]
        one.entered += count
        setattr(one, state, getattr(one, state) + count)
    failed = (
        AutomationLog.objects.filter(
            workflow__in=workflows, success=False, will_retry=False
        )
        .order_by()
        .values_list("workflow")
        .annotate(count=Count("*"))
    )
    for pk, count in failed:
        found[pk].failures = count
    return found
