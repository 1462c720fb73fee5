"""What went wrong lately, by kind."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Model
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
    """A kind of failure: rows of a model with a `value` in a `field`, dated by another.

    The list of the model has a filter of that name.
    """

    title: Any
    hint: Any
    model: type[Model]
    field: str
    value: str
    dated_by: str = "created_at"

    @property
    def permission(self) -> str:
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"

    def count(self, since: datetime) -> int:
        """Count those since then, up to a bound."""
        values = {self.field: self.value, f"{self.dated_by}__gte": since}
        rows = self.model._default_manager.filter(**values).order_by()
        return rows[:_MOST_COUNTED].count()

    def url(self, first_day: date) -> str:
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}"
        filters = {self.field: self.value, "from_day": first_day.isoformat()}
        return list_url(name, **filters)


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
        AutomationRun,
        "state",
        AutomationRun.State.FAILED,
        dated_by="scheduled_for",
    ),
    Kind(
        _("Rejected mails"),
        _("The mail server refused them; each says what it answered."),
        Delivery,
        "state",
        Delivery.State.REJECTED,
    ),
    Kind(
        _("Mails of unknown fate"),
        _("The answer was lost. They are not sent again unless you decide so."),
        Delivery,
        "state",
        Delivery.State.UNKNOWN,
    ),
    Kind(
        _("Failed imports"),
        _("What was imported before the failure stays; the import says why."),
        ImportJob,
        "status",
        ImportJob.Status.FAILED,
    ),
)


def failures(request: HttpRequest) -> list[Failure]:
    """Return the kinds of failures of the last days that the person may look at."""
    first_day = timezone.localdate() - timedelta(days=DAYS - 1)
    counts = kept("dashboard.failures", lambda: _count(first_day))
    found = zip(KINDS, counts or (), strict=False)
    return [
        Failure(kind, count, kind.url(first_day))
        for kind, count in found
        if count and may(request, kind.permission)
    ]


def _count(first_day: date) -> list[int]:
    since = timezone.make_aware(datetime.combine(first_day, time.min))
    return [kind.count(since) for kind in KINDS]
