"""What went wrong lately, by kind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from automations.models import AutomationRun
from imports.models import ImportJob
from marketing_os.dashboard.links import list_url, may
from marketing_os.lib.kept import kept
from messaging.models import Delivery

DAYS = 7
_MOST_COUNTED = 1000


@dataclass(frozen=True)
class Kind:
    """A kind of failure: whose list shows it, under which value of which search."""

    title: Any
    hint: Any
    model: str
    permission: str
    filters: tuple[str, str]
    rows: Callable[[datetime], QuerySet[Any]]


@dataclass(frozen=True)
class Failure:
    """How many failures of a kind there were, and where they are listed."""

    kind: Kind
    count: int
    url: str

    @property
    def is_many(self) -> bool:
        return self.count >= _MOST_COUNTED


KINDS = (
    Kind(
        _("Failed runs"),
        _("A run that fails sends nothing; its page says why."),
        "automations_automationrun",
        "automations.view_automationrun",
        ("state", AutomationRun.State.FAILED),
        lambda since: AutomationRun.objects.filter(
            state=AutomationRun.State.FAILED, scheduled_for__gte=since
        ),
    ),
    Kind(
        _("Rejected mails"),
        _("The mail server refused them; each says what it answered."),
        "messaging_delivery",
        "messaging.view_delivery",
        ("state", Delivery.State.REJECTED),
        lambda since: Delivery.objects.filter(
            state=Delivery.State.REJECTED, created_at__gte=since
        ),
    ),
    Kind(
        _("Mails of unknown fate"),
        _("The answer was lost. They are not sent again unless you decide so."),
        "messaging_delivery",
        "messaging.view_delivery",
        ("state", Delivery.State.UNKNOWN),
        lambda since: Delivery.objects.filter(
            state=Delivery.State.UNKNOWN, created_at__gte=since
        ),
    ),
    Kind(
        _("Failed imports"),
        _("What was imported before the failure stays; the import says why."),
        "imports_importjob",
        "imports.view_importjob",
        ("status", ImportJob.Status.FAILED),
        lambda since: ImportJob.objects.filter(
            status=ImportJob.Status.FAILED, created_at__gte=since
        ),
    ),
)


def failures(request: HttpRequest) -> list[Failure]:
    """Return the kinds of failures of the last days that the person may look at."""
    first_day = timezone.localdate() - timedelta(days=DAYS - 1)
    counts = kept("dashboard.failures", lambda: _count(first_day))
    found = zip(KINDS, counts or (), strict=False)
    return [
        Failure(kind, count, _url(kind, first_day))
        for kind, count in found
        if count and may(request, kind.permission)
    ]


def _count(first_day: date) -> list[int]:
    since = timezone.make_aware(datetime.combine(first_day, time.min))
    return [kind.rows(since).order_by()[:_MOST_COUNTED].count() for kind in KINDS]


def _url(kind: Kind, first_day: date) -> str:
    filters = {kind.filters[0]: kind.filters[1], "from_day": first_day.isoformat()}
    return list_url(kind.model, **filters)
