"""What will run next, and what went wrong lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.models import Automation, AutomationRun
from automations.services import next_run_at
from imports.models import ImportJob
from marketing_os.dashboard.kept import kept
from marketing_os.dashboard.links import list_url, may, page_url
from marketing_os.lib.errors import DomainError
from messaging.models import Delivery

MOST_RUNS = 6
_MOST_AUTOMATIONS = 500
_MOST_COUNTED = 1000
DAYS = 7


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


@dataclass(frozen=True)
class Failure:
    """One kind of failure: how many there were, and where they are listed."""

    title: str
    hint: str
    count: int
    url: str

    @property
    def is_many(self) -> bool:
        return self.count >= _MOST_COUNTED


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


def failures(request: HttpRequest) -> list[Failure]:
    """Return the kinds of failures of the last days that the person may look at."""
    since = timezone.now() - timedelta(days=DAYS)
    found = [
        Failure(title, hint, _counted(name, rows), list_url(model, **filters))
        for permission, name, title, hint, rows, model, filters in _kinds(since)
        if may(request, permission)
    ]
    return [failure for failure in found if failure.count]


def _kinds(
    since: datetime,
) -> list[tuple[str, str, str, str, QuerySet[Any], str, dict[str, Any]]]:
    mails = Delivery.objects.filter(created_at__gte=since)
    return [
        (
            "automations.view_automationrun",
            "runs",
            _("Failed runs"),
            _("A run that fails sends nothing; its page says why."),
            AutomationRun.objects.filter(state="failed", created_at__gte=since),
            "automations_automationrun",
            {"state": "failed"},
        ),
        (
            "messaging.view_delivery",
            "rejected",
            _("Rejected mails"),
            _("The mail server refused them; each says what it answered."),
            mails.filter(state=Delivery.State.REJECTED),
            "messaging_delivery",
            {"state": "rejected"},
        ),
        (
            "messaging.view_delivery",
            "unknown",
            _("Mails of unknown fate"),
            _("The answer was lost. They are not sent again unless you decide so."),
            mails.filter(state=Delivery.State.UNKNOWN),
            "messaging_delivery",
            {"state": "unknown"},
        ),
        (
            "imports.view_importjob",
            "imports",
            _("Failed imports"),
            _("Nothing of the unfinished part was kept; the import says why."),
            ImportJob.objects.filter(status="failed", created_at__gte=since),
            "imports_importjob",
            {"status": "failed"},
        ),
    ]


def _counted(name: str, rows: QuerySet[Any]) -> int:
    figure = kept(
        f"dashboard.failures.{name}",
        lambda: rows.order_by()[:_MOST_COUNTED].count(),
    )
    return figure or 0
