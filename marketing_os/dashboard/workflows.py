"""How many workflows run, and how many wait for somebody to enable them."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest

from automations.models import Workflow
from marketing_os.dashboard.links import list_url, may


@dataclass(frozen=True)
class Workflows:
    enabled: int
    waiting: int
    url: str


def workflows(request: HttpRequest) -> Workflows | None:
    """Count the workflows; None for whoever may not see them, and where none is."""
    if not may(request, "automations.view_workflow"):
        return None
    counts = Workflow.objects.filter(archived_at=None).aggregate(
        enabled=Count("pk", filter=Q(is_enabled=True)),
        waiting=Count("pk", filter=Q(is_enabled=False)),
    )
    if not any(counts.values()):
        return None
    return Workflows(**counts, url=list_url("automations_workflow"))
