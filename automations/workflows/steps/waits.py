"""Waiting: for a time, until a weekday or a date, or until something happens."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.db.models.fields.json import KeyTextTransform
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.clock import local_date
from automations.workflows.batch import Batch, Member
from automations.workflows.fields import Field, Kind, one_of, shown_for
from automations.workflows.steps.base import Step
from automations.workflows.zones import zones_of
from customers.models import AttributeDefinition, Customer
from funnel.models import Activity
from funnel.selectors import activity_names
from marketing_os.lib.zones import place
from segments.conditions import Catalogue
from segments.conditions.entry import Entry, checked_whole

UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
UNTIL = {
    "duration": gettext_lazy("For a time"),
    "weekday": gettext_lazy("Until a weekday and hour"),
    "date": gettext_lazy("Until a date of the member"),
    "activity": gettext_lazy("Until the member does something"),
}
MOST_DAYS = 3 * 366
MOST_MINUTES = MOST_DAYS * 24 * 60
_LAST_YEAR = 8_800  # one with a leap day
_KEYS = {
    "duration": ("amount", "unit"),
    "weekday": ("weekdays", "at"),
    "date": ("attribute", "offset_days", "at"),
    "activity": ("name", "timeout_days", "on_timeout"),
}
_DATES = ("date", "timestamp")
_UNIT_WORDS = {
    "minutes": gettext_lazy("minutes"),
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
}
_ON_TIMEOUT = {
    "go_on": gettext_lazy("Go on with the next step"),
    "exit": gettext_lazy("Leave the workflow"),
}


def _date_attributes() -> list[tuple[str, str]]:
    found = AttributeDefinition.objects.filter(field_type__in=_DATES).order_by("name")
    return [(one.name, str(one)) for one in found]


_FIELDS = (
    one_of("until", gettext_lazy("How long"), UNTIL),
    Field(
        "amount",
        gettext_lazy("Number"),
        Kind.WHOLE,
        default=1,
        shown_for=shown_for("until", "duration"),
    ),
    one_of(
        "unit",
        gettext_lazy("Unit"),
        _UNIT_WORDS,
        default="days",
        shown_for=shown_for("until", "duration"),
    ),
    Field(
        "weekdays",
        gettext_lazy("Weekdays"),
        Kind.CHOICES,
        choices=WEEKDAYS.items,
        shown_for=shown_for("until", "weekday"),
    ),
    Field(
        "attribute",
        gettext_lazy("Date"),
        Kind.CHOICE,
        choices=_date_attributes,
        shown_for=shown_for("until", "date"),
    ),
    Field(
        "offset_days",
        gettext_lazy("Days after it"),
        Kind.WHOLE,
        default=0,
        help=gettext_lazy("Negative: so many days before it."),
        shown_for=shown_for("until", "date"),
    ),
    Field(
        "at",
        gettext_lazy("At"),
        Kind.TIME,
        default="09:00",
        help=gettext_lazy("By the clock where the customer is."),
        shown_for=shown_for("until", "weekday", "date"),
    ),
    Field(
        "name",
        gettext_lazy("Activity"),
        suggestions=activity_names,
        shown_for=shown_for("until", "activity"),
    ),
    Field(
        "timeout_days",
        gettext_lazy("For days at most"),
        Kind.WHOLE,
        default=7,
        shown_for=shown_for("until", "activity"),
    ),
    one_of(
        "on_timeout",
        gettext_lazy("If it does not come"),
        _ON_TIMEOUT,
        shown_for=shown_for("until", "activity"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Wait(Step):
    """Go on later. Clock times and weekdays are those of the customer's zone."""

    type: ClassVar[str] = "wait"
    title: ClassVar[str | Promise] = gettext_lazy("Wait")
    icon: ClassVar[str] = "hourglass_empty"
    fields: ClassVar[tuple[Field, ...]] = _FIELDS

    until: str
    minutes: int = 0
    weekdays: tuple[int, ...] = ()
    at: time = time(9)
    attribute: str = ""
    offset_days: int = 0
    activity: str = ""
    timeout_days: int = 0
    ends_on_timeout: bool = False

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        until = entry.choice("until", UNTIL)
        entry.insist_on_keys(("until", *_KEYS[until]))
        values = _READERS[until](entry, catalogue)
        return cls(id=step_id, until=until, **values)

    def run(self, batch: Batch) -> None:
        new = [one for one in batch.members if not one.has_waited]
        self._give_up(batch)
        if self.until in ("duration", "activity"):
            length = timedelta(minutes=self.minutes, days=self.timeout_days)
            until = batch.setting.now + length
            if length:
                batch.waits |= {one.enrolment_id: until for one in new}
            batch.waits_for = self.activity
        elif new:
            self._until_a_day(batch, new)

    def _give_up(self, batch: Batch) -> None:
        """Go on without the activity, or leave, where it really did not come.

        It may have come unheard: while the way was paused, or as the wait began.
        """
        waiting = [one for one in batch.members if one.missed]
        came = self._came(batch, waiting) if waiting else set()
        missing = [one for one in waiting if one.customer_id not in came]
        if self.ends_on_timeout:
            reason = _("“%s” did not come.") % self.activity
            batch.exits |= {one.enrolment_id: reason for one in missing}
        else:
            batch.note(missing, _("It did not come in time."))

    def _came(self, batch: Batch, waiting: list[Member]) -> set[int]:
        """Return the customers who did it since they came to wait for it."""
        length = timedelta(days=self.timeout_days)
        since = {one.customer_id: one.due_at - length for one in waiting}
        found = Activity.objects.filter(
            customer__in=since, name=self.activity, occurred_at__gte=min(since.values())
        )
        last = found.order_by().values("customer").annotate(last=Max("occurred_at"))
        return {
            pk for pk, at in last.values_list("customer", "last") if at >= since[pk]
        }

    def _until_a_day(self, batch: Batch, new: list[Member]) -> None:
        zones = zones_of(batch.customer_ids)
        days = self._days(batch) if self.until == "date" else {}
        for one in new:
            zone = zones[one.customer_id]
            if self.until == "weekday":
                day = self._weekday(batch.setting.now, zone)
            elif known := _day(days.get(one.customer_id), zone):
                day = known + timedelta(days=self.offset_days)
            else:
                self._without_date(batch, one)
                continue
            until = place(datetime.combine(day, self.at), zone).at
            if until > batch.setting.now:
                batch.waits[one.enrolment_id] = until

    def _without_date(self, batch: Batch, one: Member) -> None:
        batch.fail(
            [one], _("“%s” is not known, so there was no waiting.") % self.attribute
        )

    def _weekday(self, now: datetime, zone: ZoneInfo) -> date:
        today = local_date(now, zone)
        for ahead in range(8):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.weekdays and (
                ahead or place(datetime.combine(day, self.at), zone).at > now
            ):
                return day
        raise AssertionError("a week has every weekday")

    def _days(self, batch: Batch) -> dict[int, str | None]:
        found = Customer.objects.filter(pk__in=batch.customer_ids)
        return dict(
            found.values_list("pk", KeyTextTransform(self.attribute, "attributes"))
        )

    def words(self) -> str:
        if self.until == "duration":
            return _("Wait %s") % _duration_words(self.minutes)
        at = f"{self.at:%H:%M}"
        if self.until == "weekday":
            return _("Wait until %(days)s, %(at)s") % {
                "days": f" {_('or')} ".join(
                    str(WEEKDAYS[day]) for day in self.weekdays
                ),
                "at": at,
            }
        if self.until == "date":
            return _("Wait until %(offset)s “%(name)s”, %(at)s") % {
                "offset": _offset_words(self.offset_days),
                "name": self.attribute,
                "at": at,
            }
        return _("Wait for “%(name)s”, %(days)s days at most") % {
            "name": self.activity,
            "days": self.timeout_days,
        }


