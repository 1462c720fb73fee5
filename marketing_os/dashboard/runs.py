"""What will run next."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from automations.models import Automation
from automations.services import next_run_at
from marketing_os.dashboard.links import may, page_url
from marketing_os.lib.errors import DomainError

MOST_RUNS = 6
_MOST_AUTOMATIONS = 500


@dataclass(frozen=True)
class NextRun:
    """When an automation comes next, in its own time zone."""

    automation: Automation
    at: datetime

    @property
    def local(self) -> datetime:
        """The time on clocks there; without a zone, so that no filter moves it."""
        return self.at.replace(tzinfo=None)

    @property
    def url(self) -> str:
        return page_url("automations_automation_change", self.automation.pk)


def next_runs(request: HttpRequest) -> list[NextRun] | None:
    """Return what runs next, the soonest first; None for whoever may not see it."""
    if not may(request, "automations.view_automation"):
        return None
    automations = Automation.objects.filter(is_active=True).select_related(
        "segment", "template"
    )
    found = [
        NextRun(automation, at.astimezone(ZoneInfo(automation.timezone)))
        for automation in automations[:_MOST_AUTOMATIONS]
        if (at := _next(automation))
    ]
    return sorted(found, key=lambda run: run.at)[:MOST_RUNS]


def _next(automation: Automation) -> datetime | None:
    try:
        return next_run_at(automation)
    except DomainError:
        return None