def _read_duration(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    unit = entry.choice("unit", UNITS)
    most = MOST_MINUTES // UNITS[unit]
    return {"minutes": entry.whole("amount", least=0, most=most) * UNITS[unit]}


def _read_weekday(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    days = {
        checked_whole(value, path, 0, 6)
        for value, path in entry.listed("weekdays", least=1)
    }
    return {"weekdays": tuple(sorted(days)), "at": _read_time(entry)}


def _read_date(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    name = entry.text("attribute")
    definition = catalogue.attribute(name)
    if definition is None or definition.field_type not in _DATES:
        raise entry.refuse("attribute", _("There is no date “%s”.") % name)
    offset = entry.whole("offset_days", least=-MOST_DAYS, most=MOST_DAYS)
    return {"attribute": name, "offset_days": offset, "at": _read_time(entry)}


def _read_activity(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    on_timeout = entry.choice("on_timeout", _ON_TIMEOUT, default="go_on")
    return {
        "activity": entry.text("name"),
        "timeout_days": entry.whole("timeout_days", least=1, most=MOST_DAYS),
        "ends_on_timeout": on_timeout == "exit",
    }


_READERS = {
    "duration": _read_duration,
    "weekday": _read_weekday,
    "date": _read_date,
    "activity": _read_activity,
}


def _read_time(entry: Entry) -> time:
    try:
        return datetime.strptime(entry.text("at", default="09:00"), "%H:%M").time()  # noqa: DTZ007
    except ValueError:
        raise entry.refuse("at", _("Enter a time such as 09:00.")) from None


def _day(value: str | None, zone: ZoneInfo) -> date | None:
    """Read a date, or the day of an instant in a zone, as attributes keep them."""
    try:
        known = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    # The last day of all means no end; it leaves no room for days and zones.
    known = known.replace(year=min(known.year, _LAST_YEAR))
    return local_date(known, zone) if known.tzinfo else known.date()


def _duration_words(minutes: int) -> str:
    if minutes and minutes % UNITS["days"] == 0:
        days = minutes // UNITS["days"]
        return ngettext("%s day", "%s days", days) % days
    if minutes and minutes % UNITS["hours"] == 0:
        hours = minutes // UNITS["hours"]
        return ngettext("%s hour", "%s hours", hours) % hours
    return ngettext("%s minute", "%s minutes", minutes) % minutes


def _offset_words(days: int) -> str:
    if not days:
        return _("the day of")
    form = (
        ngettext("%s day before", "%s days before", -days)
        if days < 0
        else ngettext("%s day after", "%s days after", days)
    )
    return form % abs(days)
